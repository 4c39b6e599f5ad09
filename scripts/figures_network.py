"""Draw the figures of one network from its activations and abstractions."""

from markovlens.figures.stage import draw_network
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    place, params = snakemake.wildcards, snakemake.params  # noqa: F821
    draw_network(
        [
            Run.at(params.results, place.task, place.model, seed, layer=params.layer)
            for seed in params.seeds
        ],
        dict(snakemake.output.items()),  # noqa: F821
        methods=params.methods,
        seed=params.seed,
    )
