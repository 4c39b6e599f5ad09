"""The comparison table as the figures read it: one score, one mode, methods in their roles."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from markovlens.faithfulness.scores.digest import measure_of
from markovlens.faithfulness.scores.evaluate import EXPLAINED
from markovlens.figures.colours import METHOD_COLOURS
from markovlens.figures.style import CEILINGS, FLOORS, MODEL_MARKERS
from markovlens.machines.machine import BELIEF
from markovlens.outputs import MEASURE_OF

NETWORK_KEYS = ["task", "model"]
METHOD_KEYS = [*NETWORK_KEYS, "method"]
MEASURE = "measure"  # the score by which a network is judged, as in the main table
FIT = "fit"  # the score of a method that no seed could fit
SCORE_NAMES = {
    MEASURE: "fidelity",
    "accuracy": "accuracy on the task",
    "fidelity": "agreement with the network",
    "balanced_fidelity": "balanced agreement with the network",
    "divergence": "divergence from the network, nats per step",
    "variance_explained": "variance of the network's output explained",
    "concordance": "pairs in the network's order",
    "balanced_agreement_label": "balanced agreement with the network's labels",
    "state_accuracy": "states as the true ones, matched one to one",
    "ari": "adjusted Rand index with the true states",
    "nmi": "mutual information with the true states, normalised",
    "belief_r2": "R² of the true belief",
    "transition_distance": "distance of transitions from the true ones",
}
OF_NO_DECISION = (EXPLAINED, *MEASURE_OF.values())
MODE_NAMES = {"closed": "closed loop", "open": "open loop"}
LOWER_IS_BETTER = ("divergence", "transition_distance")
LEVEL = 0.95  # of the intervals, where nothing else is said
UNITS = ("string", "step")  # a task with an answer at the end of a string is judged by that


def scores_of(
    table: pd.DataFrame, *, score: str = MEASURE, mode: str = "closed", selection: str = "chosen"
) -> pd.DataFrame:
    """Return the rows of one score, with a column `unit`: string, step or empty.

    Of scores that count no decisions it is the score itself (`OF_NO_DECISION`).

    Floors and ceilings, which have one mode only, come with every mode. Networks on which a method
    failed altogether have a row without a value.

    Args:
        table: the comparison table.
        score: a score, or one without its unit: then each task's own unit, string before step;
            `MEASURE` is that of the main table, balanced agreement or explained divergence.
        mode: `open` or `closed`.
        selection: `chosen` or `fixed`, of the number of states.
    """
    rows = table[table["selection"] == selection]
    named = [_of_task(task, score) for _, task in rows.groupby("task", sort=False)]
    found = pd.concat(named) if named else rows.assign(unit="")
    reference = found["method"].isin([*FLOORS, *CEILINGS])
    found = found[reference | (found["mode"] == mode) | (found["score"] == FIT)]
    return found.reset_index(drop=True)


def _of_task(task: pd.DataFrame, score: str) -> pd.DataFrame:
    known = set(task["score"])
    if score == MEASURE:
        score = measure_of(known).removesuffix("_string").removesuffix("_step")
    unit = (
        score
        if score in OF_NO_DECISION
        else next((unit for unit in UNITS if f"{score}_{unit}" in known), "")
    )
    name = f"{score}_{unit}" if unit in UNITS else score
    # A method that could not be fitted has one row, with the score "fit".
    rows = task[(task["score"] == name) | (task["score"] == FIT)]
    return rows.assign(unit=unit)


def split_roles(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the rows of the compared methods, of the floors and of the ceilings."""
    floor, ceiling = rows["method"].isin(FLOORS), rows["method"].isin(CEILINGS)
    return rows[~floor & ~ceiling], rows[floor], rows[ceiling]


def best_floor(floors: pd.DataFrame, *, score: str) -> pd.Series:
    """Return the value of the better floor for each (task, model)."""
    values = floors.dropna(subset=["value"]).groupby(NETWORK_KEYS, sort=False)["value"]
    return values.min() if lower_is_better(score) else values.max()


def lower_is_better(score: str) -> bool:
    """Return whether less of this score is better."""
    return score.startswith(LOWER_IS_BETTER)


def ordered(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the distinct `names`, those in `known` first and in its order, the others as met."""
    distinct = list(dict.fromkeys(names))
    first = [name for name in known if name in distinct]
    return [*first, *[name for name in distinct if name not in first]]


def carry_belief(rows: pd.DataFrame) -> pd.Series:
    """Return which rows (M,) are of machines that carry a belief: no automata of K states."""
    return rows["carries"] == BELIEF


def methods_in(rows: pd.DataFrame) -> list[str]:
    """Return the methods of a table in their usual order."""
    return ordered(rows["method"], METHOD_COLOURS)


def models_in(rows: pd.DataFrame) -> list[str]:
    """Return the networks of a table, simplest cell first."""
    return ordered(rows["model"], MODEL_MARKERS)


def tasks_in(rows: pd.DataFrame) -> list[str]:
    """Return the tasks of a table in the order met."""
    return list(dict.fromkeys(rows["task"]))


def score_name(score: str) -> str:
    """Return the name of a score as prose, its unit apart."""
    for unit in UNITS:
        stem = score.removesuffix(f"_{unit}")
        if stem != score:
            return f"{SCORE_NAMES.get(stem, stem)}, per {unit}"
    return SCORE_NAMES.get(score, score.replace("_", " "))


def rests_on(rows: pd.DataFrame, *, level: float) -> str:
    """Return the part of the foot line that says how much data the values rest on.

    The seeds of a network read the same sequences.
    """
    worked = rows[rows["value"].notna()]
    if worked.empty:
        return "no value"
    seeds, sequences = worked["n_seeds"].astype(int), worked["n_sequences"].astype(int)
    return (
        f"{_range(sequences)} held-out sequences, "
        f"{_range(seeds)} {'seed' if seeds.max() == 1 else 'seeds'}; "
        f"bars: {100 * level:g} % intervals over sequences and seeds"
    )


def _range(values: pd.Series) -> str:
    low, high = int(values.min()), int(values.max())
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
