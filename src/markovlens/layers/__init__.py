"""Where in a network of several layers its state can be read, and where it is used."""
