"""Draw what withstands noise and few sequences from the robustness table."""

from markovlens.figures.comparison.stage import draw_withstanding
from markovlens.running.workflow import job

with job(snakemake):
    draw_withstanding(snakemake.input[0], snakemake.output[0], level=snakemake.params.level)
