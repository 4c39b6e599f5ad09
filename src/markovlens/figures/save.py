"""Figures as files: whole or not at all, and the same bytes for the same figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from markovlens.arguments import check_path
from markovlens.figures.style import styled
from markovlens.files.whole import check_folder, replacing
from markovlens.machines.drawing import UNDATED

SUFFIXES = (".svg", ".png")


def drawn(make: Callable[[], Figure], path: str | Path | None) -> Figure:
    """Return a figure, written to `path` as well where there is one.

    Raises:
        DataError: `path` is no path, or its folder is missing.
        ConfigError: another ending than .svg or .png.
    """
    if path is not None:
        check_folder(path, SUFFIXES)
        save_figure(path, make())  # one of its own: what is written is closed
    return make()


def save_figure(path: str | Path, figure: Figure) -> None:
    """Write a figure as SVG or PNG, by the suffix of `path`, and free its memory.

    Raises:
        ConfigError: another suffix.
    """
    check_path(path, SUFFIXES)
    suffix = Path(path).suffix.lower()
    # Ticks are made while drawing, so the style must still hold here.
    with replacing(path) as temporary, styled():
        _settle(figure)
        figure.savefig(temporary, format=suffix[1:], metadata=UNDATED[suffix])
        if suffix == ".png":
            _in_fewer_shades(temporary)
    figure.clear()


def _in_fewer_shades(path: Path) -> None:
    """Write a PNG again with 16 shades a channel: no colour is off by more than 8 of 255.

    Clouds of translucent dots take less than half the room. A palette of 256 colours would take
    still less, but give rare colours away, and with them a class of few steps.
    """
    with Image.open(path) as image:
        shades = image.convert("RGB").point(lambda shade: round(shade / 17) * 17)
    shades.save(path, format="PNG", optimize=True)


def _settle(figure: Figure) -> None:
    """Compute the layout and freeze it at rounded places.

    The layout solver orders its unknowns by memory address, so that its results differ in the last
    bits from run to run, and with them a few pixels.
    """
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        x, y, width, height = axes.get_position(original=True).bounds
        axes.set_position((round(x, 6), round(y, 6), round(width, 6), round(height, 6)))
