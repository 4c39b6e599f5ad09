"""Fit a share of the abstractions, with every number of states, on the activations of seeds."""

from markovlens.abstractions.base import Options
from markovlens.abstractions.stage import abstract_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    for pod in snakemake.input.pods:
        run = Run.holding(pod, layer=params.layer, own=params.own)
        abstract_run(
            run,
            methods=params.fits[run.seed],
            n_states=params.n_states,
            options=Options(**params.options),
            files=params.files,
            seed=params.seed,
        )
