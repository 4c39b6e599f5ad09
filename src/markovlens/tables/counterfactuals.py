"""The tables of whether networks confirm what machines say would have led elsewhere."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import NUMBER, Column
from markovlens.tables.common import (
    GATE,
    LAYER,
    METHOD,
    MODEL,
    N_MISSING,
    N_SEEDS,
    N_SEQUENCES,
    REASON,
    SCORE,
    SIZE,
    STATUS,
    TASK,
    VALUE,
    ends,
    size_range,
)
from markovlens.tables.scores import PROBES, RUN
from markovlens.tables.table import Table

_METHOD = replace(
    METHOD,
    meaning="method by which the states were found, its chosen machine; `verdict`: the machine of "
    "the verdict, as small as it is counted there",
)
_SCORE = replace(
    SCORE,
    values=(
        "counterfactual_confirmed",
        "counterfactual_random",
        "counterfactual_gain",
        "counterfactual_edits",
    ),
    meaning="of test sequences to which network and machine answer the same at the end, with the "
    "fewest edits after which the machine answers otherwise. `counterfactual_confirmed`: share to "
    "which the network then answers as the machine does; `counterfactual_random`: share to which "
    "it gives that answer after as many edits at random, which always make another sequence, the "
    "control; `counterfactual_gain`: the one less the other, sequence by sequence; "
    "`counterfactual_edits`: how many edits it takes. "
    "Symbols are substituted, inserted and deleted, rows give way to the nearest training row of "
    "another code",
)
COUNTERFACTUALS = Table(
    ("tables/counterfactuals.csv",),
    "a network (task, model), method and score, seeds merged",
    (
        TASK,
        MODEL,
        LAYER,
        _METHOD,
        replace(SIZE, nullable=True, meaning=f"{SIZE.meaning}, the median over seeds"),
        *size_range("of these over seeds"),
        _SCORE,
        replace(VALUE, meaning="mean over sequences and seeds"),
        *ends("the interval for sequences and seeds that were not run"),
        Column("error", NUMBER, "standard error of the value", nullable=True, least=0),
        replace(
            N_SEQUENCES,
            meaning="test sequences that could be changed so, of `faithfulness.interventions` that "
            "were drawn; of several seeds the most",
        ),
        N_SEEDS,
        N_MISSING,
        GATE,
        STATUS,
        REASON,
    ),
)
COUNTERFACTUALS_RUN = Table(
    (f"{RUN}/faithfulness/counterfactuals.parquet",),
    "a score of `tables/counterfactuals.csv` of one network and seed",
    tuple(
        {"method": _METHOD, "score": _SCORE}.get(column.name, column) for column in PROBES.columns
    ),
)
