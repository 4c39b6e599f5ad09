"""Draw one network: the machine of its verdict, its activations and abstractions."""

from markovlens.figures.networks.stage import draw_machine, draw_network
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params, outputs = snakemake.params, dict(snakemake.output.items())
    runs = [Run.holding(pod, layer=params.layer) for pod in snakemake.input.pods]
    draw_machine(runs, outputs, budget=params.budget)
    draw_network(
        runs, outputs, methods=params.methods, seed=params.seed, criterion=params.criterion
    )
