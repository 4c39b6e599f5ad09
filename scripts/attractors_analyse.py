"""See where the networks of one (task, model) rest, and what their machines see of it."""

from markovlens.attractors.stage import Settings, attractor_runs
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params, inputs, output = snakemake.params, snakemake.input, snakemake.output
    runs = [Run.holding(card, layer=params.layer, own=params.own) for card in inputs.cards]
    settings = Settings(seed=params.seed, **params.scoring, **params.attractors)
    attractor_runs(runs, params.methods, output.figure, settings)
