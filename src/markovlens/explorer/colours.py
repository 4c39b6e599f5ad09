"""Colours of states that are seen on light paper and on dark, and what all colours mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from markovlens.figures.colours import luminance
from markovlens.machines.colouring import Rim, between, fill_of, in_words, legend_of
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.spelling import significant

LIGHT, DARK = "#ffffff", "#14171d"  # paper
CONTRAST = 3.0  # that WCAG 2.2 asks of what is no text (1.4.11)
SHARES = tuple(place / 20 for place in range(21))
SCALE = (0.0, 0.25, 0.5, 0.75, 1.0)  # places at which a scale between two ends is told
RIM = 1.5  # pixels of the line around what a state answers


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


def key_of_colours(machine: Machine) -> dict[str, Any]:
    """Return what colours inside of states mean: signs of classes, or the two ends of a scale.

    They are those of the page of an explanation. Where all answer one value there is one sign.
    """
    signs = legend_of(machine, range(machine.n_states), width=np.inf)
    named = [(sign.name, sign.fill, sign.rim) for sign in signs]
    shown = named or _ends(machine)
    scale = [] if named or len(shown) == 1 else [between(machine.output, share) for share in SCALE]
    return {
        "said": in_words(machine),
        "signs": [{"name": name, "fill": fill, **rim_in_pixels(rim)} for name, fill, rim in shown],
        "scale": scale,
    }


def _ends(machine: Machine) -> list[tuple[str, str, Rim]]:
    """Return what stands at both ends of a scale, with its colour and rim."""
    output, (first, *others) = machine.output, machine.classes
    if output == Output.DISTRIBUTION:
        names = [first, *others]
    elif output == Output.LABELS:
        names = ["no label", "all labels"]
    else:
        answers = machine.readout[:, 0]
        if not np.ptp(answers):
            return [(f"{first} {significant(float(answers[0]))}", fill_of(machine, 0), Rim())]
        names = [f"{first} {significant(float(end))}" for end in (answers.min(), answers.max())]
    rims = [Rim(), Rim(double=output == Output.DISTRIBUTION)]
    fills = [between(output, share) for share in (0.0, 1.0)]
    return list(zip(names, fills, rims, strict=False))


def rim_in_pixels(rim: Rim) -> dict[str, Any]:
    """Return the dashes of a rim, which are told in widths of its line, and the rest."""
    _, dashes = (0, ()) if isinstance(rim.dashes, str) else rim.dashes
    return {"dashes": " ".join(f"{RIM * dash:.2f}" for dash in dashes), "double": rim.double}
