"""The states that a PRISM model reaches, and where its commands lead."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from markovlens.errors import DataError
from markovlens.machines.formats.chart import check_size
from markovlens.machines.formats.expressions import Node, Value, evaluate
from markovlens.machines.formats.prism_text import Command, Parts

MOST_TRIES = 3_000_000  # names, numbers and operations, some seconds
AN_UPDATE = 5  # as many operations as one takes beside what it evaluates
T = TypeVar("T")
State = tuple[Value, ...]
Row = Mapping[State, float]


@dataclass(slots=True)
class Model:
    """A PRISM model that is being walked through.

    Attributes:
        parts: what its file declares.
        constants: values of what names no variable.
        formulas: the others, each after those that it names.
        bounds: the least and greatest value of each variable.
        tries: names, numbers and operations that were evaluated, of guards, formulas, updates,
            rewards and labels.
    """

    parts: Parts
    constants: dict[str, Value]
    formulas: dict[str, Node]
    bounds: dict[str, tuple[Value, Value]] = field(default_factory=dict)
    tries: int = 0

    def known(self, state: State) -> dict[str, Value]:
        """Return the value of every name in a state."""
        names = len(self.constants) + len(self.parts.variables)
        self.count(names + sum(node.size for node in self.formulas.values()))
        values = {**self.constants, **dict(zip(self.parts.variables, state, strict=True))}
        for name, node in self.formulas.items():
            values[name] = evaluate(node, values)
        return values

    def count(self, n: int) -> None:
        """Raise `DataError` where `n` more names and operations would take too long."""
        self.tries += n
        if self.tries > MOST_TRIES:
            raise DataError(
                f"expected a model that is explored in {MOST_TRIES} operations, got one of more; "
                "write fewer states, formulas or commands",
                page="unreadable-machine",
            )


def model_of(parts: Parts) -> Model:
    """Return a model to walk; raises `DataError` for names that are unknown or go in a circle."""
    if not parts.variables or not parts.commands:
        raise DataError(
            "expected a module with a variable and a command, got none", page="unreadable-machine"
        )
    _check_names(parts)
    ordered = _ordered(parts.named)
    varying: set[str] = set(parts.variables)
    constants: dict[str, Value] = {}
    for name, node in ordered.items():
        if node.names & varying:
            varying.add(name)
        else:
            constants[name] = evaluate(node, constants)
    formulas = {name: node for name, node in ordered.items() if name not in constants}
    model = Model(parts, constants, formulas)
    for name, variable in parts.variables.items():
        ends = (variable.low, variable.high)
        low, high = (_fixed(model, name, end) for end in ends)
        model.bounds[name] = (low, high)
    return model


def _fixed(model: Model, name: str, end: Node | None) -> Value:
    if end is None:
        return False
    if not end.names <= set(model.constants):
        raise DataError(
            f"expected bounds of {name!r} that are constants", page="unreadable-machine"
        )
    return evaluate(end, model.constants)


def _check_names(parts: Parts) -> None:
    known = {*parts.named, *parts.variables}
    asked: set[str] = set().union(*(node.names for node in _nodes(parts)))
    if unknown := sorted(asked - known):
        raise DataError(
            f"expected names that are declared, got {unknown[0]!r}; declare it",
            page="unreadable-machine",
        )
    changed = {name for each in parts.commands for _, new in each.updates for name in new}
    if wrong := sorted(changed - set(parts.variables)):
        raise DataError(
            f"expected updates of variables, got one of {wrong[0]!r}", page="unreadable-machine"
        )


def _nodes(parts: Parts) -> Iterable[Node]:
    yield from parts.named.values()
    yield from parts.labels.values()
    for variable in parts.variables.values():
        yield from filter(None, (variable.low, variable.high, variable.first))
    for pairs in parts.rewards.values():
        for pair in pairs:
            yield from pair
    for command in parts.commands:
        yield command.guard
        for chance, changes in command.updates:
            yield from (chance, *changes.values())


def _ordered(named: Mapping[str, Node]) -> dict[str, Node]:
    """Return definitions, each after those that it asks for; raises `DataError` for a circle."""
    waiting = {name: {each for each in node.names if each in named} for name, node in named.items()}
    needed = defaultdict(set)
    for name, asked in waiting.items():
        for each in asked:
            needed[each].add(name)
    ready = [name for name, asked in waiting.items() if not asked]
    found = {}
    while ready:
        name = ready.pop()
        found[name] = named[name]
        for other in needed[name]:
            waiting[other].discard(name)
            if not waiting[other]:
                ready.append(other)
    if len(found) < len(named):
        first = next(name for name in named if name not in found)
        raise DataError(
            f"expected constants and formulas, got a circle through {first!r}",
            page="unreadable-machine",
        )
    return found


def first_state(model: Model) -> State:
    """Return the state that the model begins in."""
    parts = model.parts
    state: list[Value] = []
    for name, variable in parts.variables.items():
        first = variable.first
        state.append(False if first is None else _fixed(model, name, first))
        _check_bounds(model, name, state[-1])
    return tuple(state)


def _check_bounds(model: Model, name: str, value: Value) -> None:
    variable, (low, high) = model.parts.variables[name], model.bounds[name]
    if variable.low is not None and (isinstance(value, bool) or value != int(value)):
        raise DataError(
            f"expected {name!r} to be a whole number, got {value}; round it with `floor` or `ceil`",
            page="unreadable-machine",
        )
    good = isinstance(value, bool) if variable.low is None else low <= value <= high
    if not good:
        raise DataError(
            f"expected {name!r} within its bounds, got {value}", page="unreadable-machine"
        )


def walk(model: Model, begin: Iterable[State]) -> dict[State, dict[str, Row]]:
    """Return where each action leads from every state that can be reached, in order.

    Raises:
        DataError: too many states, or an update to what is no state.
    """
    waiting = list(begin)
    found: dict[State, dict[str, Row]] = {}
    known = set(waiting)
    commands, others = by_value(model.parts, model.parts.commands, _guard)
    while waiting:
        state = waiting.pop()
        values = model.known(state)
        tried = [*commands.get(state[0], ()), *others]
        model.count(sum(each.guard.size for each in tried))
        enabled = [each for each in tried if evaluate(each.guard, values)]
        found[state] = _rows(model, state, values, enabled)
        new = {to for row in found[state].values() for to in row} - known
        known |= new
        check_size(len(known))
        waiting += new
    return {state: found[state] for state in sorted(found)}


def by_value(
    parts: Parts, items: Iterable[T], guard_of: Callable[[T], Node]
) -> tuple[dict[Value, list[T]], list[T]]:
    """Return what holds for one value of the first variable alone, by that value, and the rest."""
    first = next(iter(parts.variables))
    found: dict[Value, list[T]] = defaultdict(list)
    others = []
    for item in items:
        only = guard_of(item).only
        if only is not None and only[0] == first:
            found[only[1]].append(item)
        else:
            others.append(item)
    return found, others


def _guard(command: Command) -> Node:
    return command.guard


def _rows(
    model: Model, state: State, values: Mapping[str, Value], enabled: list[Command]
) -> dict[str, Row]:
    """Return where each action leads from one state."""
    by_action: dict[str, list[Command]] = defaultdict(list)
    for command in enabled:
        by_action[command.action if model.parts.decides else ""].append(command)
    rows: dict[str, Row] = {}
    for action, commands in by_action.items():
        if len(commands) > 1 and model.parts.decides:
            raise DataError(
                f"expected one command for {action!r} in each state, got {len(commands)} at "
                f"{said(model, state)}; what is left to choose is no machine",
                page="unreadable-machine",
            )
        rows[action] = _mixed(model, state, values, commands)
    if not rows and not model.parts.decides:
        rows[""] = {state: 1.0}  # as PRISM and Storm do where nothing can be done
    return rows


def _mixed(
    model: Model, state: State, values: Mapping[str, Value], commands: list[Command]
) -> dict[State, float]:
    """Return the next states; of several commands of a chain each is taken as often."""
    row: dict[State, float] = defaultdict(float)
    for command in commands:
        for chance, changes in command.updates:
            sizes = sum(node.size for node in (chance, *changes.values()))
            model.count(AN_UPDATE + sizes + len(state))
            weight = float(evaluate(chance, values)) / len(commands)
            if not weight >= 0:
                raise DataError(
                    f"expected probabilities, got {weight:g} at {said(model, state)}",
                    page="unreadable-machine",
                )
            if weight > 0:
                row[_next(model, state, values, changes)] += weight
    return dict(row)


def _next(
    model: Model, state: State, values: Mapping[str, Value], changes: Mapping[str, Node]
) -> State:
    after = []
    for name, before in zip(model.parts.variables, state, strict=True):
        value = evaluate(changes[name], values) if name in changes else before
        _check_bounds(model, name, value)
        whole = isinstance(value, float) and value.is_integer()
        after.append(int(value) if whole else value)
    return tuple(after)


def said(model: Model, state: State) -> str:
    """Return a state in words."""
    if len(state) == 1 and not isinstance(state[0], bool):
        return str(state[0])
    return ", ".join(f"{k}={v}" for k, v in zip(model.parts.variables, state, strict=True))
