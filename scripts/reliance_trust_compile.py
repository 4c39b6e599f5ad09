"""Merge the disturbances of all networks, say who can be trusted how far, and draw."""

from markovlens.files.runs import Run
from markovlens.reliance.trust.stage import compile_trust
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(table, layer="") for table in snakemake.input]
    compile_trust(runs, dict(snakemake.output.items()), level=snakemake.params.level)
