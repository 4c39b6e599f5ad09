"""Everything asked of one encoder-decoder's states, as tables: clusters, segments, states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Options
from markovlens.abstractions.movement import Stated, movement_phase, state_all
from markovlens.embedding.pod import pod, project
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.seeding import integer
from markovlens.seq2seq.correspondence import (
    Reference,
    correspond,
    other_windows,
    shifted,
)
from markovlens.seq2seq.partition import PARTITIONS, k_means
from markovlens.seq2seq.segmentation import segmentation_rows
from markovlens.seq2seq.separability import spread_windows
from markovlens.seq2seq.snapshots import DECODER, JOINT, PARTS, Snapshots, flat
from markovlens.status import Status
from markovlens.tables.seq2seq_runs import STATES_RUN

MODES = 3  # of the projection that is clustered, as the authors draw it
MOST_STEPS = 2500  # that are clustered: single linkage takes time with their square
POSITIONS = 5  # parts into which encoder and decoder are cut
PHASES = 8
N_STATES = (4, 8, 12)  # no more than there are colours of states
MOST_WINDOWS = {"train": 100, "valid": 50, "test": 100}  # that states are fitted and scored on


@dataclass(frozen=True, slots=True)
class Settings:
    """How an encoder-decoder is studied.

    Attributes:
        n_states: sizes of the abstractions.
        n_components: POD modes that they see.
        bootstraps: resamples of the test windows.
        level: coverage of the intervals.
        options: settings of the fits.
    """

    n_states: Sequence[int] = N_STATES
    n_components: int = 8
    bootstraps: int = 500
    level: float = 0.95
    options: Options = field(default_factory=lambda: Options(restarts=1))


@dataclass(frozen=True, slots=True)
class States:
    """The states of one network.

    Attributes:
        table: a row for each part, method, size, reference and score.
        chosen: by (part, method), int (M, T), the states that the chosen size decodes.
        windows: int (M,), the test windows that they are of.
    """

    table: pd.DataFrame
    chosen: dict[tuple[str, str], np.ndarray]
    windows: np.ndarray


def draw_windows(
    groups: np.ndarray, labels: np.ndarray, *, n_resamples: int, rng: np.random.Generator
) -> Bootstrap:
    """Return resamples of windows: of whole recordings where every class has several.

    Windows of one recording overlap. Where a class has but one recording, windows are drawn, and
    the intervals speak for this recording only.

    Args:
        groups: int (N,), the recording of each window.
        labels: int (N,), its class.
        n_resamples: B.
        rng: draws them.
    """
    if not recordings_resampled(groups, labels):
        return Bootstrap.draw(len(labels), n_resamples=n_resamples, rng=rng)
    names, member = np.unique(groups, return_inverse=True)
    drawn = Bootstrap.draw(len(names), n_resamples=n_resamples, rng=rng)
    return drawn.of_groups(member)


def recordings_resampled(groups: np.ndarray, labels: np.ndarray) -> bool:
    """Return whether every class has at least two recordings."""
    return all(len(np.unique(groups[labels == label])) > 1 for label in np.unique(labels))


def cluster_table(
    train: Snapshots, test: Snapshots, bootstrap: Bootstrap, *, seed: np.random.SeedSequence
) -> pd.DataFrame:
    """Return how well clusters of decoder states match the classes, as many clusters as classes.

    Rows: `method` (k-means, or single linkage with cosine distance as in the authors' code) x
    `space` (`states`, or the first three POD `modes`) x `unit` (every decoder `step`, or the mean
    of a `window`). The POD is of the training windows; clusters are of test windows, without
    labels.
    """
    basis = pod(flat(train.decoder), n_components=MODES)
    spaces = {"states": test.decoder.astype(np.float64), "modes": project(basis, test.decoder)}
    rng = np.random.default_rng(seed)
    number = integer(seed)
    rows: list[dict[str, Any]] = []
    for space, states in spaces.items():
        for unit in ("step", "window"):
            points = states if unit == "step" else states.mean(axis=1, keepdims=True)
            most = max(MOST_STEPS // points.shape[1], 2)
            few = spread_windows(test.labels, most)
            counts = bootstrap.select(few)
            known = np.repeat(test.labels[few, None], points.shape[1], axis=1)
            reference = Reference("class", known, other_windows)
            for method, partition in PARTITIONS.items():
                found = partition(flat(points[few]), len(np.unique(known)), seed=number)
                place = {"method": method, "space": space, "unit": unit, "n_windows": len(few)}
                rows += [
                    place | row
                    for row in correspond(found.reshape(known.shape), reference, counts, rng=rng)
                ]
    return pd.DataFrame(rows)


def segment_table(
    test: Snapshots, *, rate: float, tolerance: int, seed: np.random.SeedSequence
) -> pd.DataFrame:
    """Return how well actions are cut out of streams of test windows by k-means of decoder steps.

    The clusters are as many as the classes; a class that is missed cannot be cut out.
    """
    n_classes = len(np.unique(test.labels))
    found = k_means(flat(test.decoder), n_classes, seed=integer(seed)).reshape(len(test.labels), -1)
    rows = segmentation_rows(
        found, test.labels, tolerance=tolerance, rate=rate, rng=np.random.default_rng(seed)
    )
    place = {"method": "kmeans", "space": "states", "unit": "stream"}
    return pd.DataFrame([place | row | {"n_windows": len(test.labels)} for row in rows])


def state_table(
    splits: Mapping[str, Snapshots],
    frames: np.ndarray,
    bootstrap: Bootstrap,
    settings: Settings,
    *,
    seed: np.random.SeedSequence,
) -> States:
    """Return what states of every method and size say of class, position, phase and role.

    At most `MOST_WINDOWS` of each split are used, evenly spread over classes.

    Args:
        splits: `train`, `valid` and `test`.
        frames: (N, Te + Td, F), what the test windows showed: past, then future.
        bootstrap: over the test windows.
        settings: of the fits.
        seed: of fits and controls.
    """
    rows: list[dict[str, Any]] = []
    chosen: dict[tuple[str, str], np.ndarray] = {}
    few = {
        split: spread_windows(snapshots.labels, MOST_WINDOWS[split])
        for split, snapshots in splits.items()
    }
    splits = {split: snapshots.select(few[split]) for split, snapshots in splits.items()}
    frames = frames[few["test"]]
    bootstrap = bootstrap.select(few["test"])
    for part, child in zip(PARTS, seed.spawn(len(PARTS)), strict=True):
        references = references_of(splits["test"], frames, part)
        states = {split: snapshots.part(part) for split, snapshots in splits.items()}
        basis = pod(flat(states["train"]), n_components=settings.n_components)
        fits, controls = child.spawn(2)
        rng = np.random.default_rng(controls)
        found = state_all(
            states, basis, n_states=settings.n_states, options=settings.options, seed=fits
        )
        for each in found:
            if isinstance(each, str):
                method, reason = each.split(": ", 1)
                rows.append(
                    {"part": part, "method": method, "status": Status.FAILED, "reason": reason}
                )
                continue
            if each.chosen:
                chosen[part, each.method] = each.states
            rows += _state_rows(each, part, references, bootstrap, rng)
    table = pd.DataFrame(rows).reindex(columns=STATES_RUN.names)
    return States(table.assign(n_windows=len(frames)), chosen, few["test"])


def references_of(test: Snapshots, frames: np.ndarray, part: str) -> list[Reference]:
    """Return what states of a part are compared with; the role only where there are two.

    `position` is the place within the encoder's or decoder's steps in five parts, without regard to
    which of the two; `phase` is that of the movement itself.
    """
    n_past, n_future = test.encoder.shape[1], test.decoder.shape[1]
    role = np.repeat([0, 1], [n_past, n_future])
    place = np.concatenate(
        [np.arange(n_past) * POSITIONS // n_past, np.arange(n_future) * POSITIONS // n_future]
    )
    steps = {
        JOINT: np.arange(n_past + n_future),
        DECODER: np.flatnonzero(role == 1),
    }.get(part, np.flatnonzero(role == 0))
    n_windows = len(test.labels)
    phase = movement_phase(frames, test.labels, n_bins=PHASES)[:, steps]
    references = [
        Reference("class", np.repeat(test.labels[:, None], len(steps), axis=1), other_windows),
        Reference("position", np.tile(place[steps], (n_windows, 1)), shifted),
        Reference("phase", phase, shifted),
    ]
    if part == JOINT:
        references.append(Reference("role", np.tile(role, (n_windows, 1)), shifted))
    return references


def _state_rows(
    found: Stated,
    part: str,
    references: Sequence[Reference],
    bootstrap: Bootstrap,
    rng: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    place = {
        "part": part,
        "method": found.method,
        "n_states": found.n_states,
        "chosen": found.chosen,
        "criterion": found.criterion,
        "status": Status.OK,
        "reason": "",
    }
    for reference in references:
        for row in correspond(found.states, reference, bootstrap, rng=rng):
            yield place | {"reference": reference.name} | row
