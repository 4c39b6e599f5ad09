"""Figures: one function each, arrays and tables in, a matplotlib `Figure` out."""
