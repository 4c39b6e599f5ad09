"""A network, explained to the person who must answer for it: its machine, states, predictions."""
