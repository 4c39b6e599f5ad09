"""The language of PRISM, which Storm reads, too (prismmodelchecker.org/manual/ThePRISMLanguage).

A machine that ignores its inputs is a discrete-time Markov chain; any other is a Markov decision
process, whose action is the symbol that is read. State 0 is the start. A label `says_NAME` holds
where NAME is the likeliest class, `at_NAME` in the state of that name; a reward structure
`chance_NAME` is the probability of a class, `value_NAME` what the answer is in the mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from markovlens.machines.formats.decimals import decimal, units
from markovlens.machines.formats.header import header, losses, unseen
from markovlens.machines.formats.naming import Legend, tokens
from markovlens.machines.formats.rows import Move, moves_of
from markovlens.machines.machine import Machine
from markovlens.outputs import Output

NEGATIVE = "some values are negative: Storm takes them as rewards, PRISM itself does not"


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of the one file."""
    legend = legend_of(machine)
    notes = losses(machine, chances=True)
    if machine.output == Output.VALUES and (machine.readout < 0).any():
        notes.append(NEGATIVE)
    lines = [
        *(f"// {line}" for line in header(machine, legend, notes)),
        "mdp" if machine.n_symbols > 1 else "dtmc",
        "",
        "module machine",
        f"  s : [0..{machine.n_states}] init 0;",
        *(_command(move, list(legend.symbols)) for move in moves_of(machine)),
        "endmodule",
        "",
        *(_label(name, states) for name, states in labels_of(machine, list(legend.classes))),
        *(line for each in rewards_of(machine, list(legend.classes)) for line in _reward(*each)),
    ]
    return {"": "\n".join(lines) + "\n"}


def legend_of(machine: Machine) -> Legend:
    """Return the legend of identifiers; states are their numbers in the file."""
    return Legend(
        dict(zip(tokens(machine.symbols, prefix="read_"), machine.symbols, strict=True)),
        dict(zip(tokens(machine.classes, prefix=""), machine.classes, strict=True)),
        {str(state + 1): name for state, name in enumerate(machine.states)},
        {**unseen(machine), "output": machine.output.value},
    )


def labels_of(machine: Machine, classes: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Yield the labels, each with the numbers of the states where it holds."""
    if machine.output == Output.DISTRIBUTION:
        likeliest = machine.readout.argmax(axis=1)
        for number, name in enumerate(classes):
            yield f"says_{name}", (np.flatnonzero(likeliest == number) + 1).tolist()
    for state, name in enumerate(tokens(machine.states, prefix="")):
        if machine.states[state]:
            yield f"at_{name}", [state + 1]


def rewards_of(
    machine: Machine, classes: Sequence[str]
) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Yield the reward structures, each with the states that have any, and how much.

    One of nothing has a 0: Storm 2.0 takes no structure without rewards.
    """
    certain = machine.output == Output.DISTRIBUTION
    if certain:
        said = [[decimal(unit) for unit in row] for row in units(machine.readout)]
    else:
        said = [[repr(float(value)) for value in row] for row in machine.readout]
    for column, name in enumerate(classes):
        earned = [(state + 1, row[column]) for state, row in enumerate(said) if float(row[column])]
        yield f"{'chance' if certain else 'value'}_{name}", earned or [(1, "0")]


def _command(move: Move, symbols: Sequence[str]) -> str:
    action = symbols[move.symbol] if symbols else ""
    pairs = zip(move.chances, move.targets, strict=True)
    updates = " + ".join(f"{chance}:(s'={target})" for chance, target in pairs)
    return f"  [{action}] s={move.source} -> {updates};"


def _label(name: str, states: Sequence[int]) -> str:
    where = " | ".join(f"s={state}" for state in states) or "false"
    return f'label "{name}" = {where};'


def _reward(name: str, earned: Sequence[tuple[int, str]]) -> list[str]:
    return [f'rewards "{name}"', *(f"  s={s} : {value};" for s, value in earned), "endrewards"]
