"""`ml.check`: what is stated in words, held against a machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markovlens.arguments import check_kind
from markovlens.errors import DataError
from markovlens.explaining.explanation import Explanation
from markovlens.explaining.inputs import sequences_of
from markovlens.machines.machine import Machine
from markovlens.reliance.properties.checked import Checked, Checks, Finding
from markovlens.reliance.properties.checking import answered_by
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import ANY, Inputs, inputs_of
from markovlens.reliance.properties.patterns import Property
from markovlens.sequences import Sequences


def check(
    machine: Machine | Explanation,
    properties: str | Sequence[str],
    *,
    inputs: str = ANY,
    sequences: Sequences | Sequence[Any] | None = None,
) -> Checked | Checks:
    """Say whether a machine has a property, and by which words it has not.

    Args:
        machine: a machine, or an explanation, whose machine is checked on its sequences.
        properties: one in plain words, see `reliance.properties.grammar`, or a list of them.
        inputs: which words may come: `any`; words drawn by `frequencies` of the symbols of
            `sequences`, or by those of `pairs`, which is what probabilities are of. With `any`
            probabilities are the least and the most that choices of symbols can make them.
        sequences: what the machine reads: they tell which symbols are marks of begin and end, and
            how frequent symbols are.

    Returns:
        What is said of it; of a list `Checks`.

    Raises:
        ConfigError: another kind of `inputs`.
        DataError: a property that is none, an unknown name in it, or no sequences where they are
            needed.
    """
    if isinstance(machine, Explanation):
        sequences = machine.trace.sequences if sequences is None else sequences
        machine = machine.machine
    check_kind("machine", machine, Machine, advice="`read_machine` reads one from a file")
    given = None if sequences is None else sequences_of(sequences, machine.symbols)
    words = inputs_of(machine, inputs, given)
    if isinstance(properties, str | Property):
        return _checked(machine, properties, words)
    if not properties:
        raise DataError("properties: expected at least one, got none; give a text or a list")
    return Checks(tuple(_checked(machine, each, words) for each in properties))


def _checked(machine: Machine, stated: str | Property, words: Inputs) -> Checked:
    stated = stated if isinstance(stated, Property) else parsed(stated)
    answer = answered_by(machine, stated, words)
    finding = (
        Finding.VALUE
        if answer.holds is None
        else (Finding.HOLDS if answer.holds else Finding.VIOLATED)
    )
    return Checked(stated, finding, answer.probability, answer.words, machine, words)
