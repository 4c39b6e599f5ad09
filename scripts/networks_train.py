"""Train, or load, the network of each seed and write its weights and card."""

from pathlib import Path

from markovlens.networks.architectures import make_network
from markovlens.networks.store import save_network
from markovlens.tasks.store import load_task
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    task = load_task(Path(snakemake.input.task).parent)
    places = {"resources": params.downloads, "arena": params.arena}
    for seed, card in zip(params.seeds, snakemake.output.cards, strict=True):
        network = make_network(params.spec, task, training=params.training, seed=seed, **places)
        save_network(Path(card).parent, network)
