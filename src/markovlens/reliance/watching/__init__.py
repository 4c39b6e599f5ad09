"""Watching a network at work, beside its machine: when is it no longer what was recorded?"""
