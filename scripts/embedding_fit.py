"""Fit the coordinates of each seed's activations, or choose them by machines and effect."""

from markovlens.abstractions.coordinates import choose_run
from markovlens.embedding.stage import embed_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    fit = choose_run if params.choosing else embed_run
    for pod in snakemake.output.pods:
        run = Run.holding(pod, layer=params.layer, own=params.own)
        fit(run, seed=params.seed, **params.settings, **params.choosing)
