"""Hold the networks of one (task, model) against their language, and repair them."""

from pathlib import Path

from markovlens.files.runs import Run
from markovlens.networks.training import TrainingOptions
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.stage import Settings, repair_runs
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    asked = dict(params.repair)
    settings = Settings(
        bug=asked.pop("bug"),
        sizes=params.sizes,
        spec=params.spec,
        training=TrainingOptions(**params.training),
        options=RepairOptions(**asked, **params.scoring),
        seed=params.seed,
    )
    runs = [Run.holding(table, layer="") for table in snakemake.output.tables]
    repair_runs(runs, Path(snakemake.input.task).parent, settings)
