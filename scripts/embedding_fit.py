"""Fit the POD of each seed's training activations."""

from markovlens.embedding.stage import embed_run
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    place, params = snakemake.wildcards, snakemake.params  # noqa: F821
    for seed in params.seeds:
        run = Run.at(params.results, place.task, place.model, seed, layer=params.layer)
        embed_run(run, n_components=params.n_components)
