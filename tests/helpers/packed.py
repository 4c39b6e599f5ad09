"""Arrays of an explorer, read as its page reads them."""

import base64

import numpy as np


def unpacked(plain):
    """Return the integers or real values that `explorer.packing` packed."""
    return np.frombuffer(base64.b64decode(plain["data"]), dtype=f"<{plain['kind']}")
