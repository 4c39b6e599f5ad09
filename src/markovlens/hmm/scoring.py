"""The rows of a sweep's table: every fit with what the criteria say of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.hmm import posteriors
from markovlens.hmm.criteria import information, mean_by_step
from markovlens.hmm.em import Fit, Parameters, engine_of
from markovlens.hmm.lattices import Chain
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.restarts import RANDOM, STARTS, Candidate, Plan, new_model


@dataclass(frozen=True, slots=True)
class Scored:
    """A fit with its row of the table."""

    model: GaussianHMM
    row: dict[str, Any]


def score_candidate(plan: Plan, kind: str, candidate: Candidate) -> Scored:
    """The model of a candidate and its row of the table."""
    fit = candidate.fit
    model = new_model(plan, kind, fit.parameters.chain.n_states).learn(fit, _open(candidate.start))
    criteria = information(fit.log_likelihood, model.n_parameters(), plan.packed.n_observed)
    row = {
        "covariance": kind,
        "transitions": model.transitions,
        "n_states": model.n_components,
        "start": STARTS.get(candidate.restart, RANDOM),
        "restart": np.nan if candidate.restart in STARTS else candidate.restart,
        "n_parameters": model.n_parameters(),
        "log_likelihood": fit.log_likelihood,
        **criteria,
        "icl": np.nan,
        "heldout": np.nan,
        "heldout_error": np.nan,
        "iterations": fit.n_passes,
        "status": fit.status,
        "reason": fit.reason,
    }
    if candidate.out:
        return Scored(model, row)
    row["icl"] = _icl(plan, model, fit)
    model = model.canonical()
    if plan.valid is not None:
        row["heldout"], row["heldout_error"] = _heldout(plan.valid, model)
    return Scored(model, row)


def _open(start: Parameters) -> Parameters:
    """The start with a chance of every move, so that only what the options exclude is no parameter.

    A fit that was grown or pruned begins with zeros that another one has come to. They are no
    structure: the same model is to cost the same wherever it began.
    """
    chain = Chain(np.ones_like(start.chain.start), np.ones_like(start.chain.transition))
    return Parameters.of(chain, start.emissions)


def survivors(scored: Sequence[Scored]) -> dict[tuple[str, int], tuple[GaussianHMM, ...]]:
    """Models that were neither dropped nor failed, by covariance type and size, best first."""
    out: dict[tuple[str, int], tuple[GaussianHMM, ...]] = {}
    for each in scored:
        if not np.isnan(each.row["icl"]):
            key = (each.model.covariance_type, each.model.n_components)
            out[key] = (*out.get(key, ()), each.model)
    return out


def _icl(plan: Plan, model: GaussianHMM, fit: Fit) -> float:
    """BIC of the best path."""
    engine = engine_of(fit.parameters, plan.packed, model.n_threads)
    joint = posteriors.most_likely(plan.packed, engine)[1].sum()
    return information(float(joint), model.n_parameters(), plan.packed.n_observed)["bic"]


def _heldout(valid: tuple, model: GaussianHMM) -> tuple[float, float]:
    """Score of the held-out steps, in nats a step, and its standard error."""
    X, lengths, inputs = (*valid, None, None)[:3]
    steps = np.asarray([len(np.asarray(X))] if lengths is None else lengths)
    return mean_by_step(model.score_sequences(X, lengths, inputs), steps)
