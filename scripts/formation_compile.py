"""Merge the states of all networks along their training, and say what they make of the claims."""

from markovlens.files.runs import Run
from markovlens.formation.stage import compile_formation
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(table, layer="") for table in snakemake.input.tables]
    compile_formation(runs, dict(snakemake.output.items()), seed=snakemake.params.seed)
