"""Train the network of each seed along, and write its weights at every moment that is kept."""

from pathlib import Path

from markovlens.files.runs import Run
from markovlens.formation.stage import train_runs
from markovlens.running.workflow import job
from markovlens.tasks.store import load_task

with job(snakemake):
    params = snakemake.params
    task = load_task(Path(snakemake.input.task).parent)
    runs = [Run.holding(card, layer="") for card in snakemake.output.cards]
    train_runs(task, params.spec, runs, params.training)
