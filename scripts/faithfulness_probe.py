"""Ask the networks of one (task, model): interventions, counterexamples, the verdict."""

from pathlib import Path

from markovlens.faithfulness.causes.stage import probe_runs
from markovlens.faithfulness.scores.evaluate import Scoring
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    of_run = {"layer": params.layer, "own": params.own}
    probe_runs(
        [Run.holding(probes, **of_run) for probes in snakemake.output.probes],
        Path(snakemake.input.task).parent,
        methods=params.methods,
        scoring=Scoring(**params.scoring),
        seed=params.seed,
    )
