"""Which machine survives: abstractions of noisy activations, learned from few sequences.

Noise stands for what dropout, quantisation or a neural recording does to activations. The machines
are judged as always, in closed loop against the undisturbed network on the whole test split.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.study import Study, study_evidence
from markovlens.activations.store import load_trace
from markovlens.embedding.pod import embed, pod
from markovlens.faithfulness.scores.agreement import agreement, at_unit, divergence
from markovlens.faithfulness.scores.evaluate import UNITS
from markovlens.faithfulness.scores.seeds import numbers_in
from markovlens.faithfulness.scores.tally import NO_SCORE, Bootstrap
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.seeding import integer, seed_for
from markovlens.status import Status, of_seeds
from markovlens.tables.networks import ROBUSTNESS, ROBUSTNESS_RUN
from markovlens.tables.writer import write_table
from markovlens.tasks import spec_of
from markovlens.trace import Trace

Row = dict[str, Any]
CELL = ["task", "model", "noise", "n_train", "method", "score"]
FIDELITY, DIVERGENCE = "balanced_fidelity_string", "divergence"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What is tried, as in the config section `robustness`.

    Attributes:
        noise: standard deviations of Gaussian noise, in units of each hidden unit's own.
        n_train: numbers of training sequences.
        methods: the abstractions.
        n_states: sizes that each method may choose from.
        n_components: POD coordinates, fitted anew on the noisy activations.
        smoothing: weight of the uniform distribution in the divergence.
        options: settings of the fits.
    """

    noise: Sequence[float]
    n_train: Sequence[int]
    methods: Sequence[str]
    n_states: Sequence[int]
    n_components: int
    smoothing: float
    options: Options


def disturb(trace: Trace, noise: float, rng: np.random.Generator) -> Trace:
    """Return the trace with Gaussian noise of `noise` times each unit's sd on its states (N, D)."""
    spread = trace.states.std(axis=0, keepdims=True)
    return replace(
        trace, states=trace.states + noise * spread * rng.normal(size=trace.states.shape)
    )


def try_conditions(
    traces: dict[str, Trace],
    conditions: Conditions,
    *,
    bootstrap: Bootstrap,
    seed: int,
    score: str = FIDELITY,
) -> Iterator[Row]:
    """Yield one row for each noise, number of sequences and method, see `fit_conditions`.

    Args:
        traces: `train`, `valid` and `test` of one network, undisturbed.
        conditions: what is tried.
        bootstrap: resamples of the test sequences.
        seed: of the noise, the samples and the fits.
        score: `FIDELITY` for tasks with an answer at the end of a string, else `DIVERGENCE`.
    """
    for place, found in fit_conditions(traces, conditions, seed=seed):
        judged = _judge(
            found, traces["test"], bootstrap, score=score, smoothing=conditions.smoothing
        )
        yield place | {"score": score} | judged


def fit_conditions(
    traces: dict[str, Trace], conditions: Conditions, *, seed: int
) -> Iterator[tuple[Row, Study]]:
    """Yield noise, n_train and method, and what the method found there, for each condition.

    The smaller training sets are part of the larger ones, and every method sees the same noise.
    Methods that ask the network itself have nothing to ask here: only activations are disturbed.
    The test trace is not looked at.

    Args:
        traces: `train` and `valid` of one network, undisturbed.
        conditions: what is tried.
        seed: of the noise, the samples and the fits.
    """
    order = np.random.default_rng(seed_for(seed, "order")).permutation(len(traces["train"]))
    for index, noise in enumerate(conditions.noise):
        rng = np.random.default_rng(seed_for(seed, "noise", index))
        noisy = {name: disturb(traces[name], noise, rng) for name in ("train", "valid")}
        for n_train in conditions.n_train:
            some = noisy["train"].select(np.sort(order[:n_train]))
            basis = pod(some.states, n_components=conditions.n_components)
            evidence = Evidence(
                embed(some, basis),
                embed(noisy["valid"], basis),
                seed=integer(seed_for(seed, "shared", index, n_train)),
            )
            for method in conditions.methods:
                found = study_evidence(
                    method,
                    evidence,
                    n_states=conditions.n_states,
                    seed=seed_for(seed, method, index, n_train),
                    options=conditions.options,
                )
                yield {"noise": noise, "n_train": len(some), "method": method}, found


def _judge(found: Study, test: Trace, bootstrap: Bootstrap, *, score: str, smoothing: float) -> Row:
    """Return the score of the chosen machine, run on the inputs of the test sequences alone."""
    if found.chosen is None:
        reason = next(iter(found.failures.values()))
        return {"n_states": None, **NO_SCORE, "status": Status.FAILED, "reason": reason}
    outputs = found.best.predict(test.sequences)
    if score == DIVERGENCE:
        tally = divergence(outputs, test, smoothing=smoothing)
    else:
        wanted = at_unit(test.decisions, test, "string")
        tally = agreement(outputs.argmax(axis=1), wanted, test, balanced=True)
    value = bootstrap.score(tally)
    return {
        "n_states": found.chosen,
        **value.columns(),
        "status": Status.OK,
        "reason": "",
    }


def robust_run(run: Run, conditions: Conditions, *, bootstraps: int, seed: int) -> None:
    """Try all conditions on one run's recorded activations and keep the table."""
    traces = {split: load_trace(run.trace(split)) for split in ("train", "valid", "test")}
    # As everywhere, all networks of a task share the resamples of its test sequences.
    rng = np.random.default_rng(seed_for(seed, run.task, "faithfulness"))
    bootstrap = Bootstrap.draw(len(traces["test"]), n_resamples=bootstraps, rng=rng)
    child = integer(seed_for(seed, run.task, run.model, run.seed, "robustness"))
    score = FIDELITY if spec_of(run.task).family in UNITS else DIVERGENCE
    rows = try_conditions(traces, conditions, bootstrap=bootstrap, seed=child, score=score)
    place = {"task": run.task, "model": run.model, "seed": run.seed}
    table = pd.DataFrame([place | row for row in rows])
    gate = "passed" if read_json(run.card)["gate"]["passed"] else "under-trained"
    table = table.assign(n_sequences=len(traces["test"]), gate=gate)
    write_table(run.robustness, table, ROBUSTNESS_RUN)


def compile_robustness(runs: Iterable[Run], table: str | Path, *, level: float) -> None:
    """Merge the seeds of all runs: a row for each condition and method, with its interval."""
    rows = pd.concat([read_table(run.robustness) for run in runs], ignore_index=True)
    cells = rows.groupby(CELL, sort=False)
    merged = [dict(zip(CELL, key, strict=True)) | _merged(cell, level) for key, cell in cells]
    sizes = dict.fromkeys(("n_states_low", "n_states_high"), "Int64")
    write_table(table, pd.DataFrame(merged).astype(sizes), ROBUSTNESS)


def _merged(cell: pd.DataFrame, level: float) -> Row:
    is_divergence = cell["score"].iloc[0] == DIVERGENCE
    worked = cell[cell["status"] == Status.OK]
    failed = cell[cell["status"] != Status.OK]
    row = {
        "n_states_low": int(worked["n_states"].min()) if len(worked) else None,
        "n_states_high": int(worked["n_states"].max()) if len(worked) else None,
        "n_sequences": int(cell["n_sequences"].max()),
        "n_seeds": len(worked),
        "gate": "passed" if (cell["gate"] == "passed").all() else "under-trained",
        **of_seeds(list(zip(failed["status"], failed["reason"], strict=True)), len(cell)),
    }
    if worked.empty:
        return row | dict.fromkeys(("value", "median", "worst", "low", "high"), np.nan)
    found = numbers_in(worked, level=level)
    # A seed without a machine is worse than any machine.
    values = cell["value"].fillna(np.inf if is_divergence else 0.0)
    return row | {
        "value": found["value"],
        "median": values.median(),
        "worst": values.max() if is_divergence else values.min(),
        "low": found["low"],
        "high": found["high"],
    }
