"""Look into the layers of the networks of one (task, model): what is readable, and what is used."""

from pathlib import Path

from markovlens.files.runs import Run
from markovlens.layers.stage import Settings, compare_runs
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    settings = Settings(**params.layers, **params.scoring, seed=params.seed)
    runs = [Run.holding(table, layer="", own=params.own) for table in snakemake.output]
    compare_runs(runs, Path(snakemake.input.task).parent, settings)
