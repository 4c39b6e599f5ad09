"""The Gaussian HMM of hidden states, and the machine that its states make with the inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from markovlens.abstractions.base import Fitted, Options
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.hmmlearn_backend import GaussianFit, fit_gaussian
from markovlens.errors import DataError
from markovlens.trace import Trace


def fit(
    trace: Trace,
    *,
    n_states: int,
    rng: np.random.Generator,
    valid: Trace | None = None,
    options: Options,
) -> Fitted:
    """Return the best of `options.restarts` Gaussian HMMs with `n_states` states.

    The HMM itself has no inputs; to run without the network its decoded states are counted by
    the symbol read (see `counting.build_machine`).

    Raises:
        DataError: every start failed; the message has the reason of the last.
    """
    tries = [
        _try(trace, n_states=n_states, seed=int(seed), options=options)
        for seed in rng.integers(2**31, size=options.restarts)
    ]
    rows = [_row(model, restart, n_states, valid, options) for restart, model in enumerate(tries)]
    models = [model for model in tries if isinstance(model, GaussianFit)]
    if not models:
        raise DataError(str(tries[-1]))
    best = max(models, key=lambda model: model.log_likelihood)
    belief, _ = best.filter(trace.states, trace.lengths)
    return Fitted(
        build_machine(trace, belief, deterministic=False),
        lambda states, lengths: best.filter(states, lengths)[0].argmax(axis=1),
        rows,
        getattr(best, options.criterion),
    )


def _try(trace: Trace, *, n_states: int, seed: int, options: Options) -> GaussianFit | Exception:
    try:
        return fit_gaussian(
            np.asarray(trace.states, dtype=np.float64),
            trace.lengths,
            n_states=n_states,
            covariance=options.covariance,
            max_iterations=options.max_iterations,
            seed=seed,
        )
    except (ValueError, np.linalg.LinAlgError) as error:
        return error


def _row(
    model: GaussianFit | Exception,
    restart: int,
    n_states: int,
    valid: Trace | None,
    options: Options,
) -> dict[str, Any]:
    """Return the record of one start for the sweep table."""
    row: dict[str, Any] = {
        "covariance": options.covariance,
        "transitions": "shared",
        "n_states": n_states,
        "restart": restart,
    }
    if isinstance(model, Exception):
        return row | {"status": f"failed: {model}"}
    criteria = {name: getattr(model, name) for name in ("log_likelihood", "bic", "aic", "icl")}
    heldout = None
    if valid is not None:
        heldout = float(model.filter(valid.states, valid.lengths)[1].sum() / valid.n_steps)
    status = "converged" if model.converged else "stopped at the iteration limit"
    return row | criteria | {"heldout": heldout, "iterations": model.iterations, "status": status}
