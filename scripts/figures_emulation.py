"""Draw how all emulating networks match their sources."""

from markovlens.figures.dynamics.stage import draw_emulation
from markovlens.running.workflow import job

with job(snakemake):
    draw_emulation(snakemake.input[0], dict(snakemake.output.items()))
