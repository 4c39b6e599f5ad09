"""Machines that can be relied on: checked, watched, put in the network's place, repaired."""
