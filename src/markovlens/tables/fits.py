"""The tables of tasks, of fits and what they decode, and of words of edges."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from markovlens.tables.column import FLAG, NUMBER, TEXT, WHOLE, Column, count, empty_where, share
from markovlens.tables.common import (
    LAYER,
    METHOD,
    MODEL,
    REASON,
    SEED,
    SIZE,
    STATUS,
    TASK,
    ends,
    size_range,
)
from markovlens.tables.scores import CHOSEN, N_LUMPED, RUN
from markovlens.tables.table import Table

SIZE_INTERVAL = size_range(
    "of the sizes that BIC chooses on training sequences drawn anew (500 bootstraps, the fits as "
    "they are; 95 % of the choices, and the size that was chosen); empty of what was not chosen, "
    "and where it was not BIC that chose"
)
_FIT = (
    *empty_where(
        "for methods that have none",
        Column("covariance", TEXT, "shape of the Gaussians"),
        Column(
            "transitions",
            TEXT,
            "one transition matrix (`shared`) or one a symbol (`input`)",
            values=("shared", "input"),
        ),
    ),
    replace(
        SIZE,
        meaning="states of the machine; of a `failed` or `duplicate` fit the budget that was asked "
        "for",
    ),
    *empty_where(
        "for methods without random starts",
        Column(
            "start",
            TEXT,
            "of an HMM: `random`; `grown` from the best smaller fit, `pruned` from the "
            "best larger one",
        ),
        Column("restart", WHOLE, "number of the random start; empty for `grown` and `pruned`"),
    ),
    *empty_where(
        "for methods without a likelihood and fits that failed",
        Column("log_likelihood", NUMBER, "of the training data", unit="nats"),
        Column(
            "n_parameters",
            NUMBER,
            "free parameters of the model; effective ones, which need not be whole, where a prior "
            "holds some (`hmm_soft`, `hmm_driven`)",
        ),
        Column("bic", NUMBER, "Bayesian information criterion, lower is better"),
        Column("aic", NUMBER, "Akaike's, lower is better"),
        Column(
            "icl",
            NUMBER,
            "integrated completed likelihood, lower is better; empty for fits that were "
            "dropped, too",
        ),
        Column(
            "bic_ess",
            NUMBER,
            "BIC with the number of steps that differ as the effective number of steps, "
            "lower is better",
        ),
        Column(
            "slope",
            NUMBER,
            "slope heuristic, with the penalty that the largest models imply, lower is better; "
            "empty of fewer than five sizes, too",
        ),
        Column(
            "eml",
            NUMBER,
            "expected marginal likelihood: the mean of -BIC / 2 over the fits of this size, "
            "higher is better; empty for fits that were dropped, too",
            unit="nats",
        ),
        Column(
            "eml_error",
            NUMBER,
            "its standard error; empty of a single fit, too",
            unit="nats",
            least=0,
        ),
        Column("heldout", NUMBER, "log-likelihood of validation data", unit="nats a step"),
        Column(
            "heldout_error",
            NUMBER,
            "its standard error, over sequences",
            unit="nats a step",
            least=0,
        ),
        count("iterations", "passes over the data, or, of large ones, over a part"),
    ),
    Column(
        "stability_restarts",
        NUMBER,
        "of an HMM: mean adjusted Rand index of its states at the training steps with those of "
        "the other fits of its size and covariance that ran to their end; empty if there is none",
        least=-1,
        most=1,
        nullable=True,
    ),
    STATUS,
    REASON,
    replace(CHOSEN, meaning="whether its size is the one its method chose"),
    replace(
        N_LUMPED,
        meaning="states left of the chosen machine when those with the same future are one; empty "
        "of others, and of methods whose machines are not lumped",
    ),
    *SIZE_INTERVAL,
)
SWEEP_RUN = Table((f"{RUN}/abstractions/<method>/sweep.parquet",), "a fit that was tried", _FIT)
SWEEP = Table(
    ("tables/sweep.csv",),
    "a fit that was tried, of all networks",
    (TASK, MODEL, SEED, LAYER, METHOD, *_FIT),
)
_SEQUENCE = Column("sequence", pa.int32(), "which sequence, from 0", least=0)
_STEP = Column("step", pa.int32(), "step in the sequence, from 0", least=0)
DECODED = Table(
    (f"{RUN}/abstractions/<method>/decoded.parquet",),
    "a step of a sequence",
    (
        Column("split", TEXT, "part of the data", values=("train", "valid", "test")),
        _SEQUENCE,
        _STEP,
        Column(
            "k<n>",
            pa.int16(),
            "state that the machine of n states is in, read off the activations; a column "
            "for each size whose states can be read",
            least=0,
            optional=True,
        ),
    ),
)
STREAMED = Table(
    ("<name>.parquet",),
    "a step of a sequence: what `decode_file` and `run_file` write where you say",
    (
        _SEQUENCE,
        _STEP,
        Column("state", pa.int32(), "most likely state of the HMM or machine", least=0),
    ),
)
CODEBOOKS = Table(
    ("tables/codebooks.csv",),
    "a network that reads rows and a codebook that was tried on it",
    (
        TASK,
        MODEL,
        LAYER,
        SEED,
        Column("kind", TEXT, "kind of codebook", values=("tree", "oblique", "quantile", "kmeans")),
        Column("context", TEXT, "what of the past a row is read with: `row`, `change`, `window_3`"),
        count("n_codes", "codes that it has", least=1),
        count("n_terms", "features that its rules name, each cut once; of centres all numbers"),
        replace(SIZE, meaning="states of the quick machine that came closest to the network"),
        Column(
            "closeness",
            NUMBER,
            "of that machine to the network, mean over validation sequences, 1 at best: agreement; "
            "of networks that predict, the probability that both outputs share; of values 1 less "
            "the squared error by variance",
        ),
        Column("error", NUMBER, "standard error of that mean", least=0),
        Column("asked", FLAG, "whether the network was asked where its cuts belong"),
        Column(
            "chosen",
            FLAG,
            "whether rows are read by it: of those within one standard error of the closest, the "
            "one whose rules name the fewest features",
        ),
        *empty_where(
            "of what was not chosen",
            Column("rules", TEXT, "the rule of each code in words, in the order of codes"),
        ),
        *empty_where(
            "of what was not chosen, and where the network does not decide or cannot be asked",
            Column("shares", TEXT, "share of the test rows that each code has, in their order"),
            share("code_consistency", "answers that stay when a row gives way to one of its code"),
            *ends("the interval over test sequences that were not drawn", "consistency_"),
        ),
    ),
)
SPLIT = Table(
    ("tasks/<task>/<split>.parquet",),
    "a step of a sequence; of a movement see below",
    (
        _SEQUENCE,
        _STEP,
        Column(
            "input",
            pa.int32(),
            "symbol that is read, by number; where a task has channels instead, the row that is "
            "read: a list of float32 or float64, one for each channel (they are in `task.json` "
            "and in the file's header), NaN where a value is missing",
            least=0,
        ),
        Column(
            "target",
            pa.int32(),
            "class that is right there, by number; -1: none is asked for; where a task asks for "
            "labels, values or a risk instead, a list: 1 or 0 for each label (-1: unknown), or "
            "numbers, NaN where unknown, of a risk time and event",
            least=-1,
        ),
        Column(
            "truth",
            pa.int32(),
            "state of the true machine or source, where the task knows it",
            least=0,
            nullable=True,
        ),
    ),
)
WORDS = Table(
    ("figures/<task>/<model>/machine.csv",),
    "a word of an edge of the machine of the verdict",
    (
        Column("source", WHOLE, "state before; -1: the start", least=-1),
        count("target", "state after"),
        count("rank", "place among the edge's words", least=1),
        Column("word", TEXT, "the word"),
        Column("count", NUMBER, "expected times that it takes the edge", least=0),
        Column(
            "reads",
            NUMBER,
            "times that it is read at all: after the first symbol, or as the first for "
            "edges from the start",
            least=0,
        ),
        share("probability", "of the target, given source and word"),
        Column(
            "lift",
            NUMBER,
            "P(edge given word) over P(edge), shrunk towards 1 for rare words",
            least=0,
        ),
    ),
)
