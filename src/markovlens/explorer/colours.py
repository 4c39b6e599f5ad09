"""Colours of states that are seen on light paper and on dark."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from markovlens.figures.colours import luminance

LIGHT, DARK = "#ffffff", "#14171d"  # paper
CONTRAST = 3.0  # that WCAG 2.2 asks of what is no text (1.4.11)
SHARES = tuple(place / 20 for place in range(21))


def on_light(colour: str) -> str:
    """Return a colour, made darker until it is seen on light paper."""
    return _apart(colour, LIGHT, "#000000")


def on_dark(colour: str) -> str:
    """Return a colour, made lighter until it is seen on dark paper."""
    return _apart(colour, DARK, "#ffffff")


def _apart(colour: str, paper: str, ink: str) -> str:
    mixed = (_mixed(colour, ink, share) for share in SHARES)
    return next(each for each in mixed if contrast(each, paper) >= CONTRAST)


def _mixed(colour: str, other: str, share: float) -> str:
    red, green, blue = (1 - share) * np.array(to_rgb(colour)) + share * np.array(to_rgb(other))
    return to_hex((red, green, blue))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    low, high = sorted(luminance(each) for each in (one, other))
    return (high + 0.05) / (low + 0.05)
