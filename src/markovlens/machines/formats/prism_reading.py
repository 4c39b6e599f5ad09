"""PRISM models as machines: their states by exploration, their answers by labels or rewards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.answers import ROW_SUM_TOLERANCE
from markovlens.machines.formats.chart import Chart, check_size, machine_of
from markovlens.machines.formats.expressions import Node, Value, evaluate
from markovlens.machines.formats.naming import Legend, legend_in, text_of
from markovlens.machines.formats.prism_states import (
    Model,
    State,
    by_value,
    first_state,
    model_of,
    said,
    walk,
)
from markovlens.machines.formats.prism_text import parts_of
from markovlens.machines.machine import Machine
from markovlens.outputs import Output

SAYS, CHANCE, VALUE = "says_", "chance_", "value_"
Answers = dict[State, np.ndarray]
Rewards = Mapping[str, list[tuple[Node, Node]]]


def read(content: bytes) -> Machine:
    """Return the machine of a DTMC or MDP in the PRISM language.

    A DTMC becomes a machine that ignores its inputs; of an MDP the actions are the symbols. What a
    state answers are rewards that are probabilities, a structure a class; without such, the labels:
    one of several in each state, or whether the only one holds.

    Raises:
        DataError: no such model, more of the language than is read, more states than are allowed,
            or answers that cannot be told.
    """
    text = text_of(content)
    legend, model = legend_in(text), model_of(parts_of(text))
    begin = first_state(model)
    states = walk(model, _all_states(model) if legend.more else [begin])
    entered = any(begin in row for rows in states.values() for row in rows.values())
    inside = [each for each in states if entered or each != begin] or [begin]
    classes, answers, output = _answers(model, inside, legend)
    named = {state: said(model, state) for state in states}
    symbols = list(dict.fromkeys(each.action for each in model.parts.commands))
    if model.parts.decides and "" in symbols:
        raise DataError(
            "expected an action of every command of an mdp: the symbol that is read",
            page="unreadable-machine",
        )
    check_size(len(states), max(len(symbols), 1))
    moves = {
        (named[state], action): {named[to]: chance for to, chance in row.items()}
        for state, rows in states.items()
        for action, row in rows.items()
    }
    chart = Chart(
        named[begin],
        {named[state]: answers.get(state) for state in states},
        moves,
        tuple(symbols) if model.parts.decides else (),
        classes,
        output,
    )
    return machine_of(chart, legend)


def _all_states(model: Model) -> list[State]:
    """Return all values of the one variable of a file of ours: it may have states unreached."""
    low, high = next(iter(model.bounds.values()))
    check_size(int(high) - int(low))
    return [(value,) for value in range(int(low), int(high) + 1)]


def _answers(
    model: Model, states: Sequence[State], legend: Legend
) -> tuple[tuple[str, ...], Answers, Output]:
    if legend.classes:
        return _as_written(model, states, legend)
    named = {name: pairs for name, pairs in model.parts.rewards.items() if pairs}
    rewards = dict(zip(_bare(list(named), (CHANCE, VALUE)), named.values(), strict=True))
    if rewards:
        found = _earned(model, states, rewards)
        sums = np.array([row.sum() for row in found.values()])
        least = min(row.min() for row in found.values())
        certain = least >= 0 and np.abs(sums - 1).max() <= ROW_SUM_TOLERANCE
        ours = all(name.startswith(CHANCE) for name in model.parts.rewards)
        if certain and (len(rewards) > 1 or ours):
            return tuple(rewards), found, Output.DISTRIBUTION
        if all(name.startswith(VALUE) for name in model.parts.rewards):
            return tuple(rewards), found, Output.VALUES
    return _labelled(model, states)


def _as_written(
    model: Model, states: Sequence[State], legend: Legend
) -> tuple[tuple[str, ...], Answers, Output]:
    """Return the answers of a file of ours, whose legend says what they are."""
    output = _output(legend)
    prefix = CHANCE if output == Output.DISTRIBUTION else VALUE
    wanted = [prefix + token for token in legend.classes]
    if set(wanted) != set(model.parts.rewards):
        raise DataError(
            f"expected the rewards {', '.join(wanted)}, as its legend says, got "
            f"{', '.join(model.parts.rewards) or 'none'}; a part is lost: write the file anew, or "
            "remove the line of the legend",
            page="unreadable-machine",
        )
    rewards = {name: model.parts.rewards[name] for name in wanted}
    return tuple(legend.classes), _earned(model, states, rewards), output


def _output(legend: Legend) -> Output:
    told = legend.more.get("output", Output.DISTRIBUTION.value)
    if told not in list(Output):
        raise DataError(
            f"expected one of {', '.join(Output)} as `output` of the legend, got {told!r}",
            page="unreadable-machine",
        )
    return Output(told)


def _bare(names: Sequence[str], prefixes: Sequence[str]) -> tuple[str, ...]:
    """Return names without the prefix that all have; as they are where they have none in common."""
    for prefix in prefixes:
        if all(name.startswith(prefix) for name in names):
            return tuple(name.removeprefix(prefix) for name in names)
    return tuple(names)


def _earned(model: Model, states: Sequence[State], rewards: Rewards) -> Answers:
    """Return what each state (C,) earns of each reward structure."""
    sorted_out = [by_value(model.parts, pairs, _guard) for pairs in rewards.values()]
    found = {}
    for state in states:
        values = model.known(state)
        structures = [[*some.get(state[0], ()), *others] for some, others in sorted_out]
        model.count(sum(guard.size + gain.size for pairs in structures for guard, gain in pairs))
        found[state] = np.array([_sum(pairs, values) for pairs in structures])
    return found


def _guard(pair: tuple[Node, Node]) -> Node:
    return pair[0]


def _sum(pairs: Sequence[tuple[Node, Node]], values: Mapping[str, Value]) -> float:
    earned = (evaluate(gain, values) for guard, gain in pairs if evaluate(guard, values))
    return sum(map(float, earned))


def _labelled(model: Model, states: Sequence[State]) -> tuple[tuple[str, ...], Answers, Output]:
    names = _bare(list(model.parts.labels), (SAYS,))
    labels = dict(zip(names, model.parts.labels.values(), strict=True))
    holds = {}
    for state in states:
        values = model.known(state)
        model.count(sum(node.size for node in labels.values()))
        holds[state] = np.array([float(bool(evaluate(n, values))) for n in labels.values()])
    if len(labels) == 1:
        name = next(iter(labels))
        both = {state: np.array([1 - row[0], row[0]]) for state, row in holds.items()}
        return (f"not {name}", name), both, Output.DISTRIBUTION
    for state, row in holds.items():
        if row.sum() != 1:
            there = [name for name, here in zip(labels, row, strict=True) if here]
            raise DataError(
                "expected a label that says what each state answers: one in all, or one of several "
                f"in each state, got {', '.join(there) or 'none'} at {said(model, state)}; label "
                "them, or give a reward structure a class, of its probabilities",
                page="unreadable-machine",
            )
    return tuple(labels), holds, Output.DISTRIBUTION
