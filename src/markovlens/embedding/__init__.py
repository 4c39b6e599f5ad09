"""Low-dimensional coordinates of activations, fitted on training data only."""
