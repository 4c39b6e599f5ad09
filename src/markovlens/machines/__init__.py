"""State machines: what they are, how they are made smaller, drawn and written down."""
