"""Fit the POD of each seed's training activations."""

from markovlens.embedding.stage import embed_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    for pod in snakemake.output.pods:
        embed_run(Run.holding(pod, layer=params.layer), n_components=params.n_components)
