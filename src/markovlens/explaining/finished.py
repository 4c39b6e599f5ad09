"""The explanation of a network of a finished run: its recordings, its verdict, its machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.study import Kept
from markovlens.activations.basis import Basis
from markovlens.activations.oracle import ask
from markovlens.activations.outputs import LINK_OF
from markovlens.arguments import with_known_arguments
from markovlens.embedding.pod import embed
from markovlens.embedding.storage import load_basis
from markovlens.errors import DataError, reason_of
from markovlens.explaining.asking import Network
from markovlens.explaining.assembling import explanation_of
from markovlens.explaining.explanation import FITTED, Explanation, Settings
from markovlens.explaining.fitting import SPLITS
from markovlens.faithfulness.scores.intervals import FREE, Spread
from markovlens.faithfulness.scores.tally import Score
from markovlens.faithfulness.verdict.finished import FinishedRun, load_run
from markovlens.faithfulness.verdict.verdict import Verdict
from markovlens.files.runs import Run
from markovlens.machines.machine import Machine
from markovlens.networks.store import load_network
from markovlens.status import Judgement
from markovlens.trace import Trace, joined

LEVEL = 0.95  # of the intervals in a run's verdicts, unless its config says otherwise


@with_known_arguments
def load_explanation(
    results: str | Path,
    task: str,
    model: str,
    seed: int | None = None,
    *,
    network: Any = None,
    unit: str = "step",
    units: bool = True,
) -> Explanation:
    """Return the explanation of one network of a finished run, by the machine of its verdict.

    Of a refused network it is the best machine judged, as `load_machine(..., refused=True)`
    gives it. The network is loaded if it is one of ours. What somebody's own module or file is,
    only the config of the run says: give it as `network`, else nothing is asked of it.

    Args:
        results, task, model: as for `load_run`.
        seed: of the network; when None the first, with a warning if there are others.
        network: that of the run, where it is somebody's own.
        unit: what a step is called.
        units: whether units are silenced, see `explain`.

    Raises:
        DataError: as for `load_run`, or no machine could be fitted.

    Warns:
        EvidenceWarning: there are several seeds and none is given.
    """
    run = load_run(results, task, model)
    seed = run.seed_or_first(seed)
    place = run.runs[seed]
    machine = run.machine(seed=seed, refused=True)
    basis = load_basis(place.pod)
    parts = {split: run.trace(split, seed=seed) for split in SPLITS}
    trace = embed(joined(list(parts.values())), basis)
    ends = np.cumsum([len(part) for part in parts.values()])
    splits = dict(zip(SPLITS, np.split(np.arange(ends[-1]), ends[:-1]), strict=True))
    studies = {method: run.study(method, seed=seed) for method in _methods(place)}
    settings = Settings(f"{model} on {task}", unit, tuple(studies), _sizes(studies), seed)
    asked = _network(place, trace, basis, network)
    asked.check_unchanged(trace.select(splits[FITTED]))
    return explanation_of(
        trace, splits, studies, asked, settings,
        machine=machine, verdict=_verdict(run, seed, machine), units=units,
    )  # fmt: skip


def _methods(run: Run) -> list[str]:
    folder = run.study("any").parent
    return sorted(path.name for path in folder.glob("*") if path.is_dir())


def _sizes(studies: Mapping[str, Kept]) -> tuple[int, ...]:
    return tuple(sorted({size for kept in studies.values() for size in kept.machines}))


def _network(run: Run, trace: Trace, basis: Basis, network: Any) -> Network:
    """Return the network to be asked: the given one, else the run's own if it is one of ours."""
    if network is None:
        try:
            network = load_network(run.card.parent)
        except DataError as error:
            return Network(None, None, why_not=reason_of(error))
    like = None if trace.reads_symbols else trace.sequences
    reading = {"symbols": trace.symbols, "classes": trace.classes, "link": LINK_OF[trace.output]}
    oracle = ask(network, layer=run.layer, output=trace.output, basis=basis, like=like)
    return Network(network, oracle, reading, run.layer)


def _verdict(run: FinishedRun, seed: int, machine: Machine) -> Verdict:
    """Return the verdict of a run's file, with the scores that it keeps."""
    row = run.verdicts[run.verdicts["seed"] == seed].iloc[0]
    n_test = len(run.trace("test", seed=seed))
    fidelity, stretched = (_score(row, name, n_test) for name in ("fidelity", "fidelity_long"))
    finite = row["verdict"] == Judgement.FINITE
    return Verdict(
        Judgement(row["verdict"]), machine.n_states if finite else None,
        int(row["n_states_judged"]), row["method"], machine, fidelity, stretched,
        row["evidence"], row["carries"],
    )  # fmt: skip


def _score(row: pd.Series, name: str, n_sequences: int) -> Score | None:
    if pd.isna(row[name]):
        return None
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    unknown = Spread(FREE, float("nan"), 1.0)
    return Score(value, low, high, LEVEL, n_sequences, np.array([]), unknown)
