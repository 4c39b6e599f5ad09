"""The tables of networks whose dynamics are published: where they rest, and what machines see."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import NUMBER, TEXT, Column, count, empty_where, share
from markovlens.tables.common import GATE, METHOD, MODEL, SEED, SIZE, TASK, ends
from markovlens.tables.scores import RUN
from markovlens.tables.table import Table

_MEASURES = {
    "accuracy": "share of test steps at which the network is right",
    "points": "fixed points with so many directions in which they repel (3 for three or more)",
    "memories": "different memories that the stable fixed points answer with",
    "edges": "pairs of memories one bit apart that have a saddle with one way out between them",
    "searches_ended": "share of the searches that ended still, of slow points slow enough",
    "slowest_modulus": "|eigenvalue| of the slowest mode: the largest of all stable fixed points, "
    "the median of slow points",
    "second_modulus": "median |eigenvalue| of the next mode of slow points",
    "distance": "mean distance of stable points by the bits in which their memories differ, over "
    "the spread of states",
    "ari": "adjusted Rand index of a method's states with what `where` says",
    "ari_floor": "the same with the labels of other sequences at the same step",
    "slow_points": "different slow points",
    "line_share": "share of the variance of slow points along their first component",
    "line_order": "|rank correlation| of places along it with the answer",
    "along_counts": "mean |cosine| of the selection vector with what the evidence that counts does",
    "along_other": "the same of the other evidence",
    "moved_counts": "how far a unit of the evidence that counts moves the state, over the spread",
    "moved_other": "the same of the other evidence",
    "kept_counts": "by how much a pulse of 1 of the evidence that counts moves the log odds of the "
    "answer 30 steps later",
    "kept_other": "the same of the other evidence",
    "evidence_known": "share of the variance of the summed evidence between states",
}
_NUMBERS = (
    Column(
        "measure",
        TEXT,
        "; ".join(f"`{name}`: {words}" for name, words in _MEASURES.items()),
        values=tuple(_MEASURES),
    ),
    *empty_where(
        "of the whole",
        Column("where", TEXT, "sort of points, context, or what states are held against"),
    ),
    *empty_where(
        "of what is no method's",
        replace(METHOD, meaning="method by which states were found; `attractors`: the fixed point "
        "that each state comes to; `network`: its own answers"),
        Column(
            "selection",
            TEXT,
            "whether the number of states is the method's own choice (`chosen`), or that of the "
            "memories (`eight`), or all on offer",
            values=("chosen", "eight", "offered"),
        ),
        replace(SIZE, meaning="states that occur"),
    ),
    Column("value", NUMBER, "the number"),
    *ends("its interval over test sequences; empty where sequences have no part in it"),
    count("n", "sequences, searches or points behind it"),
)  # fmt: skip
NUMBERS_RUN = Table(
    (f"{RUN}/attractors/numbers.parquet",), "a measure of where one network rests", _NUMBERS
)
POINTS_RUN = Table(
    (f"{RUN}/attractors/points.parquet",),
    "a point at which one network rests, or nearly",
    (
        Column("context", TEXT, "the evidence that counts, or `silence` of a flip-flop"),
        count("point", "its number"),
        Column("kind", TEXT, "what it is", values=("stable", "saddle", "slow")),
        count("unstable", "directions in which it repels"),
        Column("slowest", NUMBER, "largest |eigenvalue| of the Jacobian", least=0),
        Column("speed", NUMBER, "by how much a step moves it, over the spread of states", least=0),
        Column("answer", TEXT, "what the network says there"),
        *empty_where(
            "of slow points", share("share", "share of test steps that come to it")
        ),
        *empty_where(
            "of slow points, and where no step comes to it",
            count("state", "state of the chosen HMM in which most of these are"),
            share("overlap", "share of these that are in it"),
        ),
    ),
)  # fmt: skip
ATTRACTORS = Table(
    ("tables/attractors.csv",),
    "a measure of where one network rests",
    (TASK, MODEL, SEED, GATE, *_NUMBERS),
)
