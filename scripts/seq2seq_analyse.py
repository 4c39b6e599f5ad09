"""Study the states of each seed's encoder-decoder: modes, training, clusters, states, swaps."""

from pathlib import Path

from markovlens.abstractions.base import Options
from markovlens.files.runs import Run
from markovlens.running.workflow import job
from markovlens.seq2seq.stage import rate_of, study_run
from markovlens.seq2seq.study import Settings

with job(snakemake):
    params = snakemake.params
    settings = Settings(options=Options(**params.options), **params.settings)
    rate = rate_of(Path(snakemake.input.task).parent)
    for card in snakemake.input.cards:
        study_run(Run.holding(card, layer=""), settings, rate=rate, seed=params.seed)
