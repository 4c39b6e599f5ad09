"""The tables of scores and of differences between methods."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import (
    FLAG,
    NUMBER,
    SINGLES,
    TEXT,
    Column,
    count,
    share,
)
from markovlens.tables.common import (
    CARRIES,
    GATE,
    LAYER,
    METHOD,
    MODEL,
    N_MISSING,
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
from markovlens.tables.table import Table

RUN = "runs/<task>/<model>/seed-<n>"
MODE = Column(
    "mode",
    TEXT,
    "`closed`: the machine ran on the inputs alone; `open`: its state was read off the "
    "network's activations up to that step; `lumped`: the chosen machine with its states lumped "
    "to `n_lumped` ran on the inputs alone (in open loop it has nothing new to say: a state that "
    "is read off answers for itself, and the mean of its block is only coarser); `swap`: the "
    "network was put into another state, or moved along a difference of states; `-`: the score has "
    "no such choice",
    values=("closed", "open", "lumped", "swap", "-"),
)
RARE = Column(
    "rare_classes",
    TEXT,
    "for scores that are balanced over classes: those that fewer than five test sequences "
    "have, `; ` between them; of these little is known, and coverage is not promised",
    nullable=True,
)
HARD_SIZE = count(
    "n_states_hard",
    "states of the smallest automaton that decides as the machine's most likely moves do, "
    "whether or not these do what the machine does; of `chosen` rows the median over seeds",
    nullable=True,
)
N_LUMPED = count(
    "n_lumped",
    "of `hmm`, `hmm_input`, `gmm`, `kmeans` and `grid`: states left of the chosen machine when "
    "those with the same future are one. How finely is chosen on validation sequences: the "
    "smallest machine within one standard error of the closest. Its scores are the rows of `mode` "
    "= `lumped`; `n_states` is still the size that was chosen",
    nullable=True,
)
CHOSEN = Column("chosen", FLAG, "whether the machine has the size that its method chose")
SCALE = Column(
    "scale",
    TEXT,
    "what the score can be at all, for merging over seeds",
    values=("share", "correlation", "positive", "at most 1", "free"),
)
REPLICATES = Column(
    "replicates",
    SINGLES,
    "the score on each resample of the test sequences; no number where there is no score",
)
SPREAD = Column(
    "spread",
    NUMBER,
    "standard error over sequences on the interval's scale, for merging over seeds",
    nullable=True,
)
FREEDOM = Column("freedom", NUMBER, "degrees of freedom of `spread`", nullable=True)
MERGING = (REPLICATES, SCALE, SPREAD, FREEDOM)
SEQUENCES_INTERVAL = ends("the interval over test sequences that were not drawn")

_SCORED = (
    METHOD,
    replace(SIZE, meaning="states of the machine; 0 for `network`, which is none"),
    CHOSEN,
    MODE,
    SCORE,
    STATUS,
    REASON,
    N_SEQUENCES,
    RARE,
    VALUE,
    *SEQUENCES_INTERVAL,
)
_NATURE = (CARRIES, HARD_SIZE, N_LUMPED)
_OF = (TASK, MODEL, LAYER, SEED, GATE)
SCORES = Table(
    (f"{RUN}/faithfulness/scores.parquet",),
    "a score of a machine of one network",
    (*_SCORED, *MERGING, *_NATURE, *_OF),
)
PROBES = Table(
    (f"{RUN}/faithfulness/probes.parquet",),
    "a score that only asking the network gives",
    (*_SCORED, *MERGING, *_OF),
)
ALL_SCORES = Table(
    ("tables/scores.parquet",),
    "a score and seed, of all networks: what `comparison.csv` is made of",
    (*_SCORED, *_NATURE, *_OF),
)
COMPARISON = Table(
    ("tables/comparison.csv",),
    "a task, model, method, selection, size and score, seeds merged",
    (
        TASK,
        MODEL,
        LAYER,
        METHOD,
        replace(
            SIZE,
            nullable=True,
            meaning="states of the machine; the start state, before the first symbol, is not "
            "counted, a dead state is, in machines and in `truth` alike; 0 for `network`. With "
            "`selection` = `chosen` it is the median over seeds",
        ),
        *size_range("of these over seeds"),
        Column(
            "selection",
            TEXT,
            "`chosen`: each seed has the size that training and validation data chose for "
            "it; `fixed`: all seeds have this size. A machine can stand in both, so filter by this "
            "column first; then no method stands twice on a network. Scores that only the chosen "
            "machine has (interventions, counterexamples, trust) are under `chosen` alone",
            values=("chosen", "fixed"),
        ),
        MODE,
        SCORE,
        replace(
            VALUE,
            meaning="mean over test sequences and seeds. A method that no seed could fit has the "
            "one score `fit`, without a value; under `chosen` it has no size, under `fixed` the "
            "sizes that were tried",
        ),
        *ends(
            "the interval for sequences and seeds that were not run, at `faithfulness.level`: "
            "Wilson's for shares, from the sequences' own variance and Student's t over seeds. "
            "It holds its value and does not leave the score's range; a score of 1 on n sequences "
            "reaches down to about 1 - 3.8 / n. Of `exact_language`, sizes and tests only seeds "
            "widen it"
        ),
        Column(
            "error",
            NUMBER,
            "standard error of the value, over sequences and seeds",
            nullable=True,
            least=0,
        ),
        replace(
            N_SEQUENCES,
            meaning="test sequences that it rests on, the same for all networks of a task",
        ),
        replace(
            N_SEEDS,
            meaning="seeds that it rests on. A pretrained network is the same in all seeds; only "
            "what is fitted to it differs",
        ),
        replace(
            N_MISSING,
            meaning="seeds in which the method was tried and that have no number here: it failed, "
            "made no machine of this size, or the score means nothing for its machine",
        ),
        RARE,
        replace(
            CARRIES,
            meaning=f"{CARRIES.meaning}. With a belief it is no automaton of `n_states` states: "
            "three states can stand in for five. With several seeds: `belief` if one has one",
        ),
        HARD_SIZE,
        replace(N_LUMPED, meaning=f"{N_LUMPED.meaning}. The median over seeds"),
        GATE,
        STATUS,
        REASON,
    ),
)
DIFFERENCES = Table(
    ("tables/differences.csv",),
    "two methods on one network and score",
    (
        TASK,
        MODEL,
        replace(
            SCORE,
            meaning="balanced closed-loop fidelity, explained divergence, divergence, or "
            "interchange interventions; each machine at the size it chose",
        ),
        Column(
            "against",
            TEXT,
            "`floor` where one of the two is n-gram or majority: to beat a floor is no "
            "difference between methods. Floors are not compared with each other",
            values=("method", "floor"),
        ),
        Column("method_a", TEXT, "the one method"),
        Column("method_b", TEXT, "the other"),
        Column("difference", NUMBER, "value of a less that of b, mean over seeds that have both"),
        *ends(
            "Student's interval over seeds (of a run of one seed, over sequences; empty where "
            "only one of several seeds has both)"
        ),
        share("p", "two-sided, of this row alone; 1 where only one of several seeds has both"),
        share("p_holm", "by Holm's correction over all rows of the same `score` and `against`"),
        Column(
            "effect",
            NUMBER,
            "the difference in units of its standard deviation over sequences (Cohen's d "
            "of the pairs). Empty beyond 10: there sequences hardly differ in it, and the ratio "
            "would tell of rounding. Not comparable with a d over seeds",
            nullable=True,
        ),
        N_SEEDS,
        N_SEQUENCES,
        Column(
            "verdict",
            TEXT,
            "`<method> better` if `p_holm` is below 1 - `faithfulness.level` and every "
            "seed has the same sign, else `no difference shown`",
        ),
    ),
)
