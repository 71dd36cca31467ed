from millesime.cli import main

if __name__ == "__main__":
    main()
