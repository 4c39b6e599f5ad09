"""Draw the automaton that clusters make of the first seed's network."""

from markovlens.figures.stage import draw_automaton
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):
    draw_automaton(
        Run.holding(snakemake.input.pods[0], layer=snakemake.params.layer),
        dict(snakemake.output.items()),
        method=snakemake.params.method,
    )
