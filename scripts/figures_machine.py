"""Draw the machine of the verdict on one network."""

from markovlens.figures.networks.stage import draw_machine
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    draw_machine(
        [Run.holding(file, layer=params.layer) for file in snakemake.input.verdicts],
        dict(snakemake.output.items()),
        budget=params.budget,
    )
