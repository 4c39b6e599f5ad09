"""Study the states of each seed's encoder-decoder: modes, training, clusters, states, swaps."""

from pathlib import Path

from markovlens.abstractions.base import Options
from markovlens.faithfulness.seq2seq import Settings
from markovlens.faithfulness.seq2seq_stage import rate_of, study_run
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    settings = Settings(options=Options(**params.options), **params.settings)
    rate = rate_of(Path(snakemake.input.task).parent)
    for card in snakemake.input.cards:
        study_run(Run.holding(card, layer=""), settings, rate=rate, seed=params.seed)
