"""Trees that nobody grew: cut at quantiles, or where a person says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from markovlens.arguments import has_items, with_known_arguments
from markovlens.arrays import check_names
from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.errors import DataError
from markovlens.sequences import Sequences

MOST_CODES = 256


def quantile_cuts(inputs: Sequences, n_codes: int, *, context: Context) -> Tree:
    """Return a tree that cuts every feature into as many ranges of equal counts as codes allow.

    There are q ranges a feature and q^F codes, not more than `n_codes`; with more features than
    that allows, those that come first are cut in two and the others are not.
    """
    features = context.features(inputs)
    n_features = features.shape[1]
    n_ranges = max(int(np.floor(n_codes ** (1 / n_features) + 1e-9)), 1)
    cut = range(n_features) if n_ranges > 1 else range(int(np.log2(n_codes)))
    shares = np.arange(1, max(n_ranges, 2)) / max(n_ranges, 2)
    found = {place: _quantiles(features[:, place], shares) for place in cut}
    thresholds = {place: values for place, values in found.items() if len(values)}
    return _all_cuts(inputs.channels, context, thresholds, np.isnan(features).any(axis=0))


def _quantiles(column: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the different quantiles of a column (N,) above which there are values."""
    known = column[~np.isnan(column)]
    if not len(known):
        return known
    values: np.ndarray = np.unique(np.quantile(known, shares))
    return values[values < known.max()]


@with_known_arguments
def cut_at(
    channels: Sequence[Channel | str], thresholds: Mapping[str, float | Sequence[float]]
) -> Tree:
    """Return a codebook that you cut yourself: `cut_at(["pulse", "SpO2"], {"pulse": [60, 100]})`.

    Every channel that is named is cut at its thresholds, a value on one belonging below it; codes
    are all their combinations.

    Raises:
        DataError: a channel that is not there, no threshold, or more than 256 codes.
    """
    found = _channels(channels)
    if not isinstance(thresholds, Mapping):
        raise DataError(
            f"expected thresholds by channel, got {thresholds!r}; give a dict such as "
            f"{{{found[0].name!r}: [60, 100]}}",
            page="wrong-thresholds",
        )
    place_of = {channel.name: place for place, channel in enumerate(found)}
    for name in thresholds:
        if name not in place_of:
            raise DataError(
                f"expected thresholds of the channels {', '.join(place_of)}, got {name!r}",
                page="wrong-thresholds",
            )
    wanted = {place_of[name]: np.unique(_numbers(values)) for name, values in thresholds.items()}
    if not wanted or any(not np.isfinite(each).all() or not each.size for each in wanted.values()):
        raise DataError(
            f"expected finite thresholds of at least one channel, got {thresholds}",
            page="wrong-thresholds",
        )
    return _all_cuts(found, Context(), wanted, np.zeros(len(found), dtype=bool))


@with_known_arguments
def cut_along(
    channels: Sequence[Channel | str], weights: Sequence[float] | np.ndarray, threshold: float
) -> Tree:
    """Return a codebook of two codes: `cut_along(["x1", "x2"], [1, -1], 0)` asks for x1 - x2 > 0.

    Weights and threshold are shown, and kept, divided by the largest weight; a row on the boundary
    belongs below it, and so does one with a missing value.

    Raises:
        DataError: not a finite weight for each channel, all 0, or a threshold that is not finite.
    """
    found = _channels(channels)
    along, cut = _numbers(weights), _numbers(threshold)
    fits = along.shape == (len(found),) and cut.shape == (1,)
    if not fits or not np.isfinite([*along, *cut]).all() or not along.any():
        raise DataError(
            f"expected a finite weight for each of the {len(found)} channels, not all 0, and a "
            f"finite threshold, got {weights} and {threshold}",
            page="wrong-thresholds",
        )
    largest = np.abs(along).max()
    along, threshold = along / largest, float(cut[0]) / largest
    return Tree(
        found,
        Context(),
        along[None],
        np.array([len(found), LEAF, LEAF]),
        np.array([threshold, 0.0, 0.0]),
        np.array([1, LEAF, LEAF]),
        np.array([2, LEAF, LEAF]),
        np.ones(3, dtype=bool),
        np.zeros(len(found), dtype=bool),
    )


def _numbers(values: Any) -> np.ndarray:
    """Return values as floats (N,); NaN in place of what are no numbers, as texts and booleans."""
    listed = np.ravel(np.asarray(values, dtype=object))
    if any(isinstance(each, str | bool | np.bool_) for each in listed):
        return np.array([np.nan])
    try:
        return np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError):
        return np.array([np.nan])


def _channels(channels: Any) -> tuple[Channel, ...]:
    """Return channels of names; raises `DataError` for no list of them, or a name twice."""
    if isinstance(channels, str | Channel) or not has_items(channels):
        raise DataError(
            f"expected a list of channels, got {channels!r}; a single one is [one]",
            page="wrong-thresholds",
        )
    found = tuple(each if isinstance(each, Channel) else Channel(str(each)) for each in channels)
    if not found:
        raise DataError(
            "expected at least one channel, got none; give those of the rows, in order",
            page="wrong-thresholds",
        )
    check_names("channels", [each.name for each in found])
    return found


def _all_cuts(
    channels: tuple[Channel, ...],
    context: Context,
    thresholds: Mapping[int, np.ndarray],
    met_missing: np.ndarray,
) -> Tree:
    """Return the tree whose leaves are all combinations of ranges."""
    n_codes = int(np.prod([len(each) + 1 for each in thresholds.values()], dtype=float))
    if n_codes > MOST_CODES:
        raise DataError(
            f"expected at most {MOST_CODES} codes, got {n_codes} combinations of ranges; give "
            "fewer thresholds, or fewer channels",
            page="wrong-thresholds",
        )
    steps = [(place, float(value)) for place, each in thresholds.items() for value in each]
    nodes: list[tuple[int, float, int, int]] = []
    _add(nodes, steps)
    feature, threshold, left, right = map(np.array, zip(*nodes, strict=True))
    return Tree(
        channels,
        context,
        np.zeros((0, len(met_missing))),
        feature,
        threshold,
        left,
        right,
        np.ones(len(nodes), dtype=bool),
        met_missing,
    )


def _add(nodes: list[tuple[int, float, int, int]], steps: Sequence[tuple[int, float]]) -> int:
    """Add the node of these cuts, all thresholds of a feature rising, and return its number.

    Below a threshold no further one of the same feature can be passed.
    """
    number = len(nodes)
    nodes.append((LEAF, 0.0, LEAF, LEAF))
    if steps:
        place, value = steps[0]
        left = _add(nodes, [step for step in steps if step[0] != place])
        right = _add(nodes, steps[1:])
        nodes[number] = (place, value, left, right)
    return number
