"""Draw the comparison of all networks and abstractions from the comparison table."""

from markovlens.figures.stage import draw_benchmark
from markovlens.workflow import job

with job(snakemake):
    draw_benchmark(
        snakemake.input.comparison,
        dict(snakemake.output.items()),
        networks=snakemake.input.networks,
        differences=snakemake.input.differences,
        clusters=snakemake.input.clusters,
        level=snakemake.params.level,
    )
