"""How far an abstraction can be trusted, measured on held-out sequences."""
