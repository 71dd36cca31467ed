from millesime.cli import main

main()
