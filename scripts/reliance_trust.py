"""Put the networks of one (task, model), their machines and repaired copies to disturbances."""

from pathlib import Path

from markovlens.files.runs import Run
from markovlens.reliance.trust.disturbances import UNITS
from markovlens.reliance.trust.stage import Settings, withstand_runs
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    settings = Settings(
        disturbances={name: params.trust[name] for name in UNITS},
        n_words=params.trust["n_words"],
        n_draws=params.trust["n_draws"],
        seed=params.seed,
        **params.scoring,
    )
    runs = [Run.holding(table, layer="") for table in snakemake.output]
    withstand_runs(runs, Path(snakemake.input.task).parent, settings)
