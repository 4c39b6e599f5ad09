"""Draw the comparison of all networks and abstractions from the tables of the benchmark."""

from markovlens.figures.comparison.stage import draw_benchmark
from markovlens.running.workflow import job

with job(snakemake):
    draw_benchmark(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        level=snakemake.params.level,
    )
