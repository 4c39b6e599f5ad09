"""Plain words become properties, and what is none says where."""

import pytest

from markovlens.errors import DataError
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.letters import Atom, Joined, Not
from markovlens.reliance.properties.patterns import Bound, Pattern

GOOD, BAD = Atom("answers", ("good",)), Atom("answers", ("bad",))
READ = Atom("reads", ("not",))


@pytest.mark.parametrize(
    ("text", "pattern", "statements", "number"),
    [
        ("never answers good", Pattern.NEVER, (GOOD,), 0),
        ("always answers good", Pattern.ALWAYS, (GOOD,), 0),
        ("never answers good after reads not", Pattern.AFTER, (GOOD, READ), 0),
        ("after reads not, never answers good", Pattern.AFTER, (GOOD, READ), 0),
        ("after reads not always answers good", Pattern.AFTER, (Not(GOOD), READ), 0),
        (
            "after reads not, never answers good until answers bad",
            Pattern.AFTER_UNTIL, (GOOD, READ, BAD), 0,
        ),
        (
            "always answers good after reads not until answers bad",
            Pattern.AFTER_UNTIL, (Not(GOOD), READ, BAD), 0,
        ),
        ("after reads not, answers good within 3 steps", Pattern.FOLLOWED, (READ, GOOD), 3),
        ("after reads not always answers good within 1 step", Pattern.FOLLOWED, (READ, GOOD), 1),
        ("after reads not, next answers good", Pattern.NEXT, (READ, GOOD), 0),
        ("answers good at most 2 times", Pattern.COUNTED, (GOOD,), 2),
        ("at most 2 times answers good", Pattern.COUNTED, (GOOD,), 2),
        ("answers good only after reads not", Pattern.ONLY_AFTER, (GOOD, READ), 0),
    ],
)  # fmt: skip
def test_patterns_are_read(text, pattern, statements, number):
    found = parsed(text)
    assert (found.pattern, found.statements, found.number) == (pattern, statements, number)
    assert not found.asks
    assert str(found) == text


def test_probabilities_are_asked_and_bounded():
    assert parsed("probability of answers good").asks
    found = parsed("probability of ever reaching answers good within 5 steps at most 0.25")
    assert (found.bound, found.steps) == (Bound(True, 0.25), 5)
    assert parsed("probability of answers good at least 0.25").bound == Bound(False, 0.25)
    held = parsed("answers good at most 2 times, with probability at least 0.75")
    assert held.bound == Bound(True, 0.25)  # of a breach
    assert held.asks


def test_statements_are_joined_and_names_quoted():
    (one,) = parsed("never 'not' or (reads 'very good', 'or' or a) and not state 2").statements
    read = Atom("reads", ("very good", "or", "a"))
    both = Joined(True, (read, Not(Atom("state", ("2",)))))
    assert one == Joined(False, (Atom("any", ("not",)), both))


def test_a_list_ends_in_or_and_a_comma_without_one_ends_the_name():
    found = parsed("after reads a, b or c, answers bad within 1 steps")
    assert found.statements == (Atom("reads", ("a", "b", "c")), BAD)
    alone = parsed("after reads a, answers bad within 1 steps")
    assert alone.statements == (Atom("reads", ("a",)), BAD)
    apart = parsed("never reads a or answers bad")
    assert apart.statements == (Joined(False, (Atom("reads", ("a",)), BAD)),)


def test_numbers_are_compared():
    (one,) = parsed("never answers risk above 0.9").statements
    assert one == Atom("answers", ("risk",), "above", 0.9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected a text"),
        ("answers good", "expected `at most N times` or `only after`, got its end"),
        ("never", "expected a name, got its end"),
        ("never answers good after", "expected a name, got its end"),
        ("never answers good maybe", "expected its end, got 'maybe' at place 19"),
        ("answers good at most many times", "whole number of times up to 10,000, got 'many'"),
        ("answers good at most 99999 times", "whole number of times up to 10,000"),
        ("probability of answers good at most 2", "expected a probability in 0..1"),
        ("after reads a, answers b", "or what comes `within N steps`"),
        ("never answers 'good", "a quotation mark at 13 has no other"),
        ("never (answers good", "expected `)`"),
        ("never not", "expected a name, got its end"),
    ],
)
def test_what_is_no_property_says_where(text, said):
    with pytest.raises(DataError, match=r"(?s).*write a property such as") as caught:
        parsed(text)
    assert said in str(caught.value)
