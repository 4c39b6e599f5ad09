"""From what a machine tells of a property, and what its network does, to what is said of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.machines.soft import plain
from markovlens.reliance.properties.checked import Checked, Finding
from markovlens.reliance.properties.checking import answered_by
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.measuring import Measured, measured, on_sequences
from markovlens.reliance.properties.network import Asked
from markovlens.reliance.properties.patterns import Bound, Property, bounded_above
from markovlens.reliance.properties.replaying import Budget, Replay, replayed
from markovlens.reliance.properties.storm import Formula, answered_by_storm


@dataclass(frozen=True, slots=True)
class Asking:
    """The network, and how long it is asked about one property."""

    asked: Asked
    budget: Budget


def checked(
    machine: Machine,
    stated: Property | Formula,
    inputs: Inputs,
    asking: Asking | None,
    rng: np.random.Generator,
) -> Checked:
    """Return what is said of one property.

    Args:
        machine: that is checked.
        stated: the property, or a formula for the machine alone.
        inputs: the words that may come.
        asking: the network; None where the machine alone is checked.
        rng: of words that are drawn.
    """
    if asking is not None and asking.asked.by_codes:  # words of codes are tried, and no rows
        machine = replace(plain(machine), codebook=None)
    if isinstance(stated, Formula):  # no word shows what a formula says
        return _by_storm(machine, stated, inputs)
    answer = answered_by(machine, stated, inputs)
    alone = Checked(
        stated, _of_machine(answer.holds), answer.holds, answer.probability, answer.words,
        machine, inputs,
    )  # fmt: skip
    if asking is None:
        return alone
    if not stated.asks or (inputs.weight is None and _by_one_word(stated)):
        return _replayed(alone, stated, asking, rng)
    if inputs.weight is None or any(each.looks_at_states(machine) for each in stated.statements):
        return alone  # no number of words shows what choices can bring about, or what no one sees
    return _measured(alone, stated, asking, rng)


def _by_one_word(stated: Property) -> bool:
    """Return whether one word of the network breaches a bound, where symbols are chosen."""
    return bounded_above(stated) and not (stated.bound and stated.bound.holds(1.0, 1.0))


def _by_storm(machine: Machine, stated: Formula, inputs: Inputs) -> Checked:
    holds, value = answered_by_storm(machine, stated, inputs)
    probability = None if value is None else (value, value)
    return Checked(stated, _of_machine(holds), holds, probability, (), machine, inputs)


def _of_machine(holds: bool | None) -> Finding:
    if holds is None:
        return Finding.VALUE
    return Finding.HOLDS if holds else Finding.VIOLATED


def _replayed(
    alone: Checked, stated: Property, asking: Asking, rng: np.random.Generator
) -> Checked:
    asked, budget = asking.asked, asking.budget
    replay = replayed(alone.machine, stated, alone.inputs, asked, budget=budget, rng=rng)
    of_states = any(each.looks_at_states(alone.machine) for each in stated.statements)
    heard = () if of_states else (on_sequences(stated, asked, 1 - budget.delta),)
    return replace(alone, finding=_of_replay(replay), replay=replay, measured=heard)


def _of_replay(replay: Replay) -> Finding:
    if replay.counterexample is not None:
        return Finding.CONFIRMED
    return Finding.UNDECIDED if replay.reason else Finding.TESTED


def _measured(
    alone: Checked, stated: Property, asking: Asking, rng: np.random.Generator
) -> Checked:
    asked, budget = asking.asked, asking.budget
    found = measured(
        stated, alone.inputs, asked,
        n_words=budget.words, confidence=1 - budget.delta, rng=rng,
    )  # fmt: skip
    heard = on_sequences(stated, asked, 1 - budget.delta)
    finding = alone.finding
    if stated.bound is not None:
        finding = _bounded(found, stated.bound, bool(alone.on_machine))
        if _breaks(heard, stated.bound) and finding != Finding.CONFIRMED:
            finding = Finding.UNDECIDED  # words drawn vary in length more than those given
    return replace(alone, finding=finding, measured=(found, heard))


def _bounded(found: Measured, bound: Bound, on_machine: bool) -> Finding:
    """Return what the interval of the network's probability says, beside the machine's answer."""
    low, high = found.interval
    if (high <= bound.limit) if bound.most else (low >= bound.limit):
        return Finding.TESTED if on_machine else Finding.KEPT
    return Finding.CONFIRMED if _breaks(found, bound) else Finding.UNDECIDED


def _breaks(found: Measured, bound: Bound) -> bool:
    """Return whether the whole interval lies beyond the bound."""
    low, high = found.interval
    return low > bound.limit if bound.most else high < bound.limit
