"""Merge what is said of the properties of all networks."""

from markovlens.files.runs import Run
from markovlens.reliance.properties.stage import compile_properties
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(table, layer="") for table in snakemake.input]
    compile_properties(runs, snakemake.output[0])
