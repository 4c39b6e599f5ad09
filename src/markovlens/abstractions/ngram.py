"""The floor of memory: a state is what was read last, as far back as the state budget reaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import weighted_classes
from markovlens.abstractions.counting import mean_output, output_spread
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.trace import Trace


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the n-gram machine of the longest context whose number fits into `n_states`.

    With more symbols than states, symbols are grouped into `n_states` classes by the network's
    mean output after each of them, and the context is the last class.
    """
    trace = evidence.train
    codes = _symbol_classes(trace, n_states, rng)
    n_codes = int(codes.max()) + 1
    order = max(1, int(np.log(n_states) / np.log(n_codes) + 1e-9)) if n_codes > 1 else 1
    machine = _context_machine(trace, codes, n_codes=n_codes, order=order)
    return Fitted(machine)


def _symbol_classes(trace: Trace, n_classes: int, rng: np.random.Generator) -> np.ndarray:
    """Return the class (V,) of each symbol: itself where the budget allows."""
    n_symbols = len(trace.symbols)
    if n_symbols <= n_classes:
        return np.arange(n_symbols)
    after = mean_output(trace, np.eye(n_symbols, dtype=np.float32)[trace.inputs])
    if trace.output == Output.VALUES:  # columns count alike, whatever their units
        spread = after.std(axis=0)
        after = after / np.where(spread > 0, spread, 1.0)
    weights = np.bincount(trace.inputs[trace.has_output], minlength=n_symbols)
    return weighted_classes(after, weights, n_classes, rng)


def _context_machine(trace: Trace, codes: np.ndarray, *, n_codes: int, order: int) -> Machine:
    """Return the machine whose state is the last `order` codes, the newest the lowest digit."""
    n_states = n_codes**order
    states = np.arange(n_states)
    successor = (states * n_codes) % n_states + codes[:, None]  # (V, K)
    shape = (len(codes), n_states)
    one_hot = np.eye(n_states)
    # Before `order` symbols are read the older digits are unknown: all are equally likely.
    initial = (states % n_codes == codes[:, None]) / (n_states / n_codes)
    blank = np.full((n_states, len(trace.classes)), 1 / len(trace.classes))
    machine = Machine(
        initial, one_hot[successor], blank, trace.symbols, trace.classes, np.ones(shape, bool)
    )
    belief = machine.run(trace.sequences)
    return replace(
        machine,
        readout=mean_output(trace, belief),
        output=trace.output,
        spread=output_spread(trace, belief),
    )
