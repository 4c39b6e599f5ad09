"""Check what must hold of the networks of one (task, model), and try violations on them."""

from markovlens.files.runs import Run
from markovlens.reliance.properties.stage import check_runs
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    of_run = {"layer": params.layer, "own": params.own}
    runs = [Run.holding(table, **of_run) for table in snakemake.output]
    check_runs(runs, params.properties, level=params.level, seed=params.seed)
