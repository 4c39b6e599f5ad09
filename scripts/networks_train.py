"""Train, or load, the network of each seed and write its weights and card."""

from pathlib import Path

from markovlens.networks.architectures import make_network
from markovlens.networks.store import save_network
from markovlens.runs import Run
from markovlens.tasks.store import load_task
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    place, params = snakemake.wildcards, snakemake.params  # noqa: F821
    task = load_task(Path(snakemake.input.task).parent)  # noqa: F821
    for seed in params.seeds:
        network = make_network(
            params.spec, task, training=params.training, seed=seed, resources=params.downloads
        )
        run = Run.at(params.results, place.task, place.model, seed, layer=params.layer)
        save_network(run.card.parent, network)
