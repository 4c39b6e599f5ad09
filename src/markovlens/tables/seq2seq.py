"""The tables of all encoder-decoders together."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import NUMBER, TEXT, Column, count
from markovlens.tables.common import (
    GATE,
    METHOD,
    MODEL,
    N_SEEDS,
    OVER_SEEDS,
    SCOPE,
    SCORE,
    SEED,
    TASK,
    ends,
    size_range,
)
from markovlens.tables.seq2seq_runs import (
    CLUSTERED,
    CONTROL,
    CONTROL_HIGH,
    ENERGIES,
    MERGED,
    MODES,
    OF_ALL,
    PART,
    PLACE,
    PROGRESS,
    RANDOM,
    REFERENCE,
    RESAMPLED,
    SWAPPED,
    WINDOWS,
)
from markovlens.tables.table import Table

EMBEDDING = Table(
    ("tables/embedding.csv",), "a network, seed, part and mode", (*PLACE, *ENERGIES, GATE)
)
EMBEDDING_MODES = Table(
    ("tables/embedding_modes.csv",), "a network, seed and part", (*PLACE, *MODES, GATE)
)
SEPARABILITY = Table(
    ("tables/separability.csv",),
    "a network, seed and checkpoint",
    (*PLACE, *PROGRESS, GATE),
)


def _correlated(name: str, meaning: str) -> Column:
    return Column(name, NUMBER, meaning, least=-1, most=1, nullable=True)


SEPARABILITY_CORRELATION = Table(
    ("tables/separability_correlation.csv",),
    "a network, measure and seed, and one of all its seeds",
    (
        TASK,
        MODEL,
        Column(
            "measure",
            TEXT,
            "column of `separability.csv`",
            values=("pointwise", "centroid", "silhouette", "fisher"),
        ),
        SCOPE,
        replace(SEED, nullable=True),
        _correlated(
            "correlation", "Spearman's correlation of it with the test loss over checkpoints"
        ),
        _correlated("beyond_time", "the same given the training step"),
        count("n_checkpoints", "checkpoints"),
        *ends("Student's interval of `correlation` over seeds", "correlation_"),
        *ends("Student's interval of `beyond_time` over seeds", "beyond_time_"),
        replace(N_SEEDS, nullable=True, meaning="seeds; empty in rows of one seed"),
    ),
)
SEQ2SEQ_CLUSTERS = Table(
    ("tables/seq2seq_clusters.csv",),
    "a network, clustering and score, seeds merged",
    (
        TASK,
        MODEL,
        *CLUSTERED,
        SCORE,
        RESAMPLED,
        OVER_SEEDS,
        *OF_ALL,
        CONTROL,
        CONTROL_HIGH,
        RANDOM,
        *MERGED,
    ),
)
SEQ2SEQ_SWAPS = Table(
    ("tables/seq2seq_swaps.csv",),
    "a network, condition, what was looked at, and a score, seeds merged",
    (TASK, MODEL, *SWAPPED, SCORE, RESAMPLED, OVER_SEEDS, *OF_ALL, *MERGED),
)
SEQ2SEQ_STATES = Table(
    ("tables/seq2seq_states.csv",),
    "a network, part, method, reference, score and selection, seeds merged",
    (
        TASK,
        MODEL,
        PART,
        METHOD,
        replace(REFERENCE, nullable=False),
        SCORE,
        RESAMPLED,
        OVER_SEEDS,
        *OF_ALL,
        CONTROL,
        CONTROL_HIGH,
        *size_range("number of states over seeds"),
        *MERGED,
        Column(
            "selection",
            TEXT,
            "`chosen`: each seed has the size it chose; `fixed`: all have this size",
            values=("chosen", "fixed"),
        ),
    ),
)


def _error(name: str, meaning: str) -> tuple[Column, ...]:
    value = Column(name, NUMBER, meaning, least=0, nullable=True)
    return (value, *ends(f"Student's interval of `{name}` over seeds", f"{name}_"))


_FORECAST = "below 1 where the network is better; empty where that forecast is right"
FORECASTS = Table(
    ("tables/forecasts.csv",),
    "a network and horizon, seeds merged",
    (
        TASK,
        MODEL,
        Column("step", TEXT, "frames ahead; `all`: over the whole forecast"),
        Column(
            "ahead",
            NUMBER,
            "how far ahead; empty for `all`",
            unit="seconds (planar curves: periods of the published circle)",
            least=0,
            nullable=True,
        ),
        *_error("error", "error of the forecast"),
        *_error("zero_velocity_ratio", f"its share of the error of standing still; {_FORECAST}"),
        *_error(
            "constant_velocity_ratio",
            f"its share of the error of going on at the same velocity; {_FORECAST}",
        ),
        WINDOWS,
        N_SEEDS,
        count("n_passed", "seeds whose network passed its gate"),
    ),
)
