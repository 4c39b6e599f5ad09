"""Merge what hybrids and machines read off afterwards are worth, and draw it."""

from markovlens.hybrids.stage import compile_hybrids
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    compile_hybrids(
        list(snakemake.input.models),
        dict(snakemake.output.items()),
        level=params.level,
        seed=params.seed,
    )
