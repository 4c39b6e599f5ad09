"""The Gaussian HMM of hidden states whose moves are a softmax of the input row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Likelihood, Options
from markovlens.abstractions.counting import count_moves, mean_output, output_spread, visited
from markovlens.abstractions.hmm import swept
from markovlens.errors import reason_of
from markovlens.hmm import InputOutputHMM, Sweep
from markovlens.hmm.driving import TRANSITIONS
from markovlens.machines.soft import SoftLaw, SoftMachine, row_features
from markovlens.status import Criterion
from markovlens.trace import Trace

REFUSAL = (
    "{} reads rows of real values, and the network reads symbols: `hmm_input` has a matrix for "
    "each symbol"
)


def fit(
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return the HMM of each size whose moves are a softmax of the row read at a step.

    The row carries the state there (Bengio & Frasconi 1995; `hmm.InputOutputHMM`). Each fit begins
    at the HMM without inputs that a sweep finds for its size. Sizes are compared by BIC with
    effective parameters, whatever the criterion of the other HMMs. The machine runs rows by the
    softmax itself; its matrices, for drawing and reading, are means over the rows of a code.
    """
    return fits("hmm_soft", TRANSITIONS, evidence, n_states=n_states, rng=rng, options=options)


def fits(
    method: str,
    driven: str,
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return the HMM of each size of which rows drive transitions, emissions or both.

    Args:
        method: its name, for the refusal of symbols.
        driven: as of `hmm.InputOutputHMM`.
        evidence, n_states, rng, options: as of any method.
    """
    rows = evidence.rows
    if rows is None:
        return dict.fromkeys(n_states, REFUSAL.format(method))
    plain = replace(options, criterion=Criterion.BIC)
    try:
        found = swept(evidence, n_states, rng, plain)
    except ValueError as error:
        return dict.fromkeys(n_states, reason_of(error))
    return {size: _fit_one(rows.train, evidence.train, found, size, driven) for size in n_states}


def _fit_one(rows: Trace, codes: Trace, found: Sweep, size: int, driven: str) -> Fitted | str:
    """Return the fit that begins at the best HMM of its size, or why there is none."""
    table = found.table[found.table["n_states"] == size]
    alive = table[table["icl"].notna()]
    if alive.empty:
        return str(table["reason"].iloc[0])
    kind = str(alive.iloc[int(alive["bic"].argmin())]["covariance"])
    try:
        model = InputOutputHMM(found.models[kind, size][0], driven)
        model.fit(rows.states, rows.lengths, row_features(rows.sequences))
    except ValueError as error:
        return reason_of(error)

    def belief(read: Trace) -> np.ndarray:
        return model.filter(read.states, read.lengths, row_features(read.sequences))

    known = (rows.states, rows.lengths, row_features(rows.sequences))
    bic = model.bic(*known)
    record = {
        "n_states": size, "covariance": kind, "bic": bic, "n_parameters": model.n_parameters(),
        "log_likelihood": model.score(*known), "status": model.monitor_.status,
        "reason": model.monitor_.reason,
    }  # fmt: skip
    return Fitted(
        soft_machine(rows, codes, belief(rows), law_of(model, rows)),
        lambda read: belief(read).argmax(axis=1),
        [record],
        criterion=bic,
        likelihood=Likelihood(model.score_sequences(*known), model.n_parameters()),
        reads_rows=True,
    )


def law_of(model: InputOutputHMM, trace: Trace) -> SoftLaw:
    """Return the softmax of a model fitted to a trace's states and the features of its rows."""
    return SoftLaw(
        trace.channels,
        model.input_mean_,
        model.input_scale_,
        model.intercept_,
        model.coef_,
        model.start_intercept_,
        model.start_coef_,
    )


def soft_machine(rows: Trace, codes: Trace, belief: np.ndarray, law: SoftLaw) -> SoftMachine:
    """Return the machine of a law, with a matrix for each code: the mean over the rows of it.

    Args:
        rows: the training trace.
        codes: the same with the codes of its rows as symbols.
        belief: (N, K), P(state | activations up to a step).
        law: how a row moves the states.
    """
    standard, n_codes = law.standard(rows.sequences), len(codes.symbols)
    counts, _ = count_moves(codes, belief, n_symbols=n_codes)
    return SoftMachine(
        _mean_by(codes.inputs, law.starts(standard), n_codes),
        _mean_by(codes.inputs, law.moves(standard), n_codes),
        mean_output(codes, belief),
        codes.symbols,
        codes.classes,
        visited(counts),
        output=codes.output,
        spread=output_spread(codes, belief),
        law=law,
    )


def _mean_by(codes: np.ndarray, values: np.ndarray, n_codes: int) -> np.ndarray:
    """Return the mean (V, ...) of values (N, ...) by code; of a code without rows that of all."""
    means = np.broadcast_to(values.mean(axis=0), (n_codes, *values.shape[1:])).copy()
    for code in np.unique(codes):
        means[code] = values[codes == code].mean(axis=0)
    return means
