"""Dynamics: how a noise-driven network implements the machine that it emulates."""
