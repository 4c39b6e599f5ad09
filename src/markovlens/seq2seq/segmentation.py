"""Actions one after the other: are they cut where the decoder's states change cluster?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from markovlens.faithfulness.scores.intervals import POSITIVE, SHARE, spread_of_replicates
from markovlens.faithfulness.scores.tally import NO_SCORE, interval
from markovlens.seq2seq.partition import changes, smoothed

STREAMS, DRAWS = 20, 10  # streams, and random cuts of each


@dataclass(frozen=True, slots=True)
class Cuts:
    """How well boundaries were found.

    Attributes:
        f1: share of boundaries found and right, by one-to-one matches within the tolerance.
        error: mean distance of a true boundary to the nearest one found, in steps; NaN if none
            was found.
    """

    f1: float
    error: float


def stream_of(
    labels: np.ndarray, *, n_segments: int, windows_each: int, rng: np.random.Generator
) -> np.ndarray:
    """Return the order (S * W,) in which windows are put one after the other.

    Each segment has `windows_each` windows of one class, drawn at random, and no segment has the
    class of the one before it. A class with fewer windows repeats them.
    """
    classes = np.unique(labels)
    order: list[np.ndarray] = []
    before = -1
    for _ in range(n_segments):
        before = int(rng.choice(classes[classes != before]))
        mine = np.flatnonzero(labels == before)
        order.append(rng.choice(mine, windows_each, replace=len(mine) < windows_each))
    return np.concatenate(order)


def segment(
    found: np.ndarray, labels: np.ndarray, order: np.ndarray, *, tolerance: int, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the boundaries found and the true ones, as steps of the stream.

    Args:
        found: int (N, Td), the cluster of each decoder step.
        labels: int (N,), the class of each window.
        order: (M,), the windows of the stream, as from `stream_of`.
        tolerance: boundaries nearer than this to the one before are dropped, in steps.
        width: of the majority filter over clusters, in steps.
    """
    known = np.repeat(labels[order], found.shape[1])
    return _thinned(changes(smoothed(found[order].ravel(), width)), tolerance), changes(known)


def compare_cuts(found: np.ndarray, true: np.ndarray, *, tolerance: int) -> Cuts:
    """Return how well boundaries `found` (A,) match the `true` ones (B,), all in steps."""
    if not len(found) or not len(true):
        return Cuts(float(len(found) == len(true)), np.nan)
    apart = np.abs(found[:, None] - true[None, :])
    rows, columns = linear_sum_assignment(apart > tolerance)
    hits = int((apart[rows, columns] <= tolerance).sum())
    f1 = 2 * hits / (len(found) + len(true))
    return Cuts(f1, float(apart.min(axis=0).mean()))


def random_cuts(
    n_cuts: int, n_steps: int, *, every: int = 1, rng: np.random.Generator
) -> np.ndarray:
    """Return as many boundaries at random steps, or only at multiples of `every`.

    Two windows never join smoothly. Who sees that, but not the class, cuts at the edges of windows;
    only what is better than such cuts has found the actions.
    """
    places = np.arange(every, n_steps, every)
    return np.sort(rng.choice(places, min(n_cuts, len(places)), replace=False))


def segmentation_rows(
    found: np.ndarray,
    labels: np.ndarray,
    *,
    tolerance: int,
    rate: float,
    rng: np.random.Generator,
    n_segments: int = 60,
    windows_each: int = 3,
) -> list[dict[str, Any]]:
    """Return rows for F1 and for the boundary error in steps and seconds, with both controls.

    Intervals hold 95 % of 20 streams of the same windows. `control` cuts as often at random edges
    of windows (`control_high`: the quantile of it that only one of 20 betters), `random` anywhere.

    Args:
        found: int (N, Td), the cluster of each decoder step.
        labels: int (N,), the class of each window.
        tolerance: of a hit, and half the width of the majority filter, in steps.
        rate: steps a second; NaN where time has no unit.
        rng: of the streams and of the controls.
        n_segments: of a stream.
        windows_each: windows of a segment.
    """
    window = found.shape[1]
    n_steps = n_segments * windows_each * window
    results: dict[str, list[Cuts]] = {"ours": [], "edges": [], "anywhere": []}
    for _ in range(STREAMS):
        order = stream_of(labels, n_segments=n_segments, windows_each=windows_each, rng=rng)
        ours, true = segment(found, labels, order, tolerance=tolerance, width=2 * tolerance + 1)
        results["ours"].append(compare_cuts(ours, true, tolerance=tolerance))
        for name, every in (("edges", window), ("anywhere", 1)):
            for _ in range(DRAWS):
                drawn = random_cuts(len(ours), n_steps, every=every, rng=rng)
                results[name].append(compare_cuts(drawn, true, tolerance=tolerance))
    rows = [
        _row("boundary_f1", {name: [c.f1 for c in cuts] for name, cuts in results.items()}),
        _row("boundary_error_steps", _errors(results, 1.0), good="low"),
    ]
    if np.isfinite(rate):
        rows.append(_row("boundary_error_s", _errors(results, rate), good="low"))
    return rows


def _errors(results: dict[str, list[Cuts]], rate: float) -> dict[str, list[float]]:
    """Return the errors of streams in which anything was found."""
    return {
        name: [c.error / rate for c in cuts if np.isfinite(c.error)]
        for name, cuts in results.items()
    }


def _row(score: str, values: dict[str, list[float]], *, good: str = "high") -> dict[str, Any]:
    if not values["ours"]:
        empty = ("value", "low", "high", "control", "control_high", "random")
        return {"score": score} | NO_SCORE | dict.fromkeys(empty, np.nan)
    return {
        "score": score,
        **_over_streams(np.array(values["ours"]), SHARE if good == "high" else POSITIVE),
        "control": float(np.mean(values["edges"])),
        "control_high": float(np.quantile(values["edges"], 0.95 if good == "high" else 0.05)),
        "random": float(np.mean(values["anywhere"])),
    }


def _over_streams(ours: np.ndarray, scale: str) -> dict[str, Any]:
    """Return the mean over streams (M,) with the interval that holds 95 % of such streams."""
    value = float(ours.mean())
    spread = spread_of_replicates(value, ours, len(ours), scale)
    low, high = interval(value, spread, 0.95)
    columns = {"scale": scale, "spread": spread.spread, "freedom": spread.freedom}
    return {"value": value, "low": low, "high": high, "replicates": ours} | columns


def _thinned(steps: np.ndarray, least: int) -> np.ndarray:
    """Return sorted steps without those that follow the last kept one within `least`."""
    kept: list[int] = []
    for step in steps:
        if not kept or step - kept[-1] > least:
            kept.append(int(step))
    return np.array(kept, dtype=np.int64)
