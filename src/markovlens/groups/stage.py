"""The comparison of groups on the files of a run: every network's machine, frozen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.study import load_study
from markovlens.activations.store import load_trace
from markovlens.faithfulness.verdict.judged import counted_as
from markovlens.figures.save import save_figure
from markovlens.figures.style import message
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.groups.comparing import Design, Testing, compare_decoded
from markovlens.groups.comparison import GroupComparison
from markovlens.groups.decoding import ACTIVATIONS, INPUTS, Decoded, run_on
from markovlens.groups.forest import draw_forest
from markovlens.seeding import seed_for
from markovlens.sequences import rows_of
from markovlens.tables.groups import GROUPS
from markovlens.tables.writer import write_table
from markovlens.tasks.grouping import Members


def compare_runs(
    runs: Sequence[Run], members: Members, figure: str | Path, *, level: float, seed: int
) -> None:
    """Compare the groups of one task in the states of the networks of one model, seed by seed.

    Args:
        runs: of each seed, with verdicts, studies and activations.
        members: who is in which group.
        figure: where to draw the first seed's comparison.
        level: coverage of intervals, and 1 - the family-wise error of each network.
        seed: the benchmark's.
    """
    drawn = None
    for run in runs:
        verdict = read_json(run.verdict)["verdict"]
        found = _compared(run, verdict, members, level=level, seed=seed)
        write_table(run.groups, _rows(run, verdict, found), GROUPS)
        drawn = drawn or found
    if drawn is None:
        why = "no machine could be fitted to any seed"
        save_figure(figure, message("No groups to compare", foot="", why=why))
    else:
        save_figure(figure, draw_forest(drawn))


def compile_groups(runs: Iterable[Run], path: str | Path) -> None:
    """Write the comparisons of all networks as one table."""
    write_table(path, pd.concat([read_table(run.groups) for run in runs]), GROUPS)


def _compared(
    run: Run, verdict: Mapping[str, Any], members: Members, *, level: float, seed: int
) -> GroupComparison | None:
    """Return the comparison in the states of the machine of the verdict; None without any."""
    size = verdict["n_states_judged"]
    if size is None:
        return None
    decoded, n_states, source = _decoded(run, verdict["method"], int(size), members)
    subjects = None
    if members.subjects is not None:
        subjects = {name: members.subjects[at].tolist() for name, at in members.places().items()}
    return compare_decoded(
        decoded,
        n_states,
        Design(subjects, members.paired),
        Testing(level=level),
        source=source,
        seed=seed_for(seed, run.task, run.model, run.seed, "groups"),
    )


def _decoded(
    run: Run, method: str, size: int, members: Members
) -> tuple[dict[str, Decoded], int, str]:
    """Return the states of each group, how many there are, and what they were read off.

    They have the numbers that they have in the verdict's machine, on cards and in figures.
    """
    kept = load_study(run.study(method))
    traces = [load_trace(run.trace(split)) for split in members.splits]
    lengths = np.concatenate([trace.lengths for trace in traces])
    parts = [kept.decoded[split][size] for split in members.splits if size in kept.decoded[split]]
    source = ACTIVATIONS
    if len(parts) < len(traces):
        source = INPUTS
        parts = [run_on(kept.machines[size], trace).states for trace in traces]
    number = counted_as(kept.machines[size], load_trace(run.trace("test")).sequences)
    states = number[np.concatenate(parts)]
    decoded = {
        name: Decoded(states[rows_of(lengths, at)], lengths[at])
        for name, at in members.places().items()
    }
    return decoded, int(number.max()) + 1, source


def _rows(run: Run, verdict: Mapping[str, Any], found: GroupComparison | None) -> pd.DataFrame:
    if found is None:
        return pd.DataFrame(columns=GROUPS.names)
    return found.frame().assign(
        task=run.task,
        model=run.model,
        seed=run.seed,
        method=verdict["method"],
        n_states=int(verdict["n_states_judged"]),
        source=found.source,
    )
