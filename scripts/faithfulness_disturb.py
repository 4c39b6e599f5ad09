"""Fit abstractions to noisy activations of few sequences, for each seed of one network."""

from markovlens.abstractions.base import Options
from markovlens.faithfulness.robustness import Conditions, robust_run
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    conditions = dict(params.conditions)
    options = Options(
        restarts=conditions.pop("restarts"),
        covariance=conditions.pop("covariance"),
        max_iterations=params.max_iterations,
    )
    for card in snakemake.input.cards:
        robust_run(
            Run.holding(card, layer=params.layer),
            Conditions(**conditions, n_components=params.n_components, options=options),
            bootstraps=params.bootstraps,
            seed=params.seed,
        )
