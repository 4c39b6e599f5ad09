"""Text that the font of all drawings can draw, and how much room it takes."""

from __future__ import annotations

from functools import lru_cache

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import TextToPath

POINTS_PER_INCH = 72


def shorten(text: str, *, longest: int) -> str:
    """Return `text`, printable, with an ellipsis in place of what exceeds `longest` characters."""
    text = printable(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def printable(text: str) -> str:
    """Return `text` with what the font cannot draw replaced, and blanks made visible."""
    known = _font().get_charmap()
    drawn = "".join(
        c if c.isprintable() and ord(c) in known else "·" if c.isspace() else "?" for c in text
    )
    return drawn.replace(" ", "·") if not drawn.strip() else drawn


def inches_wide(text: str, *, size: float, bold: bool = False) -> float:
    """Return the width of `text` in inches at a font size in points."""
    font = _properties(size, bold)
    width, _, _ = TextToPath().get_text_width_height_descent(text, font, False)
    return width / POINTS_PER_INCH


@lru_cache(maxsize=1)
def _font() -> FT2Font:
    return font_manager.get_font(font_manager.findfont("DejaVu Sans"))


@lru_cache(maxsize=16)
def _properties(size: float, bold: bool) -> font_manager.FontProperties:
    weight = "bold" if bold else "normal"
    return font_manager.FontProperties(family="DejaVu Sans", size=size, weight=weight)
