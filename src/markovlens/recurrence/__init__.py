"""Recurrent modules: the cells of ours, what is known of others, and the states of a call."""
