"""All tables, in the order in which a reader needs them."""

from __future__ import annotations

from markovlens.tables import (
    claims,
    counterfactuals,
    dynamics,
    exports,
    fits,
    groups,
    networks,
    properties,
    reliance_repairs,
    rest,
    scores,
    seq2seq,
    seq2seq_runs,
    sizes,
    verdicts,
    watching,
)
from markovlens.tables.table import Table

TABLES: tuple[Table, ...] = (
    scores.COMPARISON,
    scores.ALL_SCORES,
    verdicts.VERDICTS,
    verdicts.COUNTEREXAMPLES,
    counterfactuals.COUNTERFACTUALS,
    scores.DIFFERENCES,
    fits.SWEEP,
    fits.CODEBOOKS,
    sizes.SIZES,
    networks.CLUSTERS,
    networks.ROBUSTNESS,
    networks.NETWORKS,
    claims.CLAIMS,
    groups.GROUPS,
    exports.EXPORTS,
    reliance_repairs.REPAIR,
    reliance_repairs.TRUST,
    reliance_repairs.TRUST_VERDICTS,
    properties.PROPERTIES,
    watching.WATCHING,
    watching.STRANGERS,
    seq2seq.FORECASTS,
    seq2seq.EMBEDDING,
    seq2seq.EMBEDDING_MODES,
    seq2seq.SEPARABILITY,
    seq2seq.SEPARABILITY_CORRELATION,
    seq2seq.SEQ2SEQ_CLUSTERS,
    seq2seq.SEQ2SEQ_STATES,
    seq2seq.SEQ2SEQ_SWAPS,
    dynamics.DYNAMICS,
    rest.REST,
    fits.WORDS,
    fits.SPLIT,
    fits.SWEEP_RUN,
    fits.DECODED,
    fits.STREAMED,
    scores.SCORES,
    scores.PROBES,
    counterfactuals.COUNTERFACTUALS_RUN,
    networks.ROBUSTNESS_RUN,
    *seq2seq_runs.STUDIES.values(),
    *dynamics.STUDIES.values(),
    dynamics.REGION_POINTS_RUN,
    reliance_repairs.REPAIR_RUN,
    reliance_repairs.TRUST_RUN,
    rest.REST_RUN,
    rest.REST_PATHS_RUN,
)


def table_of(file: str) -> Table | None:
    """Return the table of a file under the results; None for one that is no table of ours."""
    return next((table for table in TABLES if table.lies_at(file)), None)
