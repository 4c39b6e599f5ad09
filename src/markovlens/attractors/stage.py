"""The study on the files of a run: where its networks rest, and what their machines see of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.study import Kept, load_study
from markovlens.activations.oracle import ask
from markovlens.activations.store import load_trace
from markovlens.adapters.contract import Stepwise
from markovlens.attractors.claims import attractor_claims
from markovlens.attractors.drawing import draw_contexts, draw_memory
from markovlens.attractors.given import check_whole
from markovlens.attractors.memory import agreements, picture
from markovlens.attractors.numbers import Row, Steps, accuracy
from markovlens.attractors.resting_points import (
    RestingPoints,
    one_input,
    resting_points,
)
from markovlens.attractors.selection import Context, evidence_known, look
from markovlens.dynamics.steps import OneStep
from markovlens.errors import DataError
from markovlens.faithfulness.claims.claims import claims_table
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.figures.save import save_figure
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.networks.store import load_network
from markovlens.seeding import seed_for
from markovlens.tables.attractors import ATTRACTORS, NUMBERS_RUN, POINTS_RUN
from markovlens.tables.claims import CLAIMS
from markovlens.tables.writer import write_table
from markovlens.tasks.attractors import BITS, CONTEXTS, MEMORIES, SIDES
from markovlens.trace import Trace

FLIP_FLOP = "flip_flop"
HMM = "hmm"  # whose states the figure shows
CHOSEN, EIGHT, OFFERED = "chosen", "eight", "offered"


@dataclass(frozen=True, slots=True)
class Settings:
    """How the study is made; meanings are those of the config's schema.

    Attributes:
        starts: states to search from, for each input.
        bootstraps: resamples of the sequences.
        level: coverage of intervals.
        seed: the benchmark's.
    """

    starts: int
    bootstraps: int
    level: float
    seed: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One network with all that is asked of it."""

    network: Stepwise
    step: OneStep
    trace: Trace
    kept: Mapping[str, Kept]
    steps: Steps
    n_starts: int
    rng: np.random.Generator

    @property
    def hmm_states(self) -> np.ndarray:
        """The states (N,) of the chosen HMM, or of the first method that has some; else all 0."""
        for method in sorted(self.kept, key=lambda name: name != HMM):
            study = self.kept[method]
            if study.chosen in (decoded := study.decoded.get("test", {})):
                return decoded[study.chosen]
        return np.zeros(self.trace.n_steps, dtype=int)


@dataclass(frozen=True, slots=True)
class Looked:
    """What is known of one network: numbers, points, and what is drawn."""

    numbers: list[Row]
    points: pd.DataFrame
    trace: Trace
    states: np.ndarray
    found: RestingPoints | list[Context]


def attractor_runs(
    runs: Sequence[Run], methods: Sequence[str], figure: str | Path, settings: Settings
) -> None:
    """Write where the networks of one (task, model) rest, and draw the first seed's.

    Args:
        runs: one a seed, of `flip_flop` or `context_integration`, with studies and activations.
        methods: whose states are held against attractors.
        figure: where to draw.
        settings: of the study.

    Raises:
        DataError: a network that cannot be asked, or whose whole state was not recorded.
    """
    first = None
    for run in runs:
        looked = _looked(run, methods, settings)
        write_table(run.attractors("numbers"), pd.DataFrame(looked.numbers), NUMBERS_RUN)
        write_table(run.attractors("points"), looked.points, POINTS_RUN)
        first = first or looked
    if first is not None:
        draw = draw_memory if isinstance(first.found, RestingPoints) else draw_contexts
        name = f"{runs[0].model}, seed {runs[0].seed}"
        save_figure(figure, draw(first.trace, first.states, first.found, name=name))  # type: ignore[arg-type]


def compile_attractors(
    runs: Iterable[Run], numbers: str | Path, claims: str | Path, *, seed: int
) -> None:
    """Write the numbers of all networks as one table, and the claims that rest on them."""
    table = pd.concat([_named(run) for run in runs], ignore_index=True)
    write_table(numbers, table, ATTRACTORS)
    write_table(claims, claims_table(attractor_claims(table, seed=seed)), CLAIMS)


def _named(run: Run) -> pd.DataFrame:
    gate = "passed" if read_json(run.card)["gate"]["passed"] else "under-trained"
    table = read_table(run.attractors("numbers"))
    return table.assign(task=run.task, model=run.model, seed=run.seed, gate=gate)


def _looked(run: Run, methods: Sequence[str], settings: Settings) -> Looked:
    trace = load_trace(run.trace("test"))
    model = load_network(run.card.parent, own=run.own).double()
    oracle = ask(model, layer=run.layer, output=trace.output, like=trace.sequences)
    if oracle is None:
        raise DataError(
            f"{run.folder}: the network cannot be asked step by step; give it `initial` and `step`",
            page="cannot-be-asked",
        )
    step = OneStep(oracle.network)
    check_whole(step, trace)
    child = seed_for(settings.seed, run.task, run.model, run.seed, "attractors")
    rng = np.random.default_rng(child)
    bootstrap = Bootstrap.draw(
        len(trace.lengths), n_resamples=settings.bootstraps, rng=rng, level=settings.level
    )
    kept = {method: load_study(run.study(method)) for method in methods}
    steps = Steps(trace.lengths, bootstrap)
    asked = Asked(oracle.network, step, trace, kept, steps, settings.starts, rng)
    return _memory(asked) if run.task == FLIP_FLOP else _contexts(asked)


def _memory(asked: Asked) -> Looked:
    trace, states, steps = asked.trace, asked.hmm_states, asked.steps
    decoded = {method: _selected(study) for method, study in asked.kept.items()}
    silence = np.zeros(BITS)
    seed = int(asked.rng.integers(2**31))
    found = resting_points(
        asked.network, trace, inputs=silence, states=states, n_starts=asked.n_starts, seed=seed
    )
    numbers = [
        accuracy(trace, steps.bootstrap),
        *picture(asked.step, one_input(silence), found),
        *agreements(found, trace, decoded, steps),
    ]
    points = found.table().assign(context="silence")
    points["speed"] = found.points.speed[points["point"]]
    points["state"] = points["state"].where(points["state"] >= 0)
    return Looked(numbers, points, trace, states, found)


def _contexts(asked: Asked) -> Looked:
    trace, steps = asked.trace, asked.steps
    contexts = [look(asked.step, trace, name, asked.rng, asked.n_starts) for name in CONTEXTS]
    numbers = [accuracy(trace, steps.bootstrap)]
    numbers += [row for context in contexts for row in context.rows()]
    for method, study in asked.kept.items():
        for row in evidence_known(trace, study.decoded.get("test", {}), steps):
            selection = CHOSEN if row["n_states"] == study.chosen else OFFERED
            numbers.append(row | {"method": method, "selection": selection})
    points = pd.concat([_slow(context) for context in contexts], ignore_index=True)
    return Looked(numbers, points, trace, asked.hmm_states, contexts)


def _selected(study: Kept) -> dict[str, np.ndarray]:
    """Return the states of the test steps at the chosen number, and at eight, where there are."""
    sizes = {CHOSEN: study.chosen, EIGHT: len(MEMORIES)}
    decoded = study.decoded.get("test", {})
    return {name: decoded[size] for name, size in sizes.items() if size in decoded}


def _slow(context: Context) -> pd.DataFrame:
    points = context.points
    columns: dict[str, Any] = {
        "context": context.name,
        "point": np.arange(len(points.states)),
        "kind": "slow",
        "unstable": points.n_unstable,
        "slowest": np.abs(points.eigenvalues[:, 0]),
        "speed": points.speed,
        "answer": np.where(context.logits > 0, SIDES[1], SIDES[0]),
        **dict.fromkeys(("share", "state", "overlap"), np.nan),
    }
    return pd.DataFrame(columns)
