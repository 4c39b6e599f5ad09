"""Merge the repairs of all networks."""

from markovlens.files.runs import Run
from markovlens.reliance.repairing.stage import compile_repairs
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(table, layer="") for table in snakemake.input]
    compile_repairs(runs, snakemake.output[0], level=snakemake.params.level)
