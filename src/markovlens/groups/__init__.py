"""Groups of recordings in the states of one frozen machine, and what differs between them."""
