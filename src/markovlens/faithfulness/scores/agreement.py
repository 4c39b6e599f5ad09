"""Whether a machine answers as the task asks, and as the network does."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from markovlens.abstractions.coded import coded
from markovlens.arguments import check_choice
from markovlens.arrays import as_array, check_codes
from markovlens.errors import DataError, EvidenceWarning, warn
from markovlens.faithfulness.scores.intervals import AT_MOST_1, POSITIVE
from markovlens.faithfulness.scores.tally import Tally, hits_and_steps
from markovlens.machines.machine import Machine
from markovlens.machines.matching import check_alphabet, check_kind_of_answer
from markovlens.sequences import starts_of
from markovlens.spelling import count, inflected
from markovlens.trace import NO_TARGET, Trace

Unit = Literal["step", "string"]
Mode = Literal["open", "closed"]
SMALL_ALPHABET = 50  # symbols, up to which all should have been met
SHOWN = 3  # names that a warning repeats


def predict(
    machine: Machine, trace: Trace, *, mode: Mode, decoded: np.ndarray | None = None
) -> np.ndarray:
    """Return the machine's output distribution (N, C) at each step of the trace.

    In closed loop only the inputs are handed to the machine: no activation can leak into the score.
    """
    check_choice("mode", mode, get_args(Mode))
    check_kind_of_answer(machine, trace.output)
    rows, trace = trace.sequences, coded(trace, machine.codebook, warns=mode != "closed")
    check_alphabet(machine, trace.symbols, trace.classes)
    _warn_of_unread(machine, trace)
    if mode == "closed":
        return machine.predict(rows)  # by its codebook, or its law
    if decoded is None:
        raise DataError(
            "open-loop scores need `decoded`, the state (N,) read off the activations",
            page="counts-differ",
        )
    states = check_codes("decoded", as_array("decoded", decoded), stop=machine.n_states)
    if len(states) != trace.n_steps:
        raise DataError(
            f"expected {trace.n_steps} rows of decoded, got {len(states)}", page="counts-differ"
        )
    return machine.readout[states]


def _warn_of_unread(machine: Machine, trace: Trace) -> None:
    """Warn of symbols that the machine met in no state; of vocabularies some are always unread."""
    if not trace.reads_symbols or not 1 < machine.n_symbols <= SMALL_ALPHABET:
        return
    read = np.delete(trace.inputs, starts_of(trace.lengths))  # a begin mark is met in no state
    counts = np.bincount(read[read < machine.n_symbols], minlength=machine.n_symbols)
    unread = np.flatnonzero((counts > 0) & ~machine.seen.any(axis=1))
    if len(unread):
        names = ", ".join(repr(machine.symbols[symbol]) for symbol in unread[:SHOWN])
        n_steps = int(counts[unread].sum())
        warn(
            f"{n_steps} {inflected(n_steps, 'step')} read {count(len(unread), 'symbol')} that the "
            f"machine never met when it was built ({names}): what it does there is a rule for the "
            "unseen",
            EvidenceWarning,
        )


def at_unit(wanted: np.ndarray, trace: Trace, unit: Unit) -> np.ndarray:
    """Return `wanted` (N,) with -1 at the steps that do not count for this unit.

    For `string` only the last step of each sequence at which something is wanted counts.
    """
    check_choice("unit", unit, get_args(Unit))
    if unit == "step":
        return wanted
    last = np.where(wanted >= 0, np.arange(len(wanted)), -1)
    last = np.maximum.reduceat(last, starts_of(trace.lengths))
    kept = np.full_like(wanted, NO_TARGET)
    kept[last[last >= 0]] = wanted[last[last >= 0]]
    return kept


def agreement(
    answers: np.ndarray, wanted: np.ndarray, trace: Trace, *, balanced: bool = False
) -> Tally:
    """Return the share of steps with `answers` (N,) equal to `wanted` (N,), -1 not counted.

    Balanced, it is the mean over the wanted classes of the share within each class, so that a
    machine which always says the commonest class gets 1 / (number of classes).
    """
    groups = wanted if balanced else np.where(wanted >= 0, 0, NO_TARGET)
    n_groups = len(trace.classes) if balanced else 1
    sums = hits_and_steps(answers == wanted, groups, trace.lengths, n_groups)
    return Tally(*sums, groups=trace.classes if balanced else ())


def explained_divergence(outputs: np.ndarray, trace: Trace, *, smoothing: float) -> Tally:
    """Return which share of what the network says of each step, beyond its mean, is said too.

    1 less the divergence of `outputs` (N, C) over that of the network's own mean output: 0 for a
    machine that answers the same at every step, however well chosen, 1 for the network itself (but
    for the smoothing), below 0 for what is worse than no machine. It is nats over nats, so that
    tasks compare. Cameron & Windmeijer, "An R-squared measure of goodness of fit for some common
    nonlinear regression models", 1997, with the network in place of the truth.

    Args:
        outputs, trace, smoothing: as for `divergence`.
    """
    mean = trace.outputs[trace.has_output].mean(axis=0, dtype=np.float64)
    alone = np.broadcast_to(mean, outputs.shape)
    room = np.maximum(divergence(alone, trace, smoothing=smoothing).numerator, 0)
    # No divergence is below 0, but single precision brings it there, and beyond 1 little room.
    cost = np.maximum(divergence(outputs, trace, smoothing=smoothing).numerator, 0)
    return Tally(room - cost, room, AT_MOST_1)


def divergence(
    outputs: np.ndarray, trace: Trace, *, smoothing: float, reference: np.ndarray | None = None
) -> Tally:
    """Return the mean KL(reference ‖ outputs), nats per step with an output.

    Args:
        outputs: (N, C), the distributions that are judged; mixed with the uniform distribution by
            the weight `smoothing`, so that a zero costs much but not everything.
        trace: gives the reference, the network's own distributions, unless `reference` (N, C) does.
        smoothing: in (0, 1).
        reference: (N, C).
    """
    target = trace.outputs if reference is None else reference
    rows = np.where(trace.has_output, 0, NO_TARGET)
    p = np.where(trace.has_output[:, None], target, 1.0).astype(np.float64)
    q = (1 - smoothing) * outputs + smoothing / outputs.shape[1]
    cost = (p * (np.log(np.maximum(p, 1e-300)) - np.log(q))).sum(axis=1)
    return Tally(*hits_and_steps(cost, rows, trace.lengths, 1), POSITIVE)
