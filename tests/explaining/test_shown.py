"""The page says in people's words what its cards hold, and what it was made of."""

import html
import re

import pytest

import markovlens as ml
from markovlens.explaining.cards import Answer
from markovlens.explaining.page import emphasised, page_of
from markovlens.explaining.sentences import number_in_words


@pytest.fixture(scope="module")
def state(explained):
    return explained.of("the film was not").path[-1]


@pytest.fixture(scope="module")
def text(explained, state):
    return html.unescape(page_of(explained.named({state: "after a negation"})))


def section(text, state):
    return re.search(rf'<section id="state-{state}".*?</section>', text, re.DOTALL)[0]


def row(card, title):
    return re.sub(r"\s+", " ", re.search(rf">{title}</th>(.*?)</tr>", card, re.DOTALL)[1])


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("after *not* or *a b*", "after <em>not</em> or <em>a b</em>"),
        ("by *** or *+*", "by <em>*</em> or <em>+</em>"),
        ("by *<b>*", "by <em>&lt;b&gt;</em>"),
        ("2 * 3", "2 * 3"),
    ],
)
def test_names_are_set_off_and_nothing_is_markup_of_theirs(given, shown):
    assert str(emphasised(given)) == shown


def test_no_asterisks_are_left(text):
    assert "*" not in re.sub(r"<(style|svg).*?</\1>", "", text, flags=re.DOTALL)


def test_ways_in_and_out_are_told_with_counts_and_names(explained, state, text):
    for card in explained.cards:
        shown = section(text, card.state)
        for title, ways in (("entered", card.entered), ("left", card.left)):
            for way in ways:
                named = f"{way.state} (after a negation)" if way.state == state else str(way.state)
                times = f"{way.count} time{'s' * (way.count != 1)}"
                where = f">{named}</a>, {times}" if way.state >= 0 else f", {times}"
                assert where in row(shown, title)
                for lift in way.symbols:
                    assert f"<em>{lift.symbol}</em> {lift.count}" in row(shown, title)


def test_sentences_tell_a_way_out_by_the_name_of_the_state(explained, state):
    named = explained.named({state: "after a negation"})
    leading = [card for card in explained.cards if f"to state {state}" in card.sentence]
    assert leading
    for card in leading:
        assert f"to state {state} (after a negation)" in named.cards[card.state].sentence


def test_what_it_was_made_of_stands_at_its_end(explained, text):
    made = text[text.index("How it was made</h2>") :]
    digests = explained.call.inputs
    for part in ("600, 7,831 words in all: 360 train, 120 valid, 120 test", "by merging, lstar",
                 "6, 8 states", ">0<", digests["network"][:12], digests["sequences"][:12],
                 f"markovlens {ml.__version__}"):  # fmt: skip
        assert part in made


def test_what_is_not_obvious_is_explained(text):
    for word in ("Closed loop", "Floor", "Counterfactuals", "Next state"):
        assert f"<dt>{word}" in text


@pytest.mark.parametrize(
    ("value", "spread", "said"),
    [(5.0, 3.6e-15, "5"), (5.0, 0.25, "5 ± 0.25"), (0.0123, None, "0.0123"), (0.0, 0.0, "0")],
)
def test_a_spread_that_is_rounding_is_not_told(value, spread, said):
    assert number_in_words(Answer("dose", value, spread, 3.0)) == said


def test_the_drawing_has_words_in_its_place(text):
    (image,) = re.findall(r"<svg[^>]*>", text)
    assert 'role="img"' in image
    said = re.search(r'aria-label="([^"]*)"', image)[1]
    assert "6 states" in said


def test_what_is_wider_than_a_page_scrolls_by_itself_and_by_keyboard(text):
    wide = re.findall(r'<svg role|<table class="(?:scores|rows)"', text)
    boxes = re.findall(
        r'<div class="scroll" tabindex="0" role="group" aria-label="[^"]+">\s*'
        r'(?:<svg role|<table class="(?:scores|rows)")', text,
    )  # fmt: skip
    assert len(boxes) == len(wide) > 1
    assert "[tabindex]:focus-visible" in text
