"""Machines in files of other tools: one file a format, and `registry` that says which there are."""
