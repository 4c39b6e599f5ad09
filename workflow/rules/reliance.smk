# Whether the machines can be relied on: one study for each key of `reliance` that is asked for.


def reliance_tables():
    """Return the tables of the studies that the config asks for."""
    return []


def reliance_figures():
    """Return the figures and files of the studies that the config asks for."""
    return []
