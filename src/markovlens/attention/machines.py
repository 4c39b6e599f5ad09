"""What a machine says of the steps of a sequence: exactly, and without its network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from markovlens.attention.ranking import each_part
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences


def moved_by_each(machine: Machine, inputs: Sequences, answers: np.ndarray) -> np.ndarray:
    """Return how far each step (N,) raised the machine's probability of an answer (S,).

    It is what `Explanation.of` tells of a prediction; the first step raises it from the mean of
    the states.
    """
    owner = np.repeat(np.arange(len(inputs)), inputs.lengths)
    said = machine.predict(inputs)[np.arange(inputs.n_steps), answers[owner]]
    before = np.append(0.0, said[:-1])
    before[inputs.starts] = machine.readout.mean(axis=0)[answers]
    return np.asarray(said - before)


def needed_by_machine(
    machine: Machine, inputs: Sequences, answers: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Return how much less likely the machine's last answer is without each step (N,).

    The symbol gives way to one drawn by `shares` (V,). A machine is a product of matrices, so that
    the mean over all symbols, with all that follows, is exact.
    """
    usual = _Move(shares @ machine.initial, np.tensordot(shares, machine.transition, 1))
    found = []
    for place in _places(machine, inputs, answers):
        own = _Move(machine.initial[place.symbol], machine.transition[place.symbol])
        found.append(float(place.end(own) - place.end(usual)))
    return np.array(found)


def best_change(
    machine: Machine, inputs: Sequences, answers: np.ndarray, symbols: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the place and symbol (S,) after which the machine's answer (S,) is least likely.

    One substitution by one of `symbols`; the first place of several that are as good.
    """
    others = _Move(machine.initial[symbols], machine.transition[symbols])
    left = np.stack([place.end(others) for place in _places(machine, inputs, answers)])
    best = [part.argmin() for part in each_part(inputs, left)]
    places, chosen = np.divmod(np.array(best), len(symbols))
    return places, symbols[chosen]


@dataclass(frozen=True, slots=True)
class _Move:
    """Of one symbol or several: where they lead first (..., K), and later (..., K, K)."""

    initial: np.ndarray
    transition: np.ndarray


@dataclass(frozen=True, slots=True)
class _Place:
    """A step: the belief (K,) before it, None at the first; what each state after it comes to."""

    before: np.ndarray | None
    rest: np.ndarray
    symbol: int

    def end(self, move: _Move) -> np.ndarray:
        """Return the probability (...,) of the answer at the end, given what is read here."""
        after = move.initial if self.before is None else self.before @ move.transition
        return np.asarray(after @ self.rest)


def _places(machine: Machine, inputs: Sequences, answers: np.ndarray) -> Iterator[_Place]:
    belief = machine.run(inputs)
    for word, start, answer in zip(inputs, inputs.starts, answers, strict=True):
        rest = [machine.readout[:, answer]]
        for symbol in word[:0:-1]:
            rest.append(machine.transition[symbol] @ rest[-1])
        for place, symbol in enumerate(word):
            before = belief[start + place - 1] if place else None
            yield _Place(before, rest[len(word) - 1 - place], int(symbol))
