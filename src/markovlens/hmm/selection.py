"""How sure the chosen number of states is: bootstrap and stability."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_kind, check_whole
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import posteriors
from markovlens.hmm.criteria import information
from markovlens.hmm.em import Parameters, engine_of, run_em
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, reweighted


@dataclass(frozen=True, slots=True)
class StatesInterval:
    """Uncertainty of the number of states over resampled sequences."""

    low: float  # states, lower end
    high: float  # states, upper end
    chosen: NDArray[np.int64]  # (n_bootstraps,) states chosen in each resample
    level: float  # share of resamples inside


@dataclass(frozen=True, slots=True)
class StatesStability:
    """Mean adjusted Rand index of decoded states between fits of one size; 1 is identical."""

    restarts: float  # over the surviving restarts; NaN of a single one
    bootstraps: float  # over fits to resampled sequences, each from a start of its own
    n_restarts: int
    n_bootstraps: int


def adjusted_rand(paths: NDArray, others: NDArray) -> float:
    """scikit-learn's adjusted Rand index, loaded when it is asked for."""
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(paths, others))


def bootstrap_states(
    models: Sequence[GaussianHMM],
    packed: Packed,
    *,
    rng: np.random.Generator,
    n_bootstraps: int = 50,
    criterion: str = "bic",
    n_iter: int = 5,
    level: float = 0.95,
) -> StatesInterval:
    """Interval for K: sequences drawn with replacement, models refitted from where they stand.

    `models` are the best of each size; each resample refits all of them for `n_iter` passes and
    chooses by `criterion`, bic or aic. The interval holds `level` of the choices.
    """
    if criterion not in ("bic", "aic"):
        raise ConfigError(
            f"criterion: expected 'bic' or 'aic' in a bootstrap, got {criterion!r}; give "
            "`bootstrap_states` one of them, or sweep by it",
            page="unknown-name",
        )
    _check_resampling(packed, n_bootstraps, rng)
    chosen = np.empty(n_bootstraps, dtype=np.int64)
    even = np.full(packed.n_sequences, 1.0 / packed.n_sequences)
    for index in range(n_bootstraps):
        sample = reweighted(packed, rng.multinomial(packed.n_sequences, even))
        values = [_refitted(model, sample, criterion, n_iter, rng) for model in models]
        chosen[index] = models[int(np.argmin(values))].n_components
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(chosen, [tail, 1.0 - tail], method="inverted_cdf")
    return StatesInterval(float(low), float(high), chosen, level)


def _check_resampling(packed: Packed, n_bootstraps: int, rng: np.random.Generator) -> None:
    """Raise unless sequences can be drawn anew."""
    check_whole("n_bootstraps", n_bootstraps, least=1)
    check_kind("rng", rng, np.random.Generator, advice="`numpy.random.default_rng(0)` makes one")
    if packed.n_sequences < 2:
        raise DataError(
            "expected two sequences or more to draw from, got one, of which all resamples are "
            "alike; cut it into several",
            page="too-few",
        )


def _refitted(
    model: GaussianHMM, sample: Packed, criterion: str, n_iter: int, rng: np.random.Generator
) -> float:
    """Criterion of a model after some passes over a resample."""
    settings = replace(model.settings(), n_iter=n_iter)
    fit = run_em(sample, model.parameters(), model.prior_for(sample), settings, rng=rng)
    return information(fit.log_likelihood, model.n_parameters(), sample.n_observed)[criterion]


def refit_resamples(
    model: GaussianHMM,
    packed: Packed,
    *,
    rng: np.random.Generator,
    n_bootstraps: int,
    n_iter: int | None = None,
) -> list[Parameters]:
    """Fits of the model's size to sequences drawn with replacement, each from its own start."""
    _check_resampling(packed, n_bootstraps, rng)
    settings, prior = model.settings(), model.prior_for(packed)
    settings = settings if n_iter is None else replace(settings, n_iter=n_iter)
    even = np.full(packed.n_sequences, 1.0 / packed.n_sequences)
    found = []
    for _ in range(n_bootstraps):
        sample = reweighted(packed, rng.multinomial(packed.n_sequences, even))
        start = model.start_for(packed, prior, rng)
        found.append(run_em(sample, start, prior, settings, rng=rng).parameters)
    return found


def agreement_of(fits: Sequence[Parameters], packed: Packed, n_threads: int = 1) -> float:
    """Mean adjusted Rand index between the best paths of fits to packed data."""
    paths = [posteriors.most_likely(packed, engine_of(fit, packed, n_threads))[0] for fit in fits]
    return _mean_agreement(paths, adjusted_rand)


def _mean_agreement(paths: list[NDArray], agreement: Callable[[NDArray, NDArray], float]) -> float:
    """Mean over pairs of paths; NaN of a single one, which has nothing to agree with."""
    pairs = [agreement(a, b) for i, a in enumerate(paths) for b in paths[i + 1 :]]
    return float(np.mean(pairs)) if pairs else np.nan


def stability(
    models: Sequence[Any],
    X: ArrayLike,
    lengths: ArrayLike | None = None,
    inputs: ArrayLike | None = None,
    *,
    agreement: Callable[[NDArray, NDArray], float] = adjusted_rand,
) -> float:
    """Mean adjusted Rand index between the states that fits of one size decode; 1 is identical.

    The index does not depend on how states are numbered, so no alignment is needed. Fits may come
    from restarts or from resamples. NaN of one fit alone.
    """
    return _mean_agreement([model.predict(X, lengths, inputs) for model in models], agreement)
