"""Merge what was found of all emulating networks region by region, and what it says of claims."""

from markovlens.dynamics.region_stage import compile_regions
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(card, layer="") for card in snakemake.input.cards]
    compile_regions(runs, dict(snakemake.output.items()), seed=snakemake.params.seed)
