"""Cards in words, by rule: every part of a sentence is one of the card's numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import reduce
from itertools import permutations
from math import log
from textwrap import wrap

from markovlens.explaining.cards import ANY, Answer, Card, Passage, begins, foremost
from markovlens.explaining.walks import END
from markovlens.machines.edges import START
from markovlens.machines.naming import numbered, visible
from markovlens.outputs import Output
from markovlens.spelling import count, significant

COLUMNS = 100  # letters of a printed line
MOST_NAMED = 3
PAIR = 2  # inputs that are named though there are no others
ALL, MOSTLY = 0.95, 0.5  # of the ways in or out: from here on names stand alone, and for most
SURE = 0.9  # probability from which on an answer is given, and not leant to
ROUNDING = 1e-6  # of the answer, below which a spread is none
SEEN = 0.005  # the least difference of probabilities that two decimals show
APART = 0.5  # standard deviations from the usual value that are worth a word


def sentence_of(
    card: Card, output: Output, *, unit: str = "step", names: Sequence[str] = (),
    inputs: Sequence[str] = (),
) -> str:  # fmt: skip
    """Return what a card says in a few short sentences.

    What it answers, what leads into it, how often it is met and for how long, and what leads where.

    Args:
        card: of a state.
        output: what answers are.
        unit: what a step is called, such as `word` or `minute`.
        names: of all states, "" of those without; those of ways out are told.
        inputs: all that are read; where more than two all lead there, "any input" does.
    """
    title = f"State {card.state}" + (f" ({card.name})" if card.name else "")
    if not card.n_steps:
        return f"{title}: never met in these sequences."
    parts = [
        f"{title} {_saying(card, output)}", _entering(card, unit), _lasting(card, unit),
        _leaving(card, names),
    ]  # fmt: skip
    said = " ".join(f"{part}." for part in parts if part)
    return with_any(said, inputs)


def with_any(said: str, inputs: Sequence[str]) -> str:
    """Return a sentence in which a list of all inputs, in whatever order, is "any input"."""
    if not PAIR < len(inputs) <= MOST_NAMED:
        return said
    lists = (either([f"*{name}*" for name in order]) for order in permutations(inputs))
    return reduce(lambda text, every: text.replace(every, ANY), lists, said)


def _entering(card: Card, unit: str) -> str:
    starts = begins(card)
    inside = [way for way in card.entered if way.state != START]
    first = [way for way in card.entered if way.state == START]
    known = {lift.symbol for way in inside for lift in way.symbols}
    only_read = all(lift.symbol in known for way in first for lift in way.symbols)
    if not inside or (starts > MOSTLY and not only_read):
        return "Sequences begin here"
    how, names = named_symbols(inside)
    after = f"It comes {how}after {names}"
    if starts < 1 - ALL:
        return after
    if only_read:  # the state is not begun in: a first step leads there as a later one does
        return f"{after}, also as the first {unit}"
    others = [_without(way, known) for way in first]
    how, names = named_symbols(others)
    if known <= {lift.symbol for way in first for lift in way.symbols}:
        return f"{after}, as the first {unit} also {how}after {names}"
    return f"{after}, or {how}after {names} as the first {unit}"


def _without(way: Passage, known: Collection[str]) -> Passage:
    """Return a way in by the symbols that are not known of other ways."""
    rest = tuple(lift for lift in way.symbols if lift.symbol not in known)
    return replace(way, symbols=rest, count=sum(lift.count for lift in rest))


def _lasting(card: Card, unit: str) -> str:
    percent = 100 * card.share
    share = "less than 1" if percent < 0.5 else f"{percent:.0f}"
    met = f"It is met at {share} % of all {unit}s, in {counted(card.n_visits, 'visit')}"
    if card.dwell is None:
        return f"{met}, and never left"
    return f"{met} of {counted(card.dwell, unit)} in the mean"


def counted(number: float, unit: str) -> str:
    """Return a number of steps in words, `2.1 words`."""
    shown = f"{number:,.1f}".removesuffix(".0")
    return f"{shown} {unit}" + ("" if shown == "1" else "s")


def _leaving(card: Card, states: Sequence[str]) -> str:
    outside = [way for way in card.left if way.state != END]
    if not outside:
        return ""
    ways = [_leading(way, states) for way in outside[:MOST_NAMED]]
    return f"It goes {'; '.join(ways)}" + ("; or elsewhere" if len(outside) > MOST_NAMED else "")


def _leading(way: Passage, states: Sequence[str]) -> str:
    how, names = named_symbols([way])
    return f"to state {numbered(way.state, states)} {how}by {names}"


def named_symbols(ways: Sequence[Passage]) -> tuple[str, str]:
    """Return the symbols of several ways in words, `*0* or *1*`, and how far these are all.

    Where there are many they are ordered by how often they are met there and how seldom elsewhere;
    "mostly" or "often" says that others are, too.
    """
    counts: Counter[str] = Counter()
    weight: Counter[str] = Counter()
    for lift in (lift for way in ways for lift in way.symbols):
        counts[lift.symbol] += lift.count
        weight[lift.symbol] += lift.count * log(max(lift.lift, 1.0))  # type: ignore[assignment]
    few = len(counts) <= MOST_NAMED
    order = sorted(counts, key=lambda name: (-(counts if few else weight)[name], name))
    named = order[:MOST_NAMED]
    if not named:
        return "", "many inputs"
    share = sum(counts[name] for name in named) / sum(way.count for way in ways)
    how = "" if share >= ALL else "mostly " if share >= MOSTLY else "often "
    return how, either([f"*{visible(name)}*" for name in named])


def either(names: Sequence[str]) -> str:
    """Return names as `a`, `a or b`, `a, b or c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _saying(card: Card, output: Output) -> str:
    answers, told = card.answers, foremost(card, output)
    if output == Output.DISTRIBUTION:
        return _deciding(answers)
    if output == Output.LABELS:
        on = [f"*{each.name}*" for each in told if each.value > 0.5]
        others = sum(each.value > 0.5 for each in answers) - len(on)
        return f"says {', '.join(on)}{and_others(others)}" if on else "says no label"
    if output == Output.RISK:
        return f"ranks at {answers[0].value:.2f} of all risks, {answers[0].usual:.2f} in the mean"
    return f"answers {', '.join(map(_estimating, told))}{and_others(len(answers) - len(told))}"


def and_others(number: int) -> str:
    """Return that more are there than are told, "" where none are."""
    return f" and {count(number, 'other')}" if number else ""


def _deciding(answers: Sequence[Answer]) -> str:
    likely = max(answers, key=lambda each: each.value)
    if likely.value >= SURE:
        return f"answers *{likely.name}*"
    pushed = max(answers, key=lambda each: each.value - each.usual)
    if pushed.value - pushed.usual < SEEN:
        return f"leans to *{likely.name}* ({likely.value:.2f}), as usual"
    return (
        f"pushes towards *{pushed.name}* ({pushed.value:.2f}, {pushed.usual:.2f} in the mean)"
        if pushed is likely
        else f"leans to *{likely.name}* ({likely.value:.2f}), more than usual to *{pushed.name}* "
        f"({pushed.value:.2f})"
    )


def broken(text: str, *, indent: str = "", inside: str | None = None) -> list[str]:
    """Return text in lines that terminals have room for; none of no text.

    Args:
        text: a sentence or more.
        indent: before the first line.
        inside: before all others; two blanks more than `indent` where not given.
    """
    further = f"{indent}  " if inside is None else inside
    return wrap(
        text, COLUMNS, initial_indent=indent, subsequent_indent=further, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _estimating(answer: Answer) -> str:
    apart = answer.value - answer.usual
    where = "above" if apart > 0 else "below"
    near = answer.spread is not None and abs(apart) < APART * answer.spread
    beside = "as usual" if near else f"{where} the mean {significant(answer.usual)}"
    return f"{answer.name} {number_in_words(answer)}, {beside}"


def number_in_words(answer: Answer) -> str:
    """Return a value in words, with its spread where that is more than rounding."""
    size = max(abs(answer.value), abs(answer.usual))
    told = answer.spread is not None and answer.spread > ROUNDING * size
    spread = f" ± {significant(answer.spread, 2)}" if told and answer.spread is not None else ""
    return significant(answer.value) + spread
