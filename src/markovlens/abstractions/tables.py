"""Deterministic machines as tables of successors, with explicit holes where nothing was seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.base import RULES
from markovlens.abstractions.counting import mean_output, output_spread
from markovlens.arguments import check_choice
from markovlens.machines.machine import Machine
from markovlens.sequences import starts_of
from markovlens.trace import Trace

UNSEEN = -1


@dataclass(frozen=True, slots=True)
class Table:
    """What K states did on V symbols.

    Attributes:
        successor: int (K, V), the next state, `UNSEEN` where the pair never occurred.
        usual: int (K,), the commonest next state whatever the symbol; itself if it was never left.
        first: int (V,), the state after the first symbol; the commonest first state for symbols
            that no sequence began with.
        readout: (K, C), the output distribution of each state.
        places: (K, D), where each state lies; None for states that were never activations.
        spread: (K, C), as a machine has it.
    """

    successor: np.ndarray
    usual: np.ndarray
    first: np.ndarray
    readout: np.ndarray
    places: np.ndarray | None = None
    spread: np.ndarray | None = None


def count_table(
    trace: Trace, labels: np.ndarray, readout: np.ndarray, places: np.ndarray | None = None
) -> Table:
    """Return the most frequent successor of each (state, symbol); ties go to the lowest state.

    Args:
        trace: the training trace.
        labels: int (N,), its states.
        readout: (K, C), the output distribution of each state.
        places: (K, D) or None, as in `Table`.
    """
    n_states, n_symbols = len(readout), len(trace.symbols)
    starts = starts_of(trace.lengths)
    moves = np.setdiff1d(np.arange(trace.n_steps), starts)
    before, after, read = labels[moves - 1], labels[moves], trace.inputs[moves]
    everywhere = _commonest(np.zeros(len(starts), dtype=np.int64), labels[starts], 1, n_states)[0]
    first = _commonest(trace.inputs[starts], labels[starts], n_symbols, n_states)
    usual = _commonest(before, after, n_states, n_states)
    return Table(
        _commonest(before * n_symbols + read, after, n_states * n_symbols, n_states).reshape(
            n_states, n_symbols
        ),
        np.where(usual == UNSEEN, np.arange(n_states), usual),
        np.where(first == UNSEEN, everywhere, first),
        readout,
        places,
    )


def _commonest(keys: np.ndarray, values: np.ndarray, n_keys: int, n_values: int) -> np.ndarray:
    """Return for each key (n_keys,) the value that stands beside it most often, else `UNSEEN`."""
    pairs, counts = np.unique(keys * n_values + values, return_counts=True)
    # By key, then count, then the higher value first, so that the last to be written wins.
    order = np.lexsort((-(pairs % n_values), counts, pairs // n_values))
    found = np.full(n_keys, UNSEEN)
    found[pairs[order] // n_values] = pairs[order] % n_values
    return found


def complete(table: Table, trace: Trace, *, unseen: str) -> Machine:
    """Return the machine of a table; `machine.seen` tells which moves are the rule's.

    The rule for a (state, symbol) that never occurred in training:

    - `majority`: the state's commonest successor, whatever the symbol (as `counting` does).
    - `nearest`: the successor of the nearest state that did read this symbol; the majority where
      no state did, or where states have no place.
    - `stop`: the run ends there, and the answer stays (Dong et al. 2020, baseline 1). Each state
      with a hole has a halted copy, beyond the budget.
    - `sink`: one more state, beyond the budget, which is never left and answers with the
      network's mean output.

    LISOR's own code goes silently to state 0, which no option offers. A halted copy and the sink
    have seen nothing, so every move that begins in them counts as unseen.

    Args:
        table: the table.
        trace: names of symbols and classes, and the outputs for the mean.
        unseen: the rule.

    Raises:
        ConfigError: no such rule.
    """
    check_choice("unseen", unseen, RULES)
    seen = table.successor != UNSEEN
    successor, readout, spread = table.successor, table.readout, table.spread
    if unseen in ("stop", "sink"):
        successor, readout, spread = _beyond(table, trace, halt=unseen == "stop")
        seen = np.pad(seen, ((0, len(successor) - len(seen)), (0, 0)))
    else:
        filled = from_nearest(table) if unseen == "nearest" else table.usual[:, None]
        successor = np.where(seen, successor, filled)
    one_hot = np.eye(len(successor))
    return Machine(
        one_hot[table.first],
        one_hot[successor.T],
        readout,
        trace.symbols,
        trace.classes,
        seen.T,
        output=trace.output,
        spread=spread,
    )


def _beyond(
    table: Table, trace: Trace, *, halt: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return successors, readouts and spreads, those of states that are never left at the end."""
    hole = table.successor == UNSEEN
    open_states = np.flatnonzero(hole.any(axis=1))
    if not len(open_states):
        return table.successor, table.readout, table.spread
    n_states, n_symbols = table.successor.shape
    target = np.full(n_states, n_states)
    everywhere = np.ones((trace.n_steps, 1))
    extra, apart = mean_output(trace, everywhere), output_spread(trace, everywhere)
    if halt:
        target[open_states] = n_states + np.arange(len(open_states))
        extra = table.readout[open_states]
        apart = None if table.spread is None else table.spread[open_states]
    stay = np.repeat((n_states + np.arange(len(extra)))[:, None], n_symbols, axis=1)
    filled = np.where(hole, target[:, None], table.successor)
    readout = np.concatenate([table.readout, extra])
    spread = None
    if table.spread is not None and apart is not None:
        spread = np.concatenate([table.spread, apart])
    return np.concatenate([filled, stay]), readout, spread


def from_nearest(table: Table) -> np.ndarray:
    """Return successors (K, V): of each state or, unseen, of the nearest that read the symbol."""
    filled = np.repeat(table.usual[:, None], table.successor.shape[1], axis=1)
    if table.places is None:
        return np.where(table.successor == UNSEEN, filled, table.successor)
    distance = np.linalg.norm(table.places[:, None] - table.places, axis=-1)
    for symbol, column in enumerate(table.successor.T):
        having = np.flatnonzero(column != UNSEEN)
        if len(having):
            filled[:, symbol] = column[having[distance[:, having].argmin(axis=1)]]
    return filled
