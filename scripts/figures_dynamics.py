"""Draw the mechanism of the first seed of one emulating network."""

from markovlens.figures.dynamics.stage import draw_emulator
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    run = Run.holding(snakemake.input.weights[0], layer="")
    draw_emulator(run, dict(snakemake.output.items()))
