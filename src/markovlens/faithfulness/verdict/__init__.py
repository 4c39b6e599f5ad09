"""Whether a network is a small state machine at all."""
