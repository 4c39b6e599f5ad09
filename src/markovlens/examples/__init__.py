"""A small trained network that comes with the package, and the sequences it reads."""
