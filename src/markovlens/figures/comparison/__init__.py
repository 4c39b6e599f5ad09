"""Figures of all networks together."""
