"""The questions put to the networks of one (task, model), on the files of its runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.study import load_study
from markovlens.activations.oracle import ask
from markovlens.activations.store import load_trace
from markovlens.faithfulness.causes.counterfactuals import counterfactual_rows
from markovlens.faithfulness.causes.probe import probe_network
from markovlens.faithfulness.causes.subject import Subject
from markovlens.faithfulness.claims.trust import (
    Answer,
    answers_of,
    seed_agreement,
    trust_rows,
    trust_scores,
)
from markovlens.faithfulness.scores.evaluate import (
    LUMPED,
    NO_STATES,
    UNITS,
    Row,
    Scoring,
    score_row,
)
from markovlens.faithfulness.scores.stability import stability
from markovlens.faithfulness.verdict.judged import judged_machine
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, write_json
from markovlens.networks.store import load_network
from markovlens.outputs import Output
from markovlens.seeding import integer, seed_for
from markovlens.tables.counterfactuals import COUNTERFACTUALS_RUN
from markovlens.tables.scores import PROBES
from markovlens.tables.writer import write_table
from markovlens.tasks.base import Task
from markovlens.tasks.store import load_task


def probe_runs(
    runs: Sequence[Run],
    task_folder: str | Path,
    *,
    methods: Sequence[str],
    scoring: Scoring,
    seed: int,
) -> None:
    """Ask the networks of all seeds of one (task, model), and write what each tells."""
    task = runs[0].task
    bootstrap_seed = integer(seed_for(seed, task, "faithfulness"))
    draws = integer(seed_for(seed, task, "probe"))
    asked = load_task(task_folder)
    subjects = {run.seed: _subject(run, methods, asked) for run in runs}
    stable = stability_rows(subjects, methods, scoring=scoring, seed=bootstrap_seed)
    trusted = _trust_rows(subjects, asked, scoring=scoring, seed=draws)
    for run in runs:
        probed = probe_network(
            subjects[run.seed], scoring=scoring, seed=bootstrap_seed, draws=draws
        )
        own = pd.DataFrame([*stable[run.seed], *trusted[run.seed]])
        rows = pd.concat([probed.rows, own], ignore_index=True)
        write_table(run.probes, _placed(rows, run), PROBES)
        write_json(run.verdict, {"verdict": probed.verdict, "methods": probed.falsification})
        _write_counterfactuals(run, subjects[run.seed], probed.verdict, scoring, seed=seed)


def _write_counterfactuals(
    run: Run, subject: Subject, verdict: Mapping[str, Any], scoring: Scoring, *, seed: int
) -> None:
    resamples = integer(seed_for(seed, run.task, "faithfulness"))
    rows = counterfactual_rows(
        subject,
        judged_machine(run, verdict, subject.test.sequences),
        scoring.bootstrap(len(subject.test), seed=resamples),
        n_sequences=scoring.interventions,
        seed=integer(seed_for(seed, run.task, "counterfactuals")),
    )
    write_table(run.counterfactuals, _placed(pd.DataFrame(rows), run), COUNTERFACTUALS_RUN)


def _placed(rows: pd.DataFrame, run: Run) -> pd.DataFrame:
    """Return rows with whose they are."""
    gate = "passed" if read_json(run.card)["gate"]["passed"] else "under-trained"
    return rows.assign(task=run.task, model=run.model, layer=run.layer, seed=run.seed, gate=gate)


def _subject(run: Run, methods: Sequence[str], task: Task) -> Subject:
    test = load_trace(run.trace("test"))
    taught = load_trace(run.trace("train"))
    reads_rows, decides = not test.reads_symbols, test.output == Output.DISTRIBUTION
    like = test.sequences if reads_rows else None
    return Subject(
        load_trace(run.trace("valid")),
        test,
        ask(
            load_network(run.card.parent, own=run.own),
            layer=run.layer,
            output=test.output,
            like=like,
        ),
        {method: load_study(run.study(method)) for method in methods},
        taught if reads_rows or not decides else None,
        max(task.horizon, 1),
        taught,
    )


def stability_rows(
    subjects: Mapping[int, Subject], methods: Sequence[str], *, scoring: Scoring, seed: int
) -> dict[int, list[Row]]:
    """Return by seed the rows that say how alike its states are to those of the other seeds.

    They are those of the chosen machines, read off the networks, and of the lumped ones, run on
    inputs alone.
    """
    first = next(iter(subjects.values())).test
    bootstrap = scoring.bootstrap(len(first), seed=seed)
    rows: dict[int, list[Row]] = {name: [] for name in subjects}
    for method, (mode, read) in product(methods, {"open": _decoded, LUMPED: _lumped}.items()):
        states = dict(read(subjects, method))
        for name, score in stability(states, first.lengths, bootstrap).items():
            size, _ = subjects[name].chosen[method]
            rows[name].append(score_row(method, size, mode, "stability", score))
    return rows


def _trust_rows(
    subjects: Mapping[int, Subject], task: Task, *, scoring: Scoring, seed: int
) -> dict[int, list[Row]]:
    """Return what a user of the network could rely on, where sequences end in a decision."""
    rows: dict[int, list[Row]] = {name: [] for name in subjects}
    asked = {name: one for name, one in subjects.items() if one.oracle is not None}
    if task.family not in UNITS or not asked:
        return rows
    answers = {name: _answers(subject) for name, subject in asked.items()}
    test = task.splits["test"].inputs
    bootstrap = scoring.bootstrap(len(test), seed=seed)
    for name, mine in answers.items():
        rng = np.random.default_rng(seed)  # the same strings for all seeds
        scores = trust_scores(mine, task, scoring=scoring, n_strings=scoring.interventions, rng=rng)
        sizes = {method: size for method, (size, _) in asked[name].chosen.items()}
        rows[name] += trust_rows(scores, sizes)
    for method in dict.fromkeys(method for mine in answers.values() for method in mine):
        finals = {name: mine[method](test) for name, mine in answers.items() if method in mine}
        for name, score in seed_agreement(finals, len(task.classes), bootstrap).items():
            size, _ = asked[name].chosen.get(method, (NO_STATES, None))
            rows[name] += trust_rows({method: {"seed_agreement": score}}, {method: size})
    return rows


def _answers(subject: Subject) -> dict[str, Answer]:
    assert subject.oracle is not None, "only networks that can be asked come here"
    machines = {method: machine for method, (_, machine) in subject.chosen.items()}
    return answers_of(subject.oracle, machines)


def _decoded(subjects: Mapping[int, Subject], method: str) -> Iterator[tuple[int, np.ndarray]]:
    """Yield by seed the states of a method's chosen machine, read off the network."""
    for name, subject in subjects.items():
        if method in subject.chosen:
            size, _ = subject.chosen[method]
            states = subject.studies[method].decoded.get("test", {}).get(size)
            if states is not None:
                yield name, states


def _lumped(subjects: Mapping[int, Subject], method: str) -> Iterator[tuple[int, np.ndarray]]:
    """Yield by seed the states in which a method's lumped machine is, run on inputs alone."""
    for name, subject in subjects.items():
        lumped = subject.studies[method].lumped
        if lumped is not None and method in subject.chosen:
            yield name, lumped.machine.run(subject.test.sequences).argmax(axis=1)
