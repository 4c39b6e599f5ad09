"""Whether the network does what the machine says when its state is changed."""
