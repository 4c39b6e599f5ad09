"""How far a machine can be trusted: scores on held-out sequences."""
