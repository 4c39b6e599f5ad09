"""Fit every abstraction with every number of states on each seed's activations."""

from markovlens.abstractions.base import Options
from markovlens.abstractions.stage import abstract_run
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    place, params = snakemake.wildcards, snakemake.params  # noqa: F821
    for seed in params.seeds:
        abstract_run(
            Run.at(params.results, place.task, place.model, seed, layer=params.layer),
            methods=params.methods,
            n_states=params.n_states,
            options=Options(**params.options),
            seed=params.seed,
        )
