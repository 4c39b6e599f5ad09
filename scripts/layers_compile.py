"""Merge the layers of all networks, say what they make of the claims, and draw."""

from markovlens.files.runs import Run
from markovlens.layers.stage import compile_layers
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    runs = [Run.holding(table, layer="") for table in snakemake.input]
    compile_layers(runs, dict(snakemake.output.items()), level=params.level, seed=params.seed)
