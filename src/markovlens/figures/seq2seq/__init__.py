"""Figures of encoder-decoders."""
