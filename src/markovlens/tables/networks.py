"""The tables of whole networks: their accuracy, the states they need, what noise does."""

from __future__ import annotations

from dataclasses import replace

from markovlens.outputs import CONCORDANCE, LABEL, VARIANCE
from markovlens.tables.column import (
    NUMBER,
    TEXT,
    WHOLE,
    Column,
    count,
    share,
)
from markovlens.tables.common import (
    GATE,
    METHOD,
    MODEL,
    N_SEEDS,
    N_SEQUENCES,
    REASON,
    SCORE,
    SEED,
    SIZE,
    STATUS,
    TASK,
    VALUE,
    ends,
    size_range,
)
from markovlens.tables.scores import MERGING, RUN
from markovlens.tables.table import Table

CLUSTERS = Table(
    ("tables/clusters.csv",),
    "a network, seed, method and target",
    (
        TASK,
        MODEL,
        SEED,
        Column("cell", TEXT, "kind of recurrent cell; empty if not ours", nullable=True),
        GATE,
        METHOD,
        Column(
            "target",
            TEXT,
            "`fixed` asks for an accuracy of 0.7, `network` for the network's own less 0.005",
            values=("fixed", "network"),
        ),
        Column("accuracy_asked", NUMBER, "what is asked", unit="share"),
        count(
            "needed",
            "fewest states whose machine is as accurate on test sequences; empty if none is",
            least=1,
            nullable=True,
        ),
        count("largest", "the largest size that was tried"),
        share("best", "the best accuracy; empty if every fit failed", nullable=True),
    ),
)
_NOISE = Column(
    "noise",
    NUMBER,
    "Gaussian noise on the activations",
    unit="standard deviations of each unit",
    least=0,
)
_TRAIN = count("n_train", "training sequences", least=1)
ROBUSTNESS = Table(
    ("tables/robustness.csv",),
    "a network, noise, number of sequences and method, seeds merged",
    (
        TASK,
        MODEL,
        _NOISE,
        _TRAIN,
        METHOD,
        SCORE,
        *size_range("size that a seed chose; empty if none has a machine"),
        N_SEQUENCES,
        replace(N_SEEDS, meaning="seeds that have a machine"),
        GATE,
        STATUS,
        REASON,
        replace(VALUE, meaning="mean over the seeds that have a machine: what the figure draws"),
        Column(
            "median",
            NUMBER,
            "over all seeds, one without a machine counting as 0 (divergence: infinite)",
            nullable=True,
        ),
        Column("worst", NUMBER, "the worst of all seeds, likewise", nullable=True),
        *ends("the interval of `value` for sequences and seeds that were not run"),
    ),
)
ROBUSTNESS_RUN = Table(
    (f"{RUN}/faithfulness/robustness.parquet",),
    "a noise, number of sequences and method",
    (
        TASK,
        MODEL,
        SEED,
        _NOISE,
        _TRAIN,
        METHOD,
        SCORE,
        replace(SIZE, nullable=True, meaning="the size that was chosen; empty if no fit worked"),
        VALUE,
        *ends("the interval over test sequences that were not drawn"),
        *MERGING,
        STATUS,
        REASON,
        N_SEQUENCES,
        GATE,
    ),
)
_MEASURES = {
    VARIANCE: "of networks that give values: share of the variance of what is asked (R², its mean "
    "gets 0)",
    CONCORDANCE: "of networks that give a risk: pairs of steps in the right order (chance gets .5)",
    LABEL: "of networks that give labels: steps with a label rightly on or off, averaged over both "
    "and labels (always the same gets .5 where each is both on and off, else more)",
}
NETWORKS = Table(
    ("tables/networks.csv",),
    "a network and seed",
    (
        TASK,
        MODEL,
        SEED,
        count("n_parameters", "weights of the network; empty where it is in a file", nullable=True),
        *[
            share(
                f"accuracy_{split}",
                f"right answers on the {split} split, over the steps that have a target; empty of "
                "networks that do not decide between classes",
                nullable=True,
            )
            for split in ("test", "train", "valid")
        ],
        *[
            Column(
                f"loss_{split}",
                NUMBER,
                f"on the {split} split, over the same steps: cross-entropy in nats, of labels "
                "nats a label; of values the squared error in the squares of their units; of a "
                "risk minus the log partial likelihood in nats an event",
                nullable=True,
            )
            for split in ("test", "train", "valid")
        ],
        *[
            replace(
                Column(f"{name}_{split}", NUMBER, f"{meaning} on the {split} split", most=1),
                nullable=True,
                optional=True,
            )
            for name, meaning in _MEASURES.items()
            for split in ("test", "train", "valid")
        ],
        Column(
            "gate_threshold",
            NUMBER,
            "what is asked on the valid split: of `accuracy_valid`, or of the measure that a "
            "network has in its place",
            nullable=True,
        ),
        GATE,
        count("attempts", "how often it was trained anew until it passed", least=1),
        *[
            Column(
                f"words_{name}",
                kind,
                f"of a speller: {meaning}; the column is there where one is among the networks",
                unit=unit,
                least=0,
                nullable=True,
                optional=True,
            )
            for name, kind, unit, meaning in (
                ("exact", NUMBER, "share", "whole words right"),
                ("ignoring_stress", NUMBER, "share", "whole words right but for stress"),
                ("n", WHOLE, "", "words that were asked"),
            )
        ],
    ),
)
