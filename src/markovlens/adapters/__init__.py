"""Foreign networks, as objects or files, made into what is recorded and asked; one file each."""
