"""Train, or load, the network of each seed and write its weights and card."""

from functools import partial
from pathlib import Path

from markovlens.networks.architectures import make_network
from markovlens.networks.checkpoints import train_each
from markovlens.networks.store import save_network
from markovlens.running.workflow import job
from markovlens.tasks.store import load_task

with job(snakemake):
    params = snakemake.params
    task = load_task(Path(snakemake.input.task).parent)
    places = {"resources": params.downloads, "arena": params.arena}
    train = partial(make_network, params.spec, task, training=params.training, **places)
    train_each(train, save_network, seeds=params.seeds, cards=snakemake.output.cards)
