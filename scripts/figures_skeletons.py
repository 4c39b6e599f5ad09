"""Draw the states of the first seed's network over the movement of the body."""

from pathlib import Path

from markovlens.figures.seq2seq.stage import draw_bodies
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    run = Run.holding(snakemake.input.cards[0], layer="")
    draw_bodies(run, Path(snakemake.input.task).parent, snakemake.output[0])
