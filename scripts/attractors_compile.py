"""Merge where all networks rest, and measure the claims on it."""

from markovlens.attractors.stage import compile_attractors
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(table, layer="") for table in snakemake.input.tables]
    output = snakemake.output
    compile_attractors(runs, output.numbers, output.claims, seed=snakemake.params.seed)
