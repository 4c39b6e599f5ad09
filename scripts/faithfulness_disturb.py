"""Fit abstractions to noisy activations of few sequences, for each seed of one network."""

from markovlens.abstractions.base import Options
from markovlens.faithfulness.claims.robustness import Conditions, robust_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    conditions = dict(params.conditions)
    own = {key: conditions.pop(key) for key in ("restarts", "covariance")}
    options = Options(**{**params.options, **own})
    for card in snakemake.input.cards:
        robust_run(
            Run.holding(card, layer=params.layer),
            Conditions(
                **conditions,
                n_components=params.n_components,
                smoothing=params.smoothing,
                options=options,
            ),
            bootstraps=params.bootstraps,
            seed=params.seed,
        )
