"""The study of encoder-decoders: their states, clusters, horizons and claims."""
