"""Record each seed's network on all splits."""

from pathlib import Path

from markovlens.activations.stage import record_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    task, params = Path(snakemake.input.task).parent, snakemake.params
    for card in snakemake.input.cards:
        run = Run.holding(card, layer=snakemake.wildcards.layer, own=params.own)
        record_run(
            run, task, n_train=params.n_train, length_train=params.length_train, seed=params.seed
        )
