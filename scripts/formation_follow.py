"""Follow the states of the networks of one (task, model) along their training."""

from pathlib import Path

from markovlens.files.runs import Run
from markovlens.formation.stage import Settings, follow_runs
from markovlens.running.workflow import job
from markovlens.tasks.store import load_task

with job(snakemake):
    params, output = snakemake.params, snakemake.output
    task = load_task(Path(snakemake.input.task).parent)
    runs = [Run.holding(table, layer="") for table in output.tables]
    follow_runs(task, runs, output.figure, Settings(**params.settings, seed=params.seed))
