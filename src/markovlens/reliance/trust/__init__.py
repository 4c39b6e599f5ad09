"""Which can be trusted: a network, its machine or its repaired copy, and under what disturbance."""
