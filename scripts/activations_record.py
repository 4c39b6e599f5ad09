"""Record each seed's network on all splits."""

from pathlib import Path

from markovlens.activations.stage import record_run
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    place, params = snakemake.wildcards, snakemake.params  # noqa: F821
    for seed in params.seeds:
        record_run(
            Run.at(params.results, place.task, place.model, seed, layer=place.layer),
            Path(snakemake.input.task).parent,  # noqa: F821
            n_train=params.n_train,
            seed=params.seed,
        )
