"""The config: its schema, what is checked beyond it, and how it is read."""
