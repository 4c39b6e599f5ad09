"""Train, or load, the network of each seed and write its weights and card."""

from pathlib import Path

from markovlens.networks.architectures import make_network
from markovlens.networks.checkpoints import CHECKPOINT
from markovlens.networks.store import save_network
from markovlens.tasks.store import load_task
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    task = load_task(Path(snakemake.input.task).parent)
    places = {"resources": params.downloads, "arena": params.arena}
    folders = [Path(card).parent for card in snakemake.output.cards]
    for seed, folder in zip(params.seeds, folders, strict=True):
        places["checkpoint"] = folder / CHECKPOINT
        network = make_network(params.spec, task, training=params.training, seed=seed, **places)
        save_network(folder, network)
    # Only now: a job that is killed before its last network finds the finished ones in them.
    for folder in folders:
        (folder / CHECKPOINT).unlink(missing_ok=True)
