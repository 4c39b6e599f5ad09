"""Fit every abstraction with every number of states on each seed's activations."""

from markovlens.abstractions.base import Options
from markovlens.abstractions.stage import abstract_run
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    for pod in snakemake.input.pods:
        abstract_run(
            Run.holding(pod, layer=params.layer, own=params.own),
            methods=params.methods,
            n_states=params.n_states,
            options=Options(**params.options),
            seed=params.seed,
        )
