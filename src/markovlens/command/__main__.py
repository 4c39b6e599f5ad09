"""The command line, where the program `markovlens` is not on the path."""

from markovlens.command.app import main

main()
