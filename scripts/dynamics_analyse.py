"""Look into the generator of each seed: every analysis, one table of numbers."""

from pathlib import Path

from markovlens.dynamics.stage import study_runs
from markovlens.files.runs import Run
from markovlens.running.workflow import job
from markovlens.tasks.store import load_task

with job(snakemake):
    runs = [Run.holding(card, layer="") for card in snakemake.input.cards]
    task = load_task(Path(snakemake.input.task).parent)
    study_runs(task, runs, seed=snakemake.params.seed)
