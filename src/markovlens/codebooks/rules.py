"""The rules of a tree's leaves in words that a person reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import isclose

import numpy as np

from markovlens.channels import Channel

DIGITS = (2, 3, 4, 6, 9, 17)  # tried until thresholds of one feature can be told apart
FEW = (2, 3, 4, 5)  # digits in which thresholds may be exact
EVERYTHING = "any row"


@dataclass(frozen=True, slots=True)
class Cut:
    """One side of one cut.

    Attributes:
        feature: its number.
        threshold: where it is.
        below: whether this is the side up to the threshold.
        missing: whether missing values are on this side.
    """

    feature: int
    threshold: float
    below: bool
    missing: bool


def rules_of(
    paths: Sequence[Sequence[Cut]], channels: Sequence[Channel], directions: np.ndarray
) -> tuple[str, ...]:
    """Return the rule of each leaf, given the cuts on the way to it.

    Cuts of one feature become one interval; the thresholds of a feature have as many digits as
    tell them apart.

    Args:
        paths: for each leaf its cuts, from the root on.
        channels: what the F features are.
        directions: (G, F), weights of the further features, which are sums of others.
    """
    features = [*channels, *(_sum_of(channels, weights) for weights in directions)]
    cuts = {(cut.feature, cut.threshold) for path in paths for cut in path}
    shown = {
        feature: _shown(sorted(threshold for _, threshold in group))
        for feature, group in groupby(sorted(cuts), key=lambda pair: pair[0])
    }
    return tuple(
        _all_of(
            [
                _interval(features[feature], [cut for cut in path if cut.feature == feature], shown)
                for feature in dict.fromkeys(cut.feature for cut in path)
            ]
        )
        or EVERYTHING
        for path in paths
    )


def _all_of(parts: Sequence[str]) -> str:
    """Return conditions that all must hold; of several, those with an "or" stand in brackets."""
    if len(parts) < 2:
        return "".join(parts)
    return " and ".join(f"({part})" if " or " in part else part for part in parts)


def _interval(channel: Channel, cuts: Sequence[Cut], shown: dict[int, dict[float, str]]) -> str:
    """Return what cuts of one feature say together."""
    low = max((cut.threshold for cut in cuts if not cut.below), default=-np.inf)
    high = min((cut.threshold for cut in cuts if cut.below), default=np.inf)
    if low == np.inf:  # the side of a cut between missing and known
        return f"{channel.name} missing"
    if np.isinf(low) and np.isinf(high):
        return f"{channel.name} known"
    missing = " or missing" if all(cut.missing for cut in cuts) else ""
    if channel.levels:
        return _levels(channel, low, high) + missing
    words = shown[cuts[0].feature]
    unit = f" {channel.unit}" if channel.unit else ""
    if np.isinf(low):
        return f"{channel.name} <= {words[high]}{unit}{missing}"
    if np.isinf(high):
        return f"{channel.name} > {words[low]}{unit}{missing}"
    return f"{words[low]} < {channel.name} <= {words[high]}{unit}{missing}"


def _levels(channel: Channel, low: float, high: float) -> str:
    inside = [name for code, name in enumerate(channel.levels) if low < code <= high]
    return f"{channel.name} is {' or '.join(inside)}"


def _shown(thresholds: Sequence[float]) -> dict[float, str]:
    """Return thresholds of one feature as text, in the fewest digits that keep them apart.

    More are shown where all of them are numbers of few digits, as those halfway between values of
    an instrument are: 77.5 as 78 would say another thing of a row of 78.
    """
    exact = [digits for digits in FEW if all(_is_exact(each, digits) for each in thresholds)]
    for digits in (*exact, *DIGITS):
        texts = [_plain(value, digits) for value in thresholds]
        if len(set(texts)) == len(texts):
            break
    return dict(zip(thresholds, texts, strict=True))


def _is_exact(value: float, digits: int) -> bool:
    return isclose(float(f"{value:.{digits}g}"), value, rel_tol=1e-9)


def _plain(value: float, digits: int) -> str:
    """Return a number in so many digits, without the exponent that people do not read."""
    text = f"{value:.{digits}g}"
    return f"{float(text):.0f}" if "e+" in text and abs(value) < 1e6 else text


def _sum_of(channels: Sequence[Channel], weights: np.ndarray) -> Channel:
    """Return a weighted sum of features as a channel whose name says it: `x1 - 0.98 x2`."""
    kept = np.flatnonzero(weights).tolist()
    terms = [_term(weights[place], channels[place].name, place == kept[0]) for place in kept]
    units = {channels[place].unit for place in kept}
    unit = units.pop() if len(units) == 1 else ""
    return replace(channels[kept[0]], name=" ".join(terms), unit=unit, levels=(), static=False)


def _term(weight: float, name: str, first: bool) -> str:
    size = f"{abs(weight):.3g}"
    shown = name if size == "1" else f"{size} {name}"
    sign = "-" if weight < 0 else "+"
    if first:
        return f"-{shown}" if weight < 0 else shown
    return f"{sign} {shown}"
