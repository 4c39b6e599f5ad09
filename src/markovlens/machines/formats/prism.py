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
    symbols = tokens(machine.symbols, prefix="read_")
    classes, states = tokens(machine.classes, prefix=""), tokens(machine.states, prefix="")
    legend = Legend(
        dict(zip(symbols, machine.symbols, strict=True)),
        dict(zip(classes, machine.classes, strict=True)),
        dict(zip(map(str, range(1, machine.n_states + 1)), machine.states, strict=False)),
        {**unseen(machine), "output": machine.output.value},
    )
    notes = losses(machine, chances=True)
    if machine.output == Output.VALUES and (machine.readout < 0).any():
        notes.append(NEGATIVE)
    lines = [
        *(f"// {line}" for line in header(machine, legend, notes)),
        "mdp" if machine.n_symbols > 1 else "dtmc",
        "",
        "module machine",
        f"  s : [0..{machine.n_states}] init 0;",
        *(_command(move, symbols) for move in moves_of(machine)),
        "endmodule",
        "",
        *_labels(machine, classes, states),
        *_rewards(machine, classes),
    ]
    return {"": "\n".join(lines) + "\n"}


def _command(move: Move, symbols: Sequence[str]) -> str:
    action = symbols[move.symbol] if symbols else ""
    pairs = zip(move.chances, move.targets, strict=True)
    updates = " + ".join(f"{chance}:(s'={target})" for chance, target in pairs)
    return f"  [{action}] s={move.source} -> {updates};"


def _labels(machine: Machine, classes: Sequence[str], states: Sequence[str]) -> Iterator[str]:
    if machine.output == Output.DISTRIBUTION:
        likeliest = machine.readout.argmax(axis=1)
        for number, name in enumerate(classes):
            inside = np.flatnonzero(likeliest == number) + 1
            where = " | ".join(f"s={state}" for state in inside) or "false"
            yield f'label "says_{name}" = {where};'
    for state, name in enumerate(states):
        if machine.states[state]:
            yield f'label "at_{name}" = s={state + 1};'


def _rewards(machine: Machine, classes: Sequence[str]) -> Iterator[str]:
    certain = machine.output == Output.DISTRIBUTION
    kind = "chance" if certain else "value"
    if certain:
        said = [[decimal(unit) for unit in row] for row in units(machine.readout)]
    else:
        said = [[repr(float(value)) for value in row] for row in machine.readout]
    for column, name in enumerate(classes):
        yield f'rewards "{kind}_{name}"'
        earned = [(state, row[column]) for state, row in enumerate(said) if float(row[column])]
        for state, value in earned or [(0, "0")]:  # Storm takes no structure without rewards
            yield f"  s={state + 1} : {value};"
        yield "endrewards"
