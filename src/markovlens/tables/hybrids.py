"""The tables of hybrids: LSTMs, hidden Markov models, both in one, and machines read off later."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import FLAG, TEXT, Column, count
from markovlens.tables.common import N_SEEDS, N_SEQUENCES, SEED, SIZE, TASK, VALUE, ends, size_range
from markovlens.tables.scores import MERGING
from markovlens.tables.table import Table

_VARIANT = Column(
    "variant",
    TEXT,
    "`lstm`: an LSTM; `hybrid_first`: a hidden Markov model (HMM) by EM, then a small LSTM with "
    "the HMM's state probabilities in its output layer; `hybrid_joint`: both trained together; "
    "`hmm`: an HMM alone; `bayes`: the exact filter of the source",
    values=("lstm", "hybrid_first", "hybrid_joint", "hmm", "bayes"),
)
_PART = Column(
    "part",
    TEXT,
    "of it: the `whole`; of a hybrid what its HMM says in the output layer, the LSTM held at its "
    "mean (`hmm`), or in one fitted anew to the whole (`hmm_anew`); of the LSTM the `machine` read "
    "off afterwards, on inputs alone, and the `constant` mean answer",
    values=("whole", "hmm", "hmm_anew", "machine", "constant"),
)
_MEASURE = Column(
    "measure",
    TEXT,
    "`loss`: nats an answer, against what is right; `accuracy`; of parts `balanced_agreement` with "
    "the whole's decisions and `explained_divergence` of its probabilities",
    values=("loss", "accuracy", "balanced_agreement", "explained_divergence"),
)
_FORETELLS = Column("foretells", FLAG, "whether the next symbol is asked for, and not a decision")
_PARAMETERS = count(
    "n_parameters",
    "free numbers of the model: all weights, of a row of n probabilities n - 1; empty of `bayes`",
    nullable=True,
)
HYBRIDS_RUN = Table(
    ("hybrids/<task>/models.parquet",),
    "a model, part, measure and seed",
    (
        TASK, _FORETELLS, replace(SEED, meaning="seed of the training"), _VARIANT, _PART, _MEASURE,
        VALUE, *ends("its interval over sequences"), N_SEQUENCES, _PARAMETERS,
        replace(SIZE, nullable=True, meaning="hidden states or states of the machine, where there "
                "are any"),
        *MERGING,
    ),
)  # fmt: skip
HYBRIDS = Table(
    ("tables/hybrids.csv",),
    "a model, part and measure, seeds merged",
    (
        TASK, _FORETELLS, _VARIANT, _PART, _MEASURE, VALUE,
        *ends("the interval for sequences and seeds that were not run"), N_SEQUENCES, N_SEEDS,
        _PARAMETERS,
        *(replace(column, nullable=True) for column in size_range("number of states of a seed")),
    ),
)  # fmt: skip
