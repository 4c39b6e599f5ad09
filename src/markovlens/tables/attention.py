"""The tables of explanations: what attention, machines and others are worth."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import TEXT, Column, share
from markovlens.tables.common import (
    GATE,
    METHOD,
    MODEL,
    N_SEEDS,
    N_SEQUENCES,
    SEED,
    SIZE,
    TASK,
    VALUE,
    ends,
    size_range,
)
from markovlens.tables.scores import MERGING, RUN
from markovlens.tables.table import Table

_NETWORK = Column(
    "network",
    TEXT,
    "whose answers are explained: the network of the run (`plain`), or one of the same kind with "
    "additive attention (`attention`)",
    values=("plain", "attention"),
)
_EXPLANATION = Column(
    "explanation",
    TEXT,
    "what gives each step a number: weights of the attention; how much less likely the last answer "
    "of the network's machine is without the step (`machine`), or how far the step moved the "
    "machine's answer (`machine_steps`); the same need asked of the network itself (`occlusion`); "
    "integrated gradients; `random` numbers; the `truth` where evidence is planted",
    values=(
        "attention",
        "machine",
        "machine_steps",
        "occlusion",
        "integrated_gradients",
        "random",
        "truth",
    ),
)
_MEASURE = Column(
    "measure",
    TEXT,
    "`auroc`: area under the ROC curve of the numbers for planted evidence, within a sequence; "
    "`deletion`, `insertion`: area under the probability of the answer while steps go, or come "
    "back, the highest number first; `gap`: insertion less deletion; `changes`: share of answers "
    "that some symbol changes at the step of the highest number, of those that one "
    "can change anywhere; `confirmed`: the same with the step and symbol that the machine names",
    values=("auroc", "deletion", "insertion", "gap", "changes", "confirmed"),
)
_MACHINE = (
    replace(METHOD, meaning="method by which the network's machine was made"),
    replace(SIZE, meaning="states of that machine"),
)
_AGREEMENT = share(
    "agreement",
    "how often that machine says what the network says at the end of test sequences, balanced over "
    "its answers",
)
ATTENTION_RUN = Table(
    (f"{RUN}/attention/scores.parquet",),
    "a network, explanation and measure",
    (
        TASK, MODEL, SEED, GATE, _NETWORK, _EXPLANATION, _MEASURE, VALUE,
        *ends("its interval over sequences"), N_SEQUENCES, *_MACHINE, _AGREEMENT, *MERGING,
    ),
)  # fmt: skip
ATTENTION = Table(
    ("tables/attention.csv",),
    "a network, explanation and measure, seeds merged",
    (
        TASK, MODEL, GATE, _NETWORK, _EXPLANATION, _MEASURE, VALUE,
        *ends("the interval for sequences and seeds that were not run"), N_SEQUENCES, N_SEEDS,
        Column("methods", TEXT, "methods by which the seeds' machines were made"),
        *size_range("machine of a seed"),
        replace(_AGREEMENT, meaning=f"{_AGREEMENT.meaning}; mean over seeds"),
    ),
)  # fmt: skip
_CURVE = (
    _NETWORK,
    _EXPLANATION,
    Column("curve", TEXT, "steps go (`deletion`) or come back", values=("deletion", "insertion")),
    share("share", "of the steps of a sequence that went or came back, highest number first"),
    share("value", "probability of the answer that the whole sequence has, mean over sequences"),
)
ATTENTION_CURVES_RUN = Table(
    (f"{RUN}/attention/curves.parquet",),
    "a network, explanation and point of a curve",
    (TASK, MODEL, SEED, GATE, *_CURVE),
)
ATTENTION_CURVES = Table(
    ("tables/attention_curves.csv",),
    "a network, explanation and point of a curve, seeds merged",
    (
        TASK, MODEL, *_CURVE, share("least", "the lowest of a seed"),
        share("most", "the highest of a seed"), N_SEEDS,
    ),
)  # fmt: skip
