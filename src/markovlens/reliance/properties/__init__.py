"""What must hold of a machine, in plain words, whether it does, and whether the network agrees."""
