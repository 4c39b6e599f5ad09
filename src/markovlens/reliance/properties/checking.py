"""Whether a property holds of a machine: yes, no, or how likely, with words that show it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from markovlens.machines.machine import Machine
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.patterns import Property
from markovlens.reliance.properties.product import START, Product, product_of
from markovlens.reliance.properties.reaching import breach_probabilities, worst_strategy
from markovlens.reliance.properties.witness import (
    Word,
    likeliest_words,
    part_of,
    shortest_word,
    told,
)

MOST_WORDS = 200  # that are listed towards a bound


@dataclass(frozen=True, slots=True)
class Answer:
    """What a machine alone tells of a property.

    Attributes:
        holds: whether it holds; None where only the probability was asked.
        probability: (least, most) of a breach, or of reaching what is asked for: by the best and
            the worst choice of symbols; the same where they are drawn. None where it is not asked.
        words: that show it: a shortest one, or the likeliest until the bound is passed, or 200;
            none where `witness.MOST_LOOKED_AT` beginnings led to none.
    """

    holds: bool | None
    probability: tuple[float, float] | None
    words: tuple[Word, ...]


def answered_by(machine: Machine, stated: Property, inputs: Inputs) -> Answer:
    """Return whether a property holds of a machine on words, and words that show it."""
    product = product_of(machine, stated, inputs)
    if not stated.asks:
        return _possible(machine, stated, inputs, product)
    least, most = (
        float(breach_probabilities(product, worst=worst, steps=stated.steps)[START])
        for worst in (False, True)
    )
    bound = stated.bound
    if bound is None:
        return Answer(None, (least, most), ())
    holds = bound.holds(least, most)
    shown = not holds and bound.most
    words = _likeliest(machine, stated, inputs, product) if shown else ()
    return Answer(holds, (least, most), words)


def _possible(machine: Machine, stated: Property, inputs: Inputs, product: Product) -> Answer:
    word = shortest_word(product, machine)
    if not word or (stated.steps is not None and len(word) > stated.steps):
        return Answer(True, None, ())
    return Answer(False, None, (told(machine, stated, inputs, word),))


def _likeliest(
    machine: Machine, stated: Property, inputs: Inputs, product: Product
) -> tuple[Word, ...]:
    strategy = worst_strategy(product, steps=stated.steps)
    assert stated.bound is not None, "there is a bound to be passed"
    words: list[Word] = []
    passed = 0.0
    for symbols in likeliest_words(product, strategy, steps=stated.steps):
        word = told(machine, stated, inputs, symbols)
        part = part_of(product, strategy, symbols, steps=stated.steps)
        words.append(replace(word, part=part))
        passed += part
        if not stated.bound.holds(passed, passed) or len(words) == MOST_WORDS:
            break
    return tuple(words)
