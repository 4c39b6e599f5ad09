"""Graphviz DOT as AALpy writes and reads it (aalpy.utils.save_automaton_to_file, 2.0).

Which of AALpy's automata a machine becomes: a `Dfa` if it moves without chance and decides between
two classes, a `MooreMachine` between more; a `MarkovChain` if it ignores its inputs; an `Mdp`
otherwise. AALpy's state has one output, the likeliest class; the attribute `readout`, which AALpy
passes over, has the probabilities.

AALpy reads line by line: names that it would cut, drop or take for something else are replaced and
stand in the legend. It takes names of digits for whole numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from markovlens.machines.formats.decimals import decimal, units
from markovlens.machines.formats.header import NO_CHANCES, header, losses, says_one_class, unseen
from markovlens.machines.formats.naming import Legend, kept_or_replaced
from markovlens.machines.formats.rows import Move, moves_of
from markovlens.machines.machine import Machine

DFA, MOORE, CHAIN, DECIDES = "dfa", "moore", "mc", "mdp"
START = "s0"
# No quote, bracket, bar, colon, slash, backslash or break; no space at an end; and none of the
# words by which AALpy tells lines apart.
_FITS = re.compile(
    r"(?!.*(?:label|doublecircle|__start0|->))"
    r"[^\W_](?:[\w .,+*=!?#%@()'~^&$<>-]*[\w.,+*=!?#%@)'~^&$<>])?"
)
_NUMBER = re.compile(r"0|[1-9][0-9]*")
_NO_ANSWER = "no_answer"


def kind_of(machine: Machine) -> str:
    """Return the name that AALpy has for the kind of automaton a machine becomes."""
    if machine.n_symbols == 1:
        return CHAIN
    if not machine.is_deterministic:
        return DECIDES
    return DFA if len(machine.classes) == 2 else MOORE


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of the one file."""
    kind = kind_of(machine)
    symbols = kept_or_replaced(
        machine.symbols, fits=_FITS, prefix="read_", taken=_other_numbers(machine.symbols)
    )
    taken = [_NO_ANSWER, *_other_numbers(machine.classes)]
    classes = kept_or_replaced(machine.classes, fits=_FITS, prefix="class_", taken=taken)
    legend = Legend(
        dict(zip(symbols, machine.symbols, strict=True)),
        dict(zip(classes, machine.classes, strict=True)),
        {f"s{k + 1}": name for k, name in enumerate(machine.states) if name},
        {**unseen(machine), "kind": kind},
    )
    notes = losses(machine, chances=True)
    if not says_one_class(machine):
        notes.append(f"AALpy reads it without what it has in `readout`; {NO_CHANCES}")
    lines = [
        *(f"// {line.replace('->', 'to')}" for line in header(machine, legend, notes)),
        "digraph machine {",
        *_nodes(machine, kind, classes),
        *(line for move in moves_of(machine) for line in _edges(move, kind, symbols)),
        '__start0 [label="", shape=none];',
        f'__start0 -> {START}  [label=""];',
        "}",
    ]
    return {"": "\n".join(lines) + "\n"}


def _other_numbers(names: Sequence[str]) -> list[str]:
    """Return the names of digits that are no number as Python writes it, such as 007 and ²."""
    return [name for name in names if name.isdigit() and not _NUMBER.fullmatch(name)]


def _nodes(machine: Machine, kind: str, classes: Sequence[str]) -> Iterator[str]:
    """Yield a line for the start, which answers nothing, and for each state."""
    for number, said in enumerate([None, *machine.readout.argmax(axis=1).tolist()]):
        name = f"s{number}"
        answer = _NO_ANSWER if said is None else classes[said]
        shown = {DFA: name, MOORE: f"{name}|{answer}"}.get(kind, answer)
        marks = ["shape=doublecircle"] if kind == DFA and said == 1 else []
        marks += ["shape=record, style=rounded"] if kind == MOORE else []
        if said is not None and machine.readout[number - 1].max() < 1:
            row = " ".join(decimal(unit) for unit in units(machine.readout[number - 1]))
            marks.append(f'readout="{row}"')
        told = ", ".join(["", *marks])
        yield f'{name} [label="{shown}"{told}];'


def _edges(move: Move, kind: str, symbols: Sequence[str]) -> Iterator[str]:
    for chance, target in zip(move.chances, move.targets, strict=True):
        chance = chance if "." in chance else f"{chance}.0"  # a whole number would be a symbol
        shown = chance if kind == CHAIN else symbols[move.symbol]
        shown = f"{shown}:{chance}" if kind == DECIDES else shown
        yield f's{move.source} -> s{target} [label="{shown}"];'
