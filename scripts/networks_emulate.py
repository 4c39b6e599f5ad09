"""Train the generator of each seed and write its weights, card and checkpoints."""

from pathlib import Path

from markovlens.networks.emulation import EmulationOptions, emulate
from markovlens.networks.store import save_emulator
from markovlens.tasks.store import load_task
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    task = load_task(Path(snakemake.input.task).parent)
    options = EmulationOptions(**params.training)
    for seed, card in zip(params.seeds, snakemake.output.cards, strict=True):
        emulator = emulate(task, params.spec, training=options, seed=seed)
        save_emulator(Path(card).parent, emulator)
