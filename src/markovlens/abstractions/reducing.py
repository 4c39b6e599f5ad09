"""From many decoded states to the smallest machine that does the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.counting import mean_output
from markovlens.abstractions.folding import fold
from markovlens.abstractions.tables import Table, complete, count_table, from_nearest
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import minimal_blocks, quotient, refine
from markovlens.trace import Trace


@dataclass(frozen=True, slots=True)
class Reduced:
    """A minimal machine and where the states that it was made of went.

    Attributes:
        machine: the machine.
        state_of: int (L,), its state for each label that it was made of.
    """

    machine: Machine
    state_of: np.ndarray


def table_of_labels(trace: Trace, labels: np.ndarray, points: np.ndarray) -> Table:
    """Return the table of labels (N,) of the training steps, whose points (N, D) place them."""
    members = np.eye(labels.max() + 1, dtype=np.float32)[labels]
    places = (members.T @ points) / members.sum(axis=0)[:, None]
    return count_table(trace, labels, mean_output(trace, members), places)


def smallest_within(
    trace: Trace, labels: np.ndarray, n_states: int, *, what: str, unseen: str
) -> Reduced:
    """Return the machine of labels (N,) within a budget that agrees best with the network.

    Labels are joined in each way there is: folded, and alike up to words of 0, 1, 2, ... symbols.
    Of equals it is the smallest machine, then the one with the fewest unseen moves.

    Args:
        trace: the training trace; agreement is on it.
        labels: of its steps, 0 .. L-1, each at least once.
        n_states: the budget.
        what: what was joined, for the message.
        unseen: `Options.unseen`.

    Raises:
        DataError: no machine is within the budget.
    """
    points = np.asarray(trace.states, dtype=np.float64)
    table = table_of_labels(trace, labels, points)
    ways = [folded(table, labels), *by_suffixes(table)]
    found = [reduce_to(trace, labels, points, way, unseen=unseen) for way in ways]
    fitting = [each for each in found if each.machine.n_states <= n_states]
    if not fitting:
        least = min(each.machine.n_states for each in found)
        raise DataError(
            f"{what} come down to {least} states, the budget is {n_states}",
            page="every-fit-failed",
        )

    def merit(each: Reduced) -> tuple[float, int, float]:
        machine = each.machine
        return agreement(machine, trace), -machine.n_states, float(machine.seen.mean())

    return max(fitting, key=merit)


def folded(table: Table, labels: np.ndarray) -> np.ndarray:
    """Return the class (L,) of each label by folding, with unseen moves as don't-cares."""
    assert table.places is not None, "labels of activations have a place"
    distance = np.linalg.norm(table.places[:, None] - table.places, axis=-1)
    weights = np.bincount(labels, minlength=len(table.readout))
    decisions = table.readout.argmax(axis=1)
    return fold(table.successor, decisions, weights=weights, distance=distance)


def reduce_to(
    trace: Trace, labels: np.ndarray, points: np.ndarray, classes: np.ndarray, *, unseen: str
) -> Reduced:
    """Return the minimal machine of labels (N,) that are joined in `classes` (L,).

    Moves and answers are counted anew over the classes. A class that the machine never enters on
    its own goes, when decoded, to the nearest one that it does enter.
    """
    table = table_of_labels(trace, classes[labels], points)
    machine = complete(table, trace, unseen=unseen)
    blocks = minimal_blocks(machine)
    inside = np.flatnonzero(blocks[: len(table.readout)] >= 0)
    assert table.places is not None, "labels of activations have a place"
    gap = np.linalg.norm(table.places[:, None] - table.places[inside], axis=-1)
    return Reduced(quotient(machine, blocks), blocks[inside[gap.argmin(axis=1)]][classes])


def by_suffixes(table: Table) -> list[np.ndarray]:
    """Return classes (L,) of labels alike up to words of 0, 1, 2, ... symbols, until none splits.

    Unseen moves are taken from the nearest label that has them.
    """
    successor = from_nearest(table)
    found = [refine(successor, table.readout.argmax(axis=1), rounds=0)]
    while True:
        finer = refine(successor, found[-1], rounds=1)
        if finer.max() == found[-1].max():
            return found
        found.append(finer)


def agreement(machine: Machine, trace: Trace) -> float:
    """Return the share (0..1) of the network's decisions that the machine makes on its own."""
    answered = trace.has_output
    same = machine.predict(trace.sequences).argmax(1)[answered] == trace.decisions[answered]
    return float(same.mean())
