"""Machines in the place of their networks: one file in another language that needs nothing else."""
