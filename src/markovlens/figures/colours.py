"""Colours of methods, states and probabilities, and the ink that is read on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import matplotlib
from matplotlib.typing import ColorType

# Okabe and Ito's colours, which stay apart under the common kinds of colour blindness.
METHOD_COLOURS = {
    "hmm": "#0072B2",
    "kmeans": "#E69F00",
    "hmm_input": "#009E73",
    "hmm_soft": "#44AA99",
    "hmm_driven": "#004488",
    "lisor_k": "#D55E00",
    "lisor_x": "#CC79A7",
    "gmm": "#56B4E9",
    "merging": "#332288",
    "lstar": "#882255",
    "grid": "#999933",
    "overcluster": "#661100",
    "rpni": "#AA4499",
    "alergia": "#88CCEE",
    "regions": "#BB5566",
    "decisions": "#117733",
    "predictive": "#DDCC77",
    "coclusters": "#6A51A3",
    "ngram": "#8A8A8A",
    "majority": "#B4B4B4",
    "mean": "#C8C8C8",
    "last_value": "#9A9A9A",
    "linear": "#7A7A7A",
    "network": "#111111",
    "truth": "#444444",
    "bayes": "#666666",
}
SPARE_COLOURS = ("#CC6677", "#AA7744", "#6699CC", "#777700")
# States are numbered wherever they are coloured, so the colour is never the only sign.
STATE_COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9",
    "#F0E442", "#882255", "#332288", "#999933", "#7F7F7F", "#8C5A2B",
)  # fmt: skip
# From the last class being unlikely (orange) through undecided (white) to likely (purple).
PROBABILITY_COLOURS = "PuOr"
CONFIDENCE_COLOURS = "Blues"


def state_colour(state: int) -> str:
    """Return the colour of a state, the same in every figure."""
    return STATE_COLOURS[state % len(STATE_COLOURS)]


def method_colours(methods: Iterable[str]) -> dict[str, str]:
    """Return the colour of each method; unknown ones get spare colours in alphabetical order."""
    return _assign(methods, METHOD_COLOURS, SPARE_COLOURS)


def _assign(names: Iterable[str], known: dict[str, str], spare: Sequence[str]) -> dict[str, str]:
    names = list(names)
    unknown = sorted(set(names) - set(known))
    extra = {name: spare[index % len(spare)] for index, name in enumerate(unknown)}
    return {name: (known | extra)[name] for name in names}


def ink_on(colour: ColorType) -> str:
    """Return black or white, whichever has the greater contrast with `colour`.

    It is at least 4.58 (WCAG 2.2, which asks for 4.5), as black and white have 21 between them.
    """
    return "#FFFFFF" if luminance(colour) < 0.1791 else "#000000"


def luminance(colour: ColorType) -> float:
    """Return the relative luminance of a colour in sRGB, from 0 to 1, as WCAG 2.2 defines it."""
    light = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in matplotlib.colors.to_rgb(colour)
    ]
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]
