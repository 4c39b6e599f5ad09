"""Gaussian HMMs of hidden states, and the machines that their states make with the inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Evidence, Fitted, Likelihood, Options
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.engines import fitting_of
from markovlens.abstractions.restarts import with_stability
from markovlens.errors import reason_of
from markovlens.hmm import GaussianHMM, Sweep, sweep
from markovlens.hmm.criteria import check_criterion, levelled
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

MakeMachine = Callable[[Trace, np.ndarray, GaussianHMM], Machine]


def fit(
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return the best HMM of each size from one sweep.

    The model itself has no inputs. To run without the network, its decoded states are counted by
    the symbol that was read (see `counting.build_machine`).
    """
    return fit_sweep(evidence, n_states, rng, options, make=_counted)


def _counted(trace: Trace, belief: np.ndarray, model: GaussianHMM) -> Machine:
    return build_machine(trace, belief, deterministic=False)


def fit_sweep(
    evidence: Evidence,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
    *,
    make: MakeMachine,
    coding: np.ndarray | None = None,
) -> dict[int, Fitted | str]:
    """Return, for each size, the best fit of a sweep over all sizes, or why there is none.

    Args:
        evidence, n_states, rng, options: as for every method.
        make: makes the machine of the trace, the filtered posterior (N, K) and the model.
        coding: (V,), the transition matrix that each symbol uses; None for one that all share.
    """
    trace, has_valid = evidence.train, evidence.valid is not None
    check_criterion(options.criterion, has_valid=has_valid, n_sizes=len(n_states))
    try:
        found = swept(evidence, n_states, rng, options, coding=coding)
    except ValueError as error:
        return dict.fromkeys(n_states, reason_of(error))
    table = with_stability(found)
    leads = _leads(table)
    leads = leads.assign(level=levelled(leads, options.criterion))
    fitted: dict[int, Fitted | str] = {}
    for size in n_states:
        rows, rivals = (each[each["n_states"] == size] for each in (table, leads))
        if rivals.empty:
            fitted[size] = str(rows["reason"].iloc[0])
        else:
            best = rivals.iloc[int(rivals["bic"].argmin())]
            model = found.models[str(best["covariance"]), size][0]
            fit = _fitted(trace, model, rows, make=make, coding=coding)
            fitted[size] = replace(fit, criterion=float(best["level"]))
    return fitted


def swept(
    evidence: Evidence,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
    *,
    coding: np.ndarray | None = None,
) -> Sweep:
    """Return the sweep of HMMs over all sizes; arguments as of `fit_sweep`.

    Raises:
        ValueError: the data allow none.
    """
    trace, valid = evidence.train, evidence.valid
    engine = options.engine if coding is None else "ours"  # hmmlearn's models read no inputs
    fitting = fitting_of(engine, trace.states, trace.lengths)
    held_out = None
    if valid is not None:
        held_out = (valid.states, valid.lengths, _coded(valid, coding))
    return sweep(
        trace.states,
        trace.lengths,
        n_states=n_states,
        restarts=options.restarts,
        rng=rng,
        covariance_types=options.covariance,
        inputs=_coded(trace, coding),
        valid=held_out,
        criterion=options.criterion,
        shared_unit=True,
        fitting=fitting,
        n_iter=options.max_iterations,
        n_symbols=None if coding is None else int(coding.max()) + 1,
    )


def _leads(table: pd.DataFrame) -> pd.DataFrame:
    """Return the row of each covariance and size whose fit leads: the one whose machine is kept."""
    survivors = table[table["icl"].notna()]  # best first; the dropped lack it
    return survivors.drop_duplicates(["covariance", "n_states"])


def _coded(trace: Trace, coding: np.ndarray | None) -> np.ndarray | None:
    return None if coding is None else coding[trace.inputs]


def _fitted(
    trace: Trace,
    model: GaussianHMM,
    rows: pd.DataFrame,
    *,
    make: MakeMachine,
    coding: np.ndarray | None,
) -> Fitted:
    def belief(read: Trace) -> np.ndarray:
        return model.filter(read.states, read.lengths, _coded(read, coding))

    return Fitted(
        make(trace, belief(trace), model),
        lambda read: belief(read).argmax(axis=1),
        [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")],
        likelihood=Likelihood(
            model.score_sequences(trace.states, trace.lengths, _coded(trace, coding)),
            model.n_parameters(),
        ),
    )
