"""Score every abstraction of each seed on the test sequences."""

from pathlib import Path

from markovlens.faithfulness.scores.evaluate import Scoring
from markovlens.faithfulness.stage import score_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    for scores in snakemake.output.scores:
        score_run(
            Run.holding(scores, layer=params.layer),
            Path(snakemake.input.task).parent,
            methods=params.methods,
            scoring=Scoring(**params.scoring),
            seed=params.seed,
        )
