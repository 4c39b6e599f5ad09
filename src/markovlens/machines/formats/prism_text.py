"""The parts of a file in the PRISM language: what is declared, as expressions not yet evaluated."""

from __future__ import annotations

from dataclasses import dataclass, field

from markovlens.errors import DataError
from markovlens.machines.formats.expressions import Node, Reader, constant, expression, tokens_of

KINDS = {
    "dtmc": False,
    "probabilistic": False,
    "mdp": True,
    "nondeterministic": True,
}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: its least and greatest value, None of a truth value, and the first one."""

    low: Node | None
    high: Node | None
    first: Node | None


@dataclass(frozen=True, slots=True)
class Command:
    """What is done under a guard: the action, and updates, each with its probability."""

    action: str
    guard: Node
    updates: tuple[tuple[Node, dict[str, Node]], ...]


@dataclass(slots=True)
class Parts:
    """All that a file declares, by name.

    Attributes:
        decides: whether it is an MDP, whose actions are chosen.
        named: constants and formulas.
        variables, labels: by name.
        rewards: by name of the structure, pairs of guard and value.
        commands: in the order of the file.
        n_modules: how many modules there were.
    """

    decides: bool = True
    named: dict[str, Node] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    labels: dict[str, Node] = field(default_factory=dict)
    rewards: dict[str, list[tuple[Node, Node]]] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    n_modules: int = 0


def parts_of(text: str) -> Parts:
    """Return what a file declares; raises `DataError` for what is not understood, with its line."""
    reader, parts = Reader(tokens_of(text)), Parts()
    known = {
        "const": _named,
        "formula": _named,
        "global": _global,
        "module": _module,
        "label": _label,
        "rewards": _rewards,
    }
    while reader.next.kind != "end":
        word = reader.take("name")
        if word in KINDS:
            parts.decides = KINDS[word]
        elif word in known:
            known[word](reader, parts)
        else:
            raise DataError(
                f"expected a PRISM model of kind dtmc or mdp with one module, labels and rewards, "
                f"got {word!r}; write it without",
                page="unreadable-machine",
            )
    return parts


def _named(reader: Reader, parts: Parts) -> None:
    name = reader.take("name")
    if name in ("int", "double", "bool"):
        name = reader.take("name")
    if not reader.skip("="):
        raise DataError(
            f"expected a value of the constant {name!r}, got none; write it in",
            page="unreadable-machine",
        )
    _declare(parts, name)
    parts.named[name] = expression(reader)
    reader.need(";")


def _declare(parts: Parts, name: str) -> None:
    if name in parts.named or name in parts.variables:
        raise DataError(f"expected each name once, got {name!r} twice", page="unreadable-machine")


def _global(reader: Reader, parts: Parts) -> None:
    _variable(reader, parts, reader.take("name"))


def _variable(reader: Reader, parts: Parts, name: str) -> None:
    reader.need(":")
    _declare(parts, name)
    low = high = None
    if not reader.skip("bool"):
        reader.need("[")
        low = expression(reader)
        reader.need("..")
        high = expression(reader)
        reader.need("]")
    first = expression(reader) if reader.skip("init") else low
    reader.need(";")
    parts.variables[name] = Variable(low, high, first)


def _module(reader: Reader, parts: Parts) -> None:
    reader.take("name")
    if reader.next.text == "=" or parts.n_modules:
        raise DataError(
            "expected one module, got another or a renamed one; write their product as one module",
            page="unreadable-machine",
        )
    parts.n_modules += 1
    while not reader.skip("endmodule"):
        if reader.skip("["):
            _command(reader, parts)
        else:
            _variable(reader, parts, reader.take("name"))


def _command(reader: Reader, parts: Parts) -> None:
    action = "" if reader.next.text == "]" else reader.take("name")
    reader.need("]")
    guard = expression(reader)
    reader.need("->")
    updates = [_update(reader)]
    while reader.skip("+"):
        updates.append(_update(reader))
    reader.need(";")
    parts.commands.append(Command(action, guard, tuple(updates)))


def _update(reader: Reader) -> tuple[Node, dict[str, Node]]:
    """Return the probability of an update, and what each variable becomes."""
    chance = constant(1.0)
    if not _assigns(reader):
        chance = expression(reader)
        reader.need(":")
    changes: dict[str, Node] = {}
    while not reader.skip("true"):
        reader.need("(")
        name = reader.take("name")
        if not name.endswith("'") or name[:-1] in changes:
            raise reader.expected("a variable and ', each once")
        reader.need("=")
        changes[name[:-1]] = expression(reader)
        reader.need(")")
        if not reader.skip("&"):
            break
    return chance, changes


def _assigns(reader: Reader) -> bool:
    """Return whether an update comes next without a probability, which is then 1."""
    if reader.next.text == "(":
        return reader.after.text.endswith("'")
    return reader.next.text == "true" and reader.after.text != ":"


def _label(reader: Reader, parts: Parts) -> None:
    name = reader.take("quoted")[1:-1]
    reader.need("=")
    parts.labels[name] = expression(reader)
    reader.need(";")


def _rewards(reader: Reader, parts: Parts) -> None:
    """Keep the rewards of states; those of moves say nothing of a state's answer."""
    name = reader.take("quoted")[1:-1] if reader.next.kind == "quoted" else ""
    held = parts.rewards.setdefault(name, [])
    while not reader.skip("endrewards"):
        of_moves = reader.skip("[")
        if of_moves:
            if reader.next.text != "]":
                reader.take("name")
            reader.need("]")
        guard = expression(reader)
        reader.need(":")
        value = expression(reader)
        reader.need(";")
        if not of_moves:
            held.append((guard, value))
