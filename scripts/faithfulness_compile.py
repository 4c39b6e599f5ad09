"""Merge the scores of all networks into the tables of the benchmark."""

from pathlib import Path

from markovlens.faithfulness.stage import compile_runs
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params, layers = snakemake.params, snakemake.params.layers
    runs = [Run.holding(scores, layer="") for scores in snakemake.input.scores]
    compile_runs(
        [Run(run.folder, layers[run.model]) for run in runs],
        Path(snakemake.output.comparison).parent,
        methods=params.methods,
        notes=params.notes,
        level=params.level,
        seed=params.seed,
    )
