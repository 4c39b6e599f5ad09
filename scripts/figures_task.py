"""Draw every abstraction on the networks of one task from the table of the benchmark."""

from markovlens.figures.comparison.stage import draw_one_task
from markovlens.running.workflow import job

with job(snakemake):
    draw_one_task(
        snakemake.input[0],
        snakemake.output[0],
        task=snakemake.wildcards.task,
        level=snakemake.params.level,
    )
