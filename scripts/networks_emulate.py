"""Train the generator of each seed and write its weights, card and checkpoints."""

from functools import partial
from pathlib import Path

from markovlens.networks.checkpoints import train_each
from markovlens.networks.emulation import EmulationOptions, emulate
from markovlens.networks.store import save_emulator
from markovlens.running.workflow import job
from markovlens.tasks.store import load_task

with job(snakemake):
    params = snakemake.params
    task = load_task(Path(snakemake.input.task).parent)
    options = EmulationOptions(**params.training)
    train = partial(emulate, task, params.spec, training=options)
    train_each(train, save_emulator, seeds=params.seeds, cards=snakemake.output.cards)
