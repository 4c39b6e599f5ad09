"""The tables of a whole benchmark for reading: a row a network, a column a method, as markdown."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Any

import pandas as pd

from markovlens.faithfulness.scores.evaluate import EXPLAINED, FIT, LUMPED
from markovlens.faithfulness.scores.floors import OUTPUT_FLOORS
from markovlens.faithfulness.scores.hardness import CARRIES, N_LUMPED
from markovlens.faithfulness.scores.measures import OF_TARGET
from markovlens.machines.machine import BELIEF
from markovlens.outputs import CONCORDANCE, LABEL, MEASURE_OF, VARIANCE
from markovlens.spelling import count, fixed
from markovlens.status import Judgement, Scope, in_short

MODE = "closed"
MEASURE_NAMES = {
    EXPLAINED: "explained divergence",
    VARIANCE: "variance explained",
    CONCORDANCE: "concordance",
    LABEL: "balanced agreement of labels",
}
OWN = {VARIANCE: "R² ", CONCORDANCE: "C ", LABEL: "balanced "}  # before a network's own score
ACCURACY, ON_TASK = "accuracy", "on the task"  # what the column of these is called
FRONT = ("task", "network", ACCURACY, ON_TASK, "measure", "verdict")
DIGEST_NOTE = (
    "In brackets the interval over sequences and seeds; K: states that the method chose, a range "
    "where seeds differ. After an arrow: the same machine once its states with the same future "
    "are one, and how many are left (median over seeds). A star: the machine carries a belief, K "
    "probabilities, and is no automaton of K states. Where not every seed has a machine stands how "
    "many have; the interval of one alone is over sequences."
)
ARROW = "→"  # from the size that a method chose to what lumping left of it
METHODS_A_PART = 6
WORD_SCORES = ("word_error", "word_probability_mse")


def digest(comparison: pd.DataFrame, verdicts: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the table for reading: a row a network, closed-loop fidelity of each method.

    The `measure` is the explained divergence of networks that predict what comes next, of values
    the variance explained, of a risk the concordance, of labels their balanced agreement, with
    floors beside; else the balanced agreement, per string where sequences end in a decision.
    `accuracy` is the network's own; where some make no decisions the column is called `on the task`
    and names their measure, against the targets. Beside it the number of states each method chose,
    and the same of its lumped machine where there is one (`DIGEST_NOTE`).

    Args:
        comparison: the table of `compare`.
        verdicts: the table of `verdict_table`, for a column of what the network is.
    """
    chosen = comparison[comparison["selection"] == "chosen"]
    said = {} if verdicts is None else _said(verdicts)
    rows = [
        _digest_row(run, said.get(place))
        for place, run in chosen.groupby(["task", "model"], sort=False)
    ]
    return pd.DataFrame(rows).rename(columns={ACCURACY: own_name(chosen)})


def own_name(chosen: pd.DataFrame) -> str:
    """Return what the column of how well networks do their tasks is called."""
    return ON_TASK if chosen["score"].isin(MEASURE_OF.values()).any() else ACCURACY


def own_score(run: pd.DataFrame) -> str | None:
    """Return how well one network does its task, of the rows of a (task, model); None if unknown.

    That is its accuracy, or the name of its measure and the value.
    """
    score = accuracy_of(set(run["score"]))
    own = run[(run["method"] == "network") & (run["score"] == score)]
    if own.empty:
        return None
    return f"{OWN.get(score.removeprefix(OF_TARGET), '')}{own['value'].iloc[0]:.3f}"


def in_parts(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the digest in tables of at most `METHODS_A_PART` methods, which fit on a page."""
    front = [name for name in FRONT if name in table.columns]
    methods = [name for name in table.columns if name not in front]
    begins = range(0, len(methods), METHODS_A_PART)
    return [table[[*front, *methods[begin : begin + METHODS_A_PART]]] for begin in begins]


def unit_of(scores: Collection[str]) -> str:
    """Return what a network's answers are counted by, of the `scores` it has: string or step."""
    return "string" if "balanced_fidelity_string" in scores else "step"


def measure_of(scores: Collection[str]) -> str:
    """Return by which of the `scores` it has a network is judged (`digest`)."""
    for name in MEASURE_OF.values():
        if name in scores:
            return name
    return EXPLAINED if EXPLAINED in scores else f"balanced_fidelity_{unit_of(scores)}"


def accuracy_of(scores: Collection[str]) -> str:
    """Return which of the `scores` says how well a network does its task."""
    measure = measure_of(scores)
    if measure in MEASURE_OF.values():
        return OF_TARGET + measure
    return f"accuracy_{unit_of(scores)}"


def _said(verdicts: pd.DataFrame) -> dict[Hashable, str]:
    """Return in a few words what each (task, model) is, over its seeds."""
    seeds = verdicts[verdicts["scope"] == Scope.SEED]
    methods = seeds.groupby(["task", "model"], sort=False)["method"].unique().to_dict()
    return {
        (row.task, row.model): _in_words(row, methods[row.task, row.model])
        for row in verdicts[verdicts["scope"] == Scope.NETWORK].itertuples()
    }


def _in_words(row: Any, methods: Sequence[str]) -> str:
    """Return the verdict on a network, with the methods by whose machines its seeds have it."""
    said = in_few_words(row)
    if row.verdict != Judgement.FINITE or pd.isna(row.n_states):
        return said
    length = row.counterexample_length
    but = "" if pd.isna(length) else f", but not on a string of {length}"
    return f"{said} ({', '.join(methods)}){but}"


def in_few_words(row: Any) -> str:
    """Return what a network is by its row of the verdicts: "5 states", "refused" and the like."""
    if row.verdict != Judgement.FINITE:
        return in_short(row.verdict)
    return "finite, seeds differ" if pd.isna(row.n_states) else count(int(row.n_states), "state")


def _digest_row(run: pd.DataFrame, verdict: str | None) -> dict[str, str]:
    task, model = run.iloc[0][["task", "model"]]
    scores = set(run["score"])
    score = measure_of(scores)
    own = run[run["method"] == "network"]
    network = own.iloc[0]
    row = {
        "task": task,
        "network": f"{model}{'' if network['gate'] == 'passed' else ' (under-trained)'}",
        ACCURACY: own_score(run),
        "measure": MEASURE_NAMES.get(score, f"balanced agreement per {unit_of(scores)}"),
    }
    if verdict is not None:
        row["verdict"] = verdict
    judged = run[run["score"] == score]
    for _, cell in judged[judged["method"].isin(OUTPUT_FLOORS)].iterrows():
        row[cell["method"]] = _value(cell)
    for _, cell in judged[judged["mode"] == MODE].iterrows():
        row[cell["method"]] = _estimate(cell)
    for _, cell in judged[judged["mode"] == LUMPED].iterrows():
        row[cell["method"]] += f" {ARROW} {_estimate(cell)}"
    for _, cell in run[run["score"] == FIT].iterrows():
        row.setdefault(cell["method"], "failed")
    return row


def _value(cell: pd.Series) -> str:
    value, low, high = (fixed(cell[end], 3) for end in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def _estimate(cell: pd.Series) -> str:
    seeds = cell["n_seeds"] + cell["n_missing"]
    found = f", {cell['n_seeds']} of {seeds} seeds" if cell["n_missing"] else ""
    return f"{_value(cell)} K={states_of(cell)}{found}"


def states_of(cell: pd.Series) -> str:
    """Return the states of a row's machine: "5", "8-10" where seeds differ, a star for a belief."""
    ends = ["n_states_low", "n_states_high"] if cell["mode"] != LUMPED else [N_LUMPED]
    states = "-".join(dict.fromkeys(f"{cell[end]:.0f}" for end in ends))
    return f"{states}*" if cell[CARRIES] == BELIEF else states


def words_digest(comparison: pd.DataFrame) -> str:
    """Return, as markdown, the least error on words of each method and the states it takes.

    A row a network of the arena, each method in the column of its name; empty without the arena.
    The number of states is the one with the least error on the test words, as the competition's
    figures are, so that this is a bound on each method and no estimate of what it would choose.
    """
    wanted = comparison["score"].isin(WORD_SCORES) & (comparison["mode"] == MODE)
    cells = comparison[wanted & (comparison["selection"] == "fixed")].dropna(subset="value")
    if cells.empty:
        return ""
    rows = [_words_row(run) for _, run in cells.groupby(["task", "model"], sort=False)]
    return "Least error on whole words, at the number of states K:\n\n" + to_markdown(
        pd.DataFrame(rows)
    )


def _words_row(run: pd.DataFrame) -> dict[str, str]:
    row = {name: run.iloc[0][name] for name in ("task", "model", "score")}
    for method, cells in run.groupby("method", sort=False):
        best = cells.sort_values(["value", "n_states"]).iloc[0]
        row[str(method)] = f"{best['value']:.2g} K={best['n_states']}"
    return row


def to_markdown(table: pd.DataFrame) -> str:
    """Return a table as GitHub markdown, empty cells as a dash."""
    header = [str(name) for name in table.columns]
    lines = [header, ["---"] * len(header)]
    lines += [["–" if pd.isna(cell) else str(cell) for cell in row] for row in table.to_numpy()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
