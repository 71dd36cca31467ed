if __name__ == "__main__":
    from millesime.cli import main  # here: a worker process reads this file too

    main()
