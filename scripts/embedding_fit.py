"""Fit the coordinates of each seed's training activations."""

from markovlens.abstractions.coordinates import choose_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    for pod in snakemake.output.pods:
        run = Run.holding(pod, layer=params.layer, own=params.own)
        choose_run(run, n_states=params.n_states, seed=params.seed, **params.settings)
