"""The command line `markovlens`."""
