"""The rules of a tree's leaves in words that a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import inf, isclose

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.digits import Extent, plain, room_of, sum_spread, told, told_weight

DIGITS = (2, 3, 4, 6, 9, 17)  # of an outline, until thresholds of one feature can be told apart
FEW = (2, 3, 4, 5)  # digits in which thresholds may be exact
OUTLINED = 3  # digits of an outline's weights
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


@dataclass(frozen=True, slots=True)
class Words:
    """How a tree's features and thresholds are spelled in its rules.

    Attributes:
        features: what is cut, sums as channels whose names say them.
        thresholds: of each feature that is cut, the words of each of its thresholds.
    """

    features: tuple[Channel, ...]
    thresholds: Mapping[int, Mapping[float, str]]


def words_of(
    paths: Sequence[Sequence[Cut]],
    channels: Sequence[Channel],
    directions: np.ndarray,
    extents: Sequence[Extent],
) -> Words:
    """Return words in which rules, read literally, decide as the cuts do, or hardly otherwise.

    Args:
        paths: for each leaf its cuts, from the root on.
        channels: what the F features are.
        directions: (G, F), weights of the further features, which are sums of others.
        extents: how the values of the F features lie.
    """
    sums = [sum_spread(weights, extents) for weights in directions]
    spreads: list[float | None] = [*(each.spread for each in extents), *sums]
    n_features = len(channels)
    found: dict[int, dict[float, str]] = {}
    rooms: dict[int, float] = {}
    for feature, cuts in _thresholds(paths).items():
        rooms[feature] = room_of(cuts, spreads[feature]) / (2 if feature >= n_features else 1)
        known = spreads[feature] is not None
        found[feature] = {each: told(each, rooms[feature], is_known=known) for each in cuts}
    names = []
    for place, weights in enumerate(directions):
        room = rooms.get(n_features + place, inf) / max(int(np.count_nonzero(weights)), 1)
        sizes = [told_weight(each, room / extent.reach if sums[place] is not None else inf)
                 for each, extent in zip(weights, extents, strict=True)]  # fmt: skip
        names.append(_sum_of(channels, weights, sizes))
    return Words((*channels, *names), found)


def outline_of(
    paths: Sequence[Sequence[Cut]], channels: Sequence[Channel], directions: np.ndarray
) -> Words:
    """Return words in the fewest digits that keep the thresholds of each feature apart."""
    sums = [
        _sum_of(channels, weights, [f"{abs(each):.{OUTLINED}g}" for each in weights])
        for weights in directions
    ]
    found = {feature: _apart(cuts) for feature, cuts in _thresholds(paths).items()}
    return Words((*channels, *sums), found)


def _thresholds(paths: Sequence[Sequence[Cut]]) -> dict[int, list[float]]:
    """Return the thresholds of each feature that is cut, rising."""
    cuts = sorted({(cut.feature, cut.threshold) for path in paths for cut in path})
    return {
        feature: [threshold for _, threshold in group]
        for feature, group in groupby(cuts, key=lambda pair: pair[0])
    }


def rules_of(paths: Sequence[Sequence[Cut]], words: Words) -> tuple[str, ...]:
    """Return the rule of each leaf, given the cuts on the way to it, from the root on.

    Cuts of one feature become one interval.
    """
    return tuple(
        _all_of(
            [
                _interval(
                    words.features[feature],
                    [cut for cut in path if cut.feature == feature],
                    words.thresholds[feature],
                )
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


def _interval(channel: Channel, cuts: Sequence[Cut], words: Mapping[float, str]) -> str:
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
    unit = f" {channel.unit}" if channel.unit else ""
    if np.isinf(low):
        return f"{channel.name} <= {words[high]}{unit}{missing}"
    if np.isinf(high):
        return f"{channel.name} > {words[low]}{unit}{missing}"
    return f"{words[low]} < {channel.name} <= {words[high]}{unit}{missing}"


def _levels(channel: Channel, low: float, high: float) -> str:
    inside = [name for code, name in enumerate(channel.levels) if low < code <= high]
    return f"{channel.name} is {' or '.join(inside)}"


def _apart(thresholds: Sequence[float]) -> dict[float, str]:
    """Return thresholds of one feature as text, in the fewest digits that keep them apart.

    More are shown where all of them are numbers of few digits, as those halfway between values of
    an instrument are: 77.5 as 78 would say another thing of a row of 78.
    """
    exact = [digits for digits in FEW if all(_is_exact(each, digits) for each in thresholds)]
    for digits in (*exact, *DIGITS):
        texts = [plain(value, digits) for value in thresholds]
        if len(set(texts)) == len(texts):
            break
    return dict(zip(thresholds, texts, strict=True))


def _is_exact(value: float, digits: int) -> bool:
    return isclose(float(f"{value:.{digits}g}"), value, rel_tol=1e-9)


def _sum_of(channels: Sequence[Channel], weights: np.ndarray, sizes: Sequence[str]) -> Channel:
    """Return a weighted sum of features as a channel whose name says it: `x1 - 0.98 x2`."""
    kept = np.flatnonzero(weights).tolist()
    terms = [
        _term(weights[place], sizes[place], channels[place].name, first=place == kept[0])
        for place in kept
    ]
    units = {channels[place].unit for place in kept}
    unit = units.pop() if len(units) == 1 else ""
    return replace(channels[kept[0]], name=" ".join(terms), unit=unit, levels=(), static=False)


def _term(weight: float, size: str, name: str, *, first: bool) -> str:
    shown = name if size == "1" else f"{size} {name}"
    sign = "-" if weight < 0 else "+"
    if first:
        return f"-{shown}" if weight < 0 else shown
    return f"{sign} {shown}"
