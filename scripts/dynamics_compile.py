"""Merge the analyses of all emulating networks, and say what they make of the claims."""

from markovlens.dynamics.stage import compile_dynamics
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(card, layer="") for card in snakemake.input.cards]
    compile_dynamics(runs, dict(snakemake.output.items()), seed=snakemake.params.seed)
