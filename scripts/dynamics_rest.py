"""See what the networks of one (task, model) do when nothing happens, beside their machines."""

from pathlib import Path

from markovlens.dynamics.rest_stage import rest_runs
from markovlens.files.runs import Run
from markovlens.running.workflow import job
from markovlens.tasks.store import load_task

with job(snakemake):
    params, inputs = snakemake.params, snakemake.input
    of_run = {"layer": params.layer, "own": params.own}
    runs = [Run.holding(card, **of_run) for card in inputs.cards]
    rest_runs(load_task(Path(inputs.task).parent), runs, weights=inputs.files)
