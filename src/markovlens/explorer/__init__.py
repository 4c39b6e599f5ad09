"""One HTML file in which a network's explanation is explored: linked views, no server."""
