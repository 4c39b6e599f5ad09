"""Storm's explicit format: states, choices and probabilities as numbers, without a language.

`NAME.tra` has the moves and `NAME.lab` the labels, as in `prism`: `init` for the start,
`says_CLASS` where a class is the likeliest, `at_NAME` in a named state. `NAME.choices` names the
symbol of each choice of an MDP, `NAME.0.chance_CLASS.rew` (`value_CLASS`) has the rewards of the
first class (the number tells A from a, which file names may not), and `NAME.about.txt` says what
the names stand for: the format has no place for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from markovlens.machines.formats.header import header, losses
from markovlens.machines.formats.prism import labels_of, legend_of, rewards_of
from markovlens.machines.formats.rows import moves_of
from markovlens.machines.machine import Machine


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of each file by its ending; that of the moves by ""."""
    legend = legend_of(machine)
    symbols = list(legend.symbols)
    found = {
        ".about.txt": header(machine, legend, losses(machine, chances=True)),
        ".lab": _labels(machine, list(legend.classes)),
    }
    if machine.n_symbols > 1:
        found[".choices"] = _choices(machine, symbols)
    for number, (name, rows) in enumerate(rewards_of(machine, list(legend.classes))):
        found[f".{number}.{name}.rew"] = [f"{state} {value}" for state, value in rows]
    found[""] = ["mdp" if machine.n_symbols > 1 else "dtmc", *_moves(machine)]
    return {ending: "\n".join(lines) + "\n" for ending, lines in found.items()}


def _moves(machine: Machine) -> Iterator[str]:
    for move in moves_of(machine):
        choice = f" {move.symbol}" if machine.n_symbols > 1 else ""
        for target, chance in zip(move.targets, move.chances, strict=True):
            yield f"{move.source}{choice} {target} {chance}"


def _choices(machine: Machine, symbols: Sequence[str]) -> list[str]:
    declared = ["#DECLARATION", " ".join(symbols), "#END"]
    states = range(machine.n_states + 1)
    return declared + [f"{s} {code} {name}" for s in states for code, name in enumerate(symbols)]


def _labels(machine: Machine, classes: Sequence[str]) -> list[str]:
    """Return the lines of labels; each state has one line at most."""
    labels = {"init": [0], **dict(labels_of(machine, classes))}
    held: dict[int, list[str]] = {}
    for name, states in labels.items():
        for state in states:
            held.setdefault(state, []).append(name)
    lines = [f"{state} {' '.join(held[state])}" for state in sorted(held)]
    return ["#DECLARATION", " ".join(labels), "#END", *lines]
