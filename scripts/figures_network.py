"""Draw the figures of one network from its activations and abstractions."""

from markovlens.figures.networks.stage import draw_network
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    draw_network(
        [Run.holding(pod, layer=params.layer) for pod in snakemake.input.pods],
        dict(snakemake.output.items()),
        methods=params.methods,
        seed=params.seed,
        criterion=params.criterion,
    )
