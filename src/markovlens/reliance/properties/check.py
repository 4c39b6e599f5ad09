"""`ml.check`: what is stated in words, held against a machine and its network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from markovlens.activations.reading import check_settings
from markovlens.arguments import check_kind, check_seed, with_known_arguments
from markovlens.errors import DataError
from markovlens.explaining.explanation import Explanation
from markovlens.listed import Listed
from markovlens.machines.machine import Machine
from markovlens.machines.words import sequences_for
from markovlens.places import EXPLANATION, MACHINE, NETWORK, SEQUENCES, TEXT, check_places
from markovlens.reliance.properties.checked import Checked, Checks
from markovlens.reliance.properties.deciding import Asking, checked
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import ANY, inputs_of
from markovlens.reliance.properties.network import Asked, asked_network, asked_of
from markovlens.reliance.properties.patterns import Property
from markovlens.reliance.properties.replaying import Budget
from markovlens.reliance.properties.storm import Formula, is_formula
from markovlens.sequences import Sequences


@with_known_arguments
def check(
    machine: Machine | Explanation,
    properties: str | Property | Sequence[str | Property],
    *,
    inputs: str = ANY,
    sequences: Listed | None = None,
    network: Any = None,
    budget: Budget | None = None,
    seed: int = 0,
    **reading: Any,
) -> Checked | Checks:
    """Say whether a machine has a property, by which words it has not, and what the network does.

    Where a network is at hand, each violation of the machine is tried on it: either the network
    does the same, and the word is shrunk, or the machine is refined by that word and checked again.
    Refined: states that it took for one are told apart, by which it may come to many more states.
    Where the machine has the property, words are drawn until machine and network agree on as many
    as the bound that is said then takes (`reliance.properties.replaying`).

    Args:
        machine: a machine; or an explanation, whose network is asked.
        properties: one in plain words, see `reliance.properties.grammar`, or a list of them; or a
            formula of PCTL or LTL for Storm, see `reliance.properties.storm`.
        inputs: which words may come: `any`; words drawn by `frequencies` of the symbols of
            `sequences`, or by those of `pairs`, which is what probabilities are of. With `any`
            probabilities are the least and the most that choices of symbols can make them.
        sequences: what the machine reads: they tell which symbols are marks of begin and end, how
            frequent symbols are, and what sequences are like, of which bounds are: give some that
            nothing was fitted on. Those of an explanation's test part when None.
        network: that the machine stands for, as for `record`; that of an explanation when None.
        budget: how long is tried; the defaults of `Budget` when None.
        seed: of words that are drawn.
        **reading: fields of `Reading` by which the network is recorded.

    Returns:
        What is said of it; of a list `Checks`.

    Raises:
        ConfigError: another kind of `inputs`.
        DataError: a property or a budget that is none, an unknown name in it, no sequences where
            they are needed, or a network that is not that of the machine.
    """
    _check_order(machine, properties, network, sequences)
    _check_given(seed, budget, reading)
    listed = [properties] if isinstance(properties, str | Property) else properties
    check_kind("properties", listed, Sequence, advice="give a text, or a list of texts")
    if not listed:
        raise DataError(
            "properties: expected at least one, got none; give a text or a list",
            page="nothing-there",
        )
    stated = [each if isinstance(each, Property) else read(each) for each in listed]
    alone, given, asked = _given(machine, sequences, network, seed, reading)
    words = inputs_of(alone, inputs, given, None if asked is None else asked.answered)
    asking = None if asked is None else Asking(asked, Budget() if budget is None else budget)
    each = tuple(
        checked(alone, one, words, asking, np.random.default_rng([seed, place]))
        for place, one in enumerate(stated)
    )
    return each[0] if isinstance(properties, str | Property) else Checks(each)


def read(text: str) -> Property | Formula:
    """Return a property in plain words, or a formula, which begins with `P`."""
    return Formula(text) if is_formula(text) else parsed(text)


def _check_order(machine: Any, properties: Any, network: Any, sequences: Any) -> None:
    """Raise `DataError` for arguments in each other's places."""
    check_places(
        "check(machine, properties, network=network, sequences=sequences)",
        machine=(machine, (MACHINE, EXPLANATION)),
        properties=(properties, (TEXT,)),
        network=(network, (NETWORK, TEXT)),
        sequences=(sequences, (SEQUENCES, TEXT)),
    )


def _check_given(seed: Any, budget: Any, reading: dict[str, Any]) -> None:
    """Raise for settings that there are not, and for a seed or a budget that is none."""
    check_settings(check, reading)
    check_seed(seed)
    if budget is not None:
        check_kind("budget", budget, Budget, advice="as in `Budget(words=1000)`")


def _given(
    machine: Machine | Explanation, sequences: Any, network: Any, seed: int, reading: dict[str, Any]
) -> tuple[Machine, Sequences | None, Asked | None]:
    """Return the machine alone, what sequences are like, and the network, as far as they are."""
    asked: Asked | None = None
    if isinstance(machine, Explanation):
        asked = asked_of(machine, seed) if network is None else None
        sequences = machine.part("test").sequences if sequences is None else sequences
        machine = machine.machine
    check_kind("machine", machine, Machine, advice="`read_machine` reads one from a file")
    given = None if sequences is None else sequences_for(machine, sequences)
    if network is None:
        return machine, given, asked
    if given is None:
        raise DataError(
            "sequences: expected some to try the network on, got none; give them",
            page="nothing-there",
        )
    return machine, given, asked_network(machine, network, given, seed=seed, reading=reading)
