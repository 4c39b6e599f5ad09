"""Whether a machine is the true automaton, for every string there is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from markovlens.codebooks.base import Codebook
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import equivalent, harden, minimise
from markovlens.tasks.protocols import BEGIN, without_begin
from markovlens.trace import Trace

EXACT = "exact_language"
PURITY, CONSISTENCY = "code_purity", "code_consistency"  # of codes that rows are read by


def exactness(machine: Machine, truth: Machine) -> dict[str, float]:
    """Return `exact_language` and `minimal_states` of a machine's most likely moves.

    `exact_language` is 1 if the automaton decides every string as the true one does (a walk over
    all pairs of states, not a sample), else 0; `minimal_states` is the size of the smallest
    automaton that decides as it does, states after at least one symbol counted, the dead one
    included. A begin symbol is taken as read.
    """
    found, wanted = (_begun(harden(one)) for one in (machine, truth))
    same = equivalent(found, wanted) is None and _before(machine) == _before(truth)
    return {EXACT: float(same), "minimal_states": float(minimise(found).n_states)}


def over_codes(truth: Machine, rows: Trace, codebook: Codebook) -> Machine:
    """Return the true machine over the codes of another codebook than its own.

    Each code is read as most of its rows are; where a code holds rows of two symbols, nothing that
    reads codes can be right on all of them.

    Args:
        truth: reads rows through its own codebook, the true one.
        rows: training sequences, which every code has rows in.
        codebook: the other one.
    """
    read = _read_as(truth, rows, codebook)
    return replace(
        truth,
        initial=truth.initial[read],
        transition=truth.transition[read],
        seen=truth.seen[read],
        symbols=codebook.names,
        codebook=codebook,
    )


def purely_read(truth: Machine, rows: Trace, codebook: Codebook, test: Trace) -> np.ndarray:
    """Return whether the true symbol of each test row (N,) is that of most rows of its code.

    The share of these rows is `code_purity`: how far an automaton over codes can be the true one.

    Args:
        truth, rows, codebook: as for `over_codes`.
        test: other sequences of rows.
    """
    inputs = test.sequences
    said = _read_as(truth, rows, codebook)[codebook.encode(inputs)]
    return np.asarray(said == truth.symbols_of(inputs))


def _read_as(truth: Machine, rows: Trace, codebook: Codebook) -> np.ndarray:
    """Return the symbol (V,) that most training rows of each code have."""
    counts = np.zeros((len(codebook.names), truth.n_symbols))
    inputs = rows.sequences
    np.add.at(counts, (codebook.encode(inputs), truth.symbols_of(inputs)), 1)
    return np.asarray(counts.argmax(axis=1))


def minimal_states(machine: Machine) -> int:
    """Return the size of the smallest automaton that decides as a machine's most likely moves do.

    As everywhere, states after at least one symbol count, the dead one included; a start to which
    nothing leads back does not. A begin symbol is taken as read.
    """
    return minimise(_begun(harden(machine))).n_states


def _begun(machine: Machine) -> Machine:
    return without_begin(machine) if BEGIN in machine.symbols else machine


def _before(machine: Machine) -> int | None:
    """Return the decision on the empty string, None where there is no begin symbol to ask at."""
    if BEGIN not in machine.symbols:
        return None
    first = machine.initial[machine.symbols.index(BEGIN)].argmax()
    return int(np.argmax(machine.readout[first]))
