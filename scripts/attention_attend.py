"""Train a network with attention beside each of one (task, model), and judge explanations."""

from pathlib import Path

from markovlens.attention.stage import attend_runs, settings_of
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    runs = [Run.holding(table, layer="") for table in snakemake.output.scores]
    settings = settings_of(
        params.settings,
        params.scoring,
        spec=params.spec,
        training=params.training,
        seed=params.seed,
    )
    attend_runs(runs, Path(snakemake.input.task).parent, settings)
