"""Merge the scores of all networks into the tables of the benchmark."""

from pathlib import Path

from markovlens.faithfulness.stage import compile_runs
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    params = snakemake.params  # noqa: F821
    compile_runs(
        [Run(Path(folder), layer) for folder, layer in params.runs],
        Path(snakemake.output.comparison).parent,  # noqa: F821
        methods=params.methods,
        level=params.level,
        seed=params.seed,
    )
