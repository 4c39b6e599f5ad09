"""Draw the automaton that clusters make of the first seed's network."""

from markovlens.figures.networks.stage import draw_automaton
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    draw_automaton(
        Run.holding(snakemake.input.pods[0], layer=snakemake.params.layer),
        dict(snakemake.output.items()),
        method=snakemake.params.method,
    )
