"""Tasks whose dynamics are published: where networks rest, beside the states of their machines."""
