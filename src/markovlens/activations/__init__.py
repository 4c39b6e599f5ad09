"""Recording hidden activations, and keeping them in Parquet."""
