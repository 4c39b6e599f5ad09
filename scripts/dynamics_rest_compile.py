"""Merge what all networks do when nothing happens."""

from markovlens.dynamics.rest_stage import compile_rest
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(table, layer="") for table in snakemake.input.tables]
    compile_rest(runs, snakemake.output[0])
