"""Columns that many tables have."""

from __future__ import annotations

from dataclasses import replace

from markovlens.status import Scope, Status
from markovlens.tables.column import NUMBER, TEXT, Column, count

TASK = Column("task", TEXT, "name of the task")
MODEL = Column("model", TEXT, "name of the network in the config")
LAYER = Column("layer", TEXT, "layer whose activations were recorded")
SEED = count(
    "seed",
    "seed that the network was trained from; one that came with its weights is the same network "
    "for every seed, which is then of the methods alone",
)
GATE = Column(
    "gate",
    TEXT,
    "whether the network learned its task; of several seeds: whether all did",
    values=("passed", "under-trained"),
)
STATUS = Column("status", TEXT, "how the number came about, see above", values=tuple(Status))
REASON = Column(
    "reason",
    TEXT,
    "why, in words, or what of a score was left out and why; empty where all is well",
    nullable=True,
)
SCOPE = Column(
    "scope",
    TEXT,
    "of one seed, or of the network over all its seeds; the latter has no `seed`",
    values=tuple(Scope),
)
METHOD = Column("method", TEXT, "method by which the states were found")
SIZE = count("n_states", "states of the machine")
SCORE = Column("score", TEXT, "name of the score")
CARRIES = Column(
    "carries",
    TEXT,
    "what the machine knows between two symbols: one `state`, or a `belief`, probabilities "
    "of all its states; empty of what is no machine",
    values=("state", "belief"),
    nullable=True,
)
VALUE = Column("value", NUMBER, "mean over test sequences", nullable=True)
OVER_SEEDS = replace(VALUE, meaning="mean over the seeds that have a number")
N_SEEDS = count("n_seeds", "seeds that have a number")
N_MISSING = count("n_missing", "seeds that have none")
N_SEQUENCES = count("n_sequences", "test sequences that the number rests on")
COUNTEREXAMPLE = Column(
    "counterexample",
    TEXT,
    "the shortest string found on which machine and network differ, blanks between symbols",
    nullable=True,
)
COUNTEREXAMPLE_LENGTH = count("counterexample_length", "its symbols", nullable=True)


def ends(meaning: str, name: str = "", *, unit: str = "") -> tuple[Column, Column]:
    """Return the columns of both ends of an interval; `name` is whose they are, with `_`."""
    low, high = (
        Column(f"{name}{end}", NUMBER, f"{words} end of {meaning}", unit=unit, nullable=True)
        for end, words in (("low", "lower"), ("high", "upper"))
    )
    return low, high


def size_range(meaning: str) -> tuple[Column, Column]:
    """Return the columns of the smallest and the largest number of states over seeds."""
    low, high = (
        replace(SIZE, name=f"n_states_{end}", nullable=True, meaning=f"{word} {meaning}")
        for end, word in (("low", "smallest"), ("high", "largest"))
    )
    return low, high
