"""Which fits go into which job, where the fits of one network are split over several."""

from __future__ import annotations

from collections.abc import Sequence


def split_fits(
    seeds: Sequence[int], methods: Sequence[str], *, n_parts: int
) -> list[dict[int, list[str]]]:
    """Return the fits of each part: its seeds, and for each the methods that are fitted there.

    A fit is one method with all its sizes on one seed. Seeds stay together as far as they can,
    because methods share work on a seed. Parts differ by one fit at most, and none is empty: there
    are fewer than `n_parts` where there are fewer fits.
    """
    fits = [(seed, method) for seed in seeds for method in methods]
    n_parts = min(n_parts, len(fits))
    bounds = [len(fits) * part // n_parts for part in range(n_parts + 1)]
    return [_by_seed(fits[begin:end]) for begin, end in zip(bounds[:-1], bounds[1:], strict=True)]


def _by_seed(fits: Sequence[tuple[int, str]]) -> dict[int, list[str]]:
    grouped: dict[int, list[str]] = {}
    for seed, method in fits:
        grouped.setdefault(seed, []).append(method)
    return grouped
