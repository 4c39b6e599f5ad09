"""The questions put to the networks of one (task, model), on the files of its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from markovlens.abstractions.study import load_study
from markovlens.activations.oracle import ask
from markovlens.activations.store import load_trace
from markovlens.faithfulness.evaluate import Row, Scoring, score_row
from markovlens.faithfulness.probe import Subject, probe_network
from markovlens.faithfulness.stability import stability
from markovlens.files import read_json, write_json, write_table
from markovlens.networks.store import load_network
from markovlens.runs import Run
from markovlens.seeding import integer, seed_for


def probe_runs(runs: Sequence[Run], *, methods: Sequence[str], scoring: Scoring, seed: int) -> None:
    """Ask the networks of all seeds of one (task, model), and write what each tells."""
    task = runs[0].task
    bootstrap_seed = integer(seed_for(seed, task, "faithfulness"))
    draws = integer(seed_for(seed, task, "probe"))
    subjects = {run.seed: _subject(run, methods) for run in runs}
    stable = _stability_rows(subjects, methods, scoring=scoring, seed=bootstrap_seed)
    for run in runs:
        probed = probe_network(
            subjects[run.seed], scoring=scoring, seed=bootstrap_seed, draws=draws
        )
        rows = pd.concat([probed.rows, pd.DataFrame(stable[run.seed])], ignore_index=True)
        gate = "passed" if read_json(run.card)["gate"]["passed"] else "under-trained"
        write_table(
            run.probes,
            rows.assign(task=task, model=run.model, layer=run.layer, seed=run.seed, gate=gate),
        )
        write_json(run.verdict, {"verdict": probed.verdict, "methods": probed.falsification})


def _subject(run: Run, methods: Sequence[str]) -> Subject:
    return Subject(
        load_trace(run.trace("valid")),
        load_trace(run.trace("test")),
        ask(load_network(run.card.parent), layer=run.layer),
        {method: load_study(run.study(method)) for method in methods},
    )


def _stability_rows(
    subjects: Mapping[int, Subject], methods: Sequence[str], *, scoring: Scoring, seed: int
) -> dict[int, list[Row]]:
    first = next(iter(subjects.values())).test
    bootstrap = scoring.bootstrap(len(first), seed=seed)
    rows: dict[int, list[Row]] = {name: [] for name in subjects}
    for method in methods:
        decoded = dict(_decoded(subjects, method))
        scores = stability(decoded, first.lengths, bootstrap)
        for name, score in scores.items():
            size, _ = subjects[name].chosen[method]
            rows[name].append(score_row(method, size, "open", "stability", score))
    return rows


def _decoded(subjects: Mapping[int, Subject], method: str) -> Iterator[tuple[int, np.ndarray]]:
    for name, subject in subjects.items():
        if method in subject.chosen:
            size, _ = subject.chosen[method]
            states = subject.studies[method].decoded.get("test", {}).get(size)
            if states is not None:
                yield name, states
