"""Merge what explanations of all networks are worth, and draw it."""

from markovlens.attention.stage import compile_attention
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    runs = [Run.holding(table, layer="") for table in snakemake.input.scores]
    files = dict(snakemake.output.items())
    compile_attention(runs, files, level=params.level, seed=params.seed)
