"""Merge the comparisons of groups of all networks."""

from markovlens.files.runs import Run
from markovlens.groups.stage import compile_groups
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(table, layer="") for table in snakemake.input]
    compile_groups(runs, snakemake.output[0])
