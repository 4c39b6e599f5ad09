"""Codebooks: rows of real values as one of a few symbols, each with a rule that people read."""
