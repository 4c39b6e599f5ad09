"""Watch the networks of one (task, model): false alarms, delays, and strangers told."""

from markovlens.files.runs import Run
from markovlens.reliance.watching.stage import watch_runs
from markovlens.running.workflow import job

with job(snakemake):
    params, output = snakemake.params, snakemake.output
    of_run = {"layer": params.layer, "own": params.own}
    watch_runs(
        [Run.holding(verdict, **of_run) for verdict in snakemake.input.verdicts],
        dict(output.items()),
        settings=params.settings,
        bootstraps=params.bootstraps,
        level=params.level,
        seed=params.seed,
    )
