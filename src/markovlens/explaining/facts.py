"""The numbers of a card in words: a page and an explorer write them alike."""

from __future__ import annotations

from markovlens.explaining.cards import Answer, Card, Lift, Passage, foremost
from markovlens.explaining.sentences import and_others, counted, number_in_words
from markovlens.outputs import Output
from markovlens.spelling import count, fixed, percentage, significant

CHANCES = (Output.DISTRIBUTION, Output.LABELS)


def facts_of(card: Card, output: Output, unit: str) -> list[tuple[str, str]]:
    """Return what a card tells of its state alone, each with its name.

    Args:
        card: of a state.
        output: what answers are.
        unit: what a step is called.
    """
    facts = {
        "share of time": _time(card, unit),
        "answers": _answers(card, output),
        "next state": f"{fixed(card.entropy_rate, 2)} bits",
        "network differs": _disagreement(card, unit),
        "units": _units(card),
    }
    return [(name, text) for name, text in facts.items() if text]


def reading(lift: Lift) -> str:
    """Return how often a symbol is read in a state, and how many times as often as anywhere."""
    return f"{lift.count:,} (× {fixed(lift.lift, 1)})"


def passing(way: Passage) -> str:
    """Return how often a way is taken, and which part of all ways that is."""
    return f"{counted(way.count, 'time')} ({fixed(100 * way.share, 0)} %)"


def _time(card: Card, unit: str) -> str:
    lasting = "never left"
    if card.dwell is not None:
        lasting = f"{counted(card.dwell, unit)} in the mean until it is left"
    visits = counted(card.n_visits, "visit")
    return f"{percentage(card.share)} of all {unit}s, {visits}, {lasting}"


def _answers(card: Card, output: Output) -> str:
    told = foremost(card, output)
    said = ", ".join(_answer(each, output) for each in told)
    return said + and_others(len(card.answers) - len(told))


def _answer(answer: Answer, output: Output) -> str:
    if output in CHANCES:
        return f"{answer.name} {fixed(answer.value, 2)} (usually {fixed(answer.usual, 2)})"
    return f"{answer.name} {number_in_words(answer)} (usually {significant(answer.usual)})"


def _disagreement(card: Card, unit: str) -> str:
    if card.disagreement is None:
        return ""
    return f"at {percentage(card.disagreement)} of its test {unit}s"


def _units(card: Card) -> str:
    told = [
        f"{each.unit} changes the next answer by {significant(each.effect, 2)}"
        + (f" ({_broken(each.n_broken)})" if each.n_broken else "")
        for each in card.units
    ]
    return f"silencing unit {', '.join(told)}" if told else ""


def _broken(number: int) -> str:
    left_out = count(number, "step")
    return f"{left_out} left out, where the network's answer is not finite"
