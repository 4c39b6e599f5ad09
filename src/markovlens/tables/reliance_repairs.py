"""The tables of repairs, and of what stands which disturbance."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import FLAG, NUMBER, TEXT, Column, count, empty_where, share
from markovlens.tables.common import (
    GATE,
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
    "`trained`: the network of the run; `planted`: one of the same kind, trained on wrong labels, "
    "which after the bits of `reliance.repair.bug` never changes its answer again",
    values=("trained", "planted"),
)
_STATE = Column(
    "state",
    TEXT,
    "the network as it was (`before`), its repaired copy (`after`), or another copy that took as "
    "many steps on random words with their right answers (`control`)",
    values=("before", "after", "control"),
)
_SCORE = Column(
    "score",
    TEXT,
    "`held_out`: share of counterexamples to the network as it was, held out until the end, that "
    "it gets wrong, none of which begins like a word learned up to where it goes wrong; `fresh`: "
    "the same of different words drawn afterwards; `accuracy`: share of the task's test sequences, "
    "without those that any network learned, right at their end",
    values=("held_out", "fresh", "accuracy"),
)
_WORDS = replace(N_SEQUENCES, meaning="words that the number rests on; of several seeds the most")
_LEARNED = (
    count("n_found", "different words found in all hunts that the network then got wrong"),
    count("n_rounds", "hunts"),
    count("n_steps", "gradient steps taken"),
)
_MACHINE = empty_where(
    "where L* found none",
    replace(SIZE, meaning="states of the automaton that L* reads off it"),
    Column("equivalent", FLAG, "whether that automaton is the right one, after every word"),
)
REPAIR_RUN = Table(
    (f"{RUN}/reliance/repair.parquet",),
    "a network, state of its repair and score",
    (
        TASK, MODEL, SEED, GATE, _NETWORK, _STATE, _SCORE, VALUE, *ends("its interval over words"),
        _WORDS, *_MACHINE, *_LEARNED,
        Column(
            "witness",
            TEXT,
            "the shortest word found after which the network was wrong; empty where none was",
            nullable=True,
        ),
        *MERGING,
    ),
)  # fmt: skip
REPAIR = Table(
    ("tables/repair.csv",),
    "a network, state of its repair and score, seeds merged",
    (
        TASK, MODEL, GATE, _NETWORK, _STATE, _SCORE, VALUE,
        *ends("the interval for words and seeds that were not run"),
        _WORDS,
        replace(N_SEEDS, meaning="seeds that have the number: without a counterexample none does"),
        *size_range("automaton that L* reads off a seed; empty if none has one"),
        count("n_equivalent", "seeds whose automaton is the right one, after every word"),
        Column("n_found", NUMBER, "words found that the network got wrong, mean of seeds", least=0),
        Column("n_steps", NUMBER, "gradient steps taken, mean of seeds", least=0),
    ),
)  # fmt: skip
_DISTURBANCE = Column(
    "disturbance",
    TEXT,
    "`length`: words so many times as long as the longest test sequence; `edits`: so many passes "
    "of 1 to 3 edits, right is what is right of the edited word; `noise`: each symbol replaced "
    "with a probability, right is what is right of the word before; `bit_flips`: each bit of the "
    "weights (of the machine: of its tables as they are exported in C) flips with a probability",
    values=("length", "edits", "noise", "bit_flips"),
)
_WHO = Column(
    "who",
    TEXT,
    "the network, the automaton that L* reads off it, or its repaired copy",
    values=("network", "machine", "repaired"),
)
_STAND_SCORE = Column(
    "score",
    TEXT,
    "`accuracy`: words with the right answer at their end, averaged over the right answers; "
    "`kept`: the same among words that the specification, reading the same, gets right",
    values=("accuracy", "kept"),
)
_STAND = (
    _DISTURBANCE,
    Column("size", NUMBER, "how much of it", least=0),
    _WHO,
    _STAND_SCORE,
    VALUE,
)
_AROUND = (
    share("ceiling", "accuracy of the specification, reading the same"),
    share("chance", "accuracy of one answer to all"),
    Column("n_flipped", NUMBER, "bits that flip in a draw, on average", least=0),
    count("n_draws", "draws of flips, which are the units of their intervals; 0 of others"),
)
TRUST_RUN = Table(
    (f"{RUN}/reliance/trust.parquet",),
    "a network, disturbance, size, who is asked and score",
    (
        TASK, MODEL, SEED, GATE, _NETWORK, *_STAND,
        *ends("its interval over words; of bit flips over draws"), _WORDS, *_AROUND, *MERGING,
    ),
)  # fmt: skip
TRUST = Table(
    ("tables/trust.csv",),
    "a network, disturbance, size, who is asked and score, seeds merged",
    (
        TASK, MODEL, GATE, _NETWORK, *_STAND,
        *ends("the interval for words (of bit flips draws) and seeds that were not run"),
        _WORDS, N_SEEDS, *_AROUND,
    ),
)  # fmt: skip
TRUST_VERDICTS = Table(
    ("tables/trust_verdicts.csv",),
    "a network and disturbance",
    (
        TASK, MODEL, _NETWORK, _DISTURBANCE,
        Column(
            "verdict",
            TEXT,
            "who can be trusted how far: up to the largest size such that there, and at all "
            "smaller ones, `low` of `kept` is at least 0.95",
        ),
    ),
)  # fmt: skip
