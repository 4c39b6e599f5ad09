"""From the states that a method found to those that differ in what comes after them.

BIC counts what describes the activations: one state of a language may lie in several places, and
two may share a place. Lumping joins the former and parts the latter, on what was recorded already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.closeness import as_good, closeness, overlaps
from markovlens.abstractions.kinds import DECIDES, output_kind
from markovlens.abstractions.numbering import permuted, walk_order
from markovlens.abstractions.reducing import (
    Reduced,
    by_suffixes,
    folded,
    reduce_to,
    table_of_labels,
)
from markovlens.arrays import distinct_rows
from markovlens.codebooks.base import Codebook
from markovlens.machines.lumping import Usage, lump
from markovlens.machines.machine import Machine
from markovlens.machines.storage import machine_from_dict, machine_to_dict
from markovlens.sequences import starts_of
from markovlens.spelling import count
from markovlens.trace import Trace

LUMPABLE = (
    "hmm",
    "hmm_input",
    "gmm",
    "kmeans",
    "grid",
)  # the others' machines are minimal or floors
TOLERANCES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
LONGEST = 2  # states before the one at a step that a path may hold
RULE = "automaton of paths of {} states"
MOST_PATHS = 200  # with many more kinds of path folding takes minutes


@dataclass(frozen=True, slots=True, repr=False)
class Lumping:
    """A method's second reading of a network, over states with different futures.

    Attributes:
        machine: B states, numbered in the order of a walk from the start.
        members: (K, B), how the training steps decoded as each of the method's K states spread
            over the B; zeros for a state that none was decoded as. One-hot rows where states were
            only joined.
        rule: what made it, in words.
    """

    machine: Machine
    members: np.ndarray
    rule: str

    def __repr__(self) -> str:
        """Return how many states became how many, by what rule, and the machine."""
        before, after = self.members.shape
        return f"Lumping: {count(before, 'state')} became {after}, {self.rule}; {self.machine!r}"


def lumping_to_dict(lumping: Lumping) -> dict[str, Any]:
    """Return the lumping as plain values, but for a codebook, which its study keeps."""
    machine = machine_to_dict(replace(lumping.machine, codebook=None))
    return {"machine": machine, "members": lumping.members.tolist(), "rule": lumping.rule}


def lumping_from_dict(plain: Mapping[str, Any], codebook: Codebook | None) -> Lumping:
    """Return the lumping that `lumping_to_dict` wrote, with the codebook of its study."""
    machine = replace(machine_from_dict(plain["machine"]), codebook=codebook)
    return Lumping(machine, np.array(plain["members"], dtype=float), plain["rule"])


def lump_states(evidence: Evidence, fitted: Fitted, options: Options) -> Lumping:
    """Return the smallest lumped machine that is as close to the network as any.

    Two kinds of machines compete, none of them larger than what the method fitted:

    - its own machine, states joined within each of `TOLERANCES` (`machines.lumping`);
    - of networks that decide, automata of paths: steps are told apart by the decoded state and the
      symbol read, there and at up to `LONGEST` steps before. Moves are counted anew, each its
      commonest, and paths with the same future become one state. So a state that holds two kinds
      of steps, which no joining mends, is parted by what the path tells of them. Longer paths are
      tried only while no automaton is perfect, and none in alphabets above `options.max_symbols`.

    What counts is closeness on validation sequences (`closeness`). Of the machines within one
    standard error of the closest, it is the one with the fewest states; of equals the closer one,
    in decisions, then in probabilities.

    Raises:
        DataError: there are no validation sequences.
    """
    valid = evidence.validation
    found = list(_joined(evidence.train, fitted))
    scores = [closeness(each.machine, valid) for each in found]
    for automata in _automata(evidence.train, fitted, options):
        close = [closeness(each.machine, valid) for each in automata]
        found, scores = found + automata, scores + close
        if any(values.mean() == 1 for values in close):
            break
    good = as_good(dict(enumerate(scores)))

    def merit(index: int) -> tuple[int, float, float]:
        machine, score = found[index].machine, scores[index].mean()
        return -machine.n_states, score, overlaps(machine, valid).mean()

    return found[max(good, key=merit)]


def _joined(trace: Trace, fitted: Fitted) -> Iterator[Lumping]:
    """Yield the distinct machines that joining states within `TOLERANCES` gives."""
    machine, known = fitted.machine, set()
    used = Usage.of(machine, trace.sequences)
    for tolerance in TOLERANCES:
        lumped = lump(machine, tolerance=tolerance, used=used)
        if lumped.block_of.tobytes() in known:
            continue
        known.add(lumped.block_of.tobytes())
        order = walk_order(lumped.machine)
        members = (lumped.block_of[:, None] == order).astype(float)
        rule = f"states joined within a tolerance of {tolerance:g}"
        yield Lumping(permuted(lumped.machine, order), members, rule)


def _automata(trace: Trace, fitted: Fitted, options: Options) -> Iterator[list[Lumping]]:
    """Yield the automata of paths, longer and longer ones, where there can be any."""
    few_symbols = len(trace.symbols) <= options.max_symbols
    if fitted.decode is None or not few_symbols or output_kind(trace).name != DECIDES:
        return
    states, n_states = fitted.decode(trace), fitted.machine.n_states
    for before in range(LONGEST + 1):
        labels = path_labels(trace, states, before=before)
        if labels.max() >= MOST_PATHS:
            return
        yield [
            Lumping(each.machine, _spread(states, n_states, each, labels), RULE.format(before + 1))
            for each in _reduced(trace, labels, options)
            if each.machine.n_states <= n_states
        ]


def _reduced(trace: Trace, labels: np.ndarray, options: Options) -> Iterator[Reduced]:
    """Yield the minimal automata of labels (N,), joined in each way there is."""
    points = np.asarray(trace.states, dtype=np.float64)
    table = table_of_labels(trace, labels, points)
    ways = {way.tobytes(): way for way in (folded(table, labels), *by_suffixes(table))}
    for way in ways.values():
        yield reduce_to(trace, labels, points, way, unseen=options.unseen)


def _spread(states: np.ndarray, n_states: int, reduced: Reduced, labels: np.ndarray) -> np.ndarray:
    """Return how the steps decoded as each state are spread over those of an automaton, (K, B)."""
    counts = np.zeros((n_states, reduced.machine.n_states))
    np.add.at(counts, (states, reduced.state_of[labels]), 1)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def path_labels(trace: Trace, states: np.ndarray, *, before: int) -> np.ndarray:
    """Return a number (N,) for the path to each step, without gaps.

    Paths are alike if decoded states and symbols read are, at the step and at `before` steps
    before it, or from the start of the sequence.
    """
    now = labels = _numbers(states, trace.inputs)
    for _ in range(before):
        last = np.roll(labels, 1)
        last[starts_of(trace.lengths)] = -1
        labels = _numbers(last, now)
    return labels


def _numbers(*columns: np.ndarray) -> np.ndarray:
    return distinct_rows(np.column_stack(columns))[1]
