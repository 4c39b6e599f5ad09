"""Score every abstraction of each seed on the test sequences."""

from pathlib import Path

from markovlens.faithfulness.evaluate import Scoring
from markovlens.faithfulness.stage import score_run
from markovlens.runs import Run
from markovlens.workflow import job

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
