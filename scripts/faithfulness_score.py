"""Score every abstraction of each seed on the test sequences."""

from pathlib import Path

from markovlens.faithfulness.evaluate import Scoring
from markovlens.faithfulness.stage import score_run
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    place, params = snakemake.wildcards, snakemake.params  # noqa: F821
    for seed in params.seeds:
        score_run(
            Run.at(params.results, place.task, place.model, seed, layer=params.layer),
            Path(snakemake.input.task).parent,  # noqa: F821
            methods=params.methods,
            scoring=Scoring(**params.scoring),
            seed=params.seed,
        )
