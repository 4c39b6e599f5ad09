"""The tables of layers: where a state is readable, and where it is used."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import FLAG, NUMBER, TEXT, Column, count, share
from markovlens.tables.common import (
    GATE,
    MODEL,
    N_SEEDS,
    N_SEQUENCES,
    REASON,
    SEED,
    TASK,
    VALUE,
    ends,
)
from markovlens.tables.scores import MERGING, RUN
from markovlens.tables.table import Table

_CELL = Column("cell", TEXT, "kind of its recurrent layers")
_N_LAYERS = count("n_layers", "its recurrent layers")
_DEPTH = count("depth", "number of the layer, 1 the one that reads the input")
_LAYER = Column("layer", TEXT, "name of the layer")
_SCORE = Column(
    "score",
    TEXT,
    "`probe`: share of steps, averaged over true states, whose true state a linear probe reads off "
    "the layer; `probe_control`: the same of labels drawn at random for every different beginning "
    "of a sequence; `probe_untrained`: of true states, off a fresh network of the same "
    "architecture, as PyTorch begins it; `iia`: share of steps after a swap at which the network "
    "answers as the true machine does from the "
    "donor's state, this layer alone being the donor's; `iia_up_to`, `iia_from`: all layers up to "
    "it, it and all above it; `iia_random`: it is moved at random, as far; `iia_same_state`: the "
    "donor is in the base's own state, and the answer stays; `iia_probe`, `iia_probe_random`: only "
    "the directions that its probe looks at are the donor's, or as many random ones",
    values=(
        "probe", "probe_control", "probe_untrained", "iia", "iia_random", "iia_same_state",
        "iia_probe", "iia_probe_random", "iia_up_to", "iia_from",
    ),
)  # fmt: skip
_DIRECTIONS = Column(
    "n_directions", NUMBER, "directions of the layer that its probe looks at", least=0
)
_UNITS = count("n_units", "numbers that are recorded of the layer's state")
_ACCURACY = share(
    "accuracy",
    "of the network itself, over all steps of validation sequences; below .95 it does "
    "not count for the claims",
)
LAYERS_RUN = Table(
    (f"{RUN}/layers/layers.parquet",),
    "a layer of one network and score",
    (
        TASK, MODEL, SEED, GATE, _CELL, _N_LAYERS, _DEPTH, _LAYER, _SCORE, VALUE,
        *ends("its interval over test sequences"), N_SEQUENCES, _DIRECTIONS, _UNITS, _ACCURACY,
        REASON, *MERGING,
    ),
)  # fmt: skip
LAYERS = Table(
    ("tables/layers.csv",),
    "a layer and score, seeds merged: those that count, and those that do not by themselves",
    (
        TASK, MODEL, GATE,
        Column("counted", FLAG, "whether these networks count for claims and figure"),
        _CELL, _N_LAYERS, _DEPTH, _LAYER, _SCORE,
        replace(VALUE, meaning="mean over seeds"),
        *ends("the interval for sequences and seeds that were not run"), N_SEQUENCES, N_SEEDS,
        _DIRECTIONS, _UNITS, _ACCURACY, REASON,
    ),
)  # fmt: skip
