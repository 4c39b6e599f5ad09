"""The drawing of an explanation and its cards count the same moves."""

import re

import numpy as np
import pytest

import markovlens as ml
from markovlens.explaining.page import page_of
from markovlens.machines.edges import START, edges_of
from markovlens.machines.machine import BELIEF


@pytest.fixture(scope="module")
def soft(example):
    """Return an explanation by a machine that carries a belief: it moves on as data say, or not."""
    hard = ml.explain(
        example.network, example.sequences, symbols=example.symbols, classes=example.classes,
        methods=["merging"], n_states=[6], seed=0,
    ).machine  # fmt: skip
    rng = np.random.default_rng(0)
    noise = rng.dirichlet(np.ones(hard.n_states), hard.transition.shape[:2])
    machine = ml.Machine(
        hard.initial, 0.6 * hard.transition + 0.4 * noise, hard.readout, hard.symbols,
        hard.classes, hard.seen,
    )  # fmt: skip
    return ml.explain(
        example.network, example.sequences, symbols=example.symbols, classes=example.classes,
        machine=machine,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["explained", "soft"])
def test_arrows_count_what_cards_count(name, request):
    found = request.getfixturevalue(name)
    edges = edges_of(found.machine, found.flow)
    moves = {(edge.source, edge.target): edge.flow for edge in edges}
    out = {
        (card.state, way.state): way.count
        for card in found.cards for way in card.left if way.state >= 0
    }  # fmt: skip
    begun = {
        (START, card.state): way.count
        for card in found.cards for way in card.entered if way.state == START
    }  # fmt: skip
    assert {ends: flow for ends, flow in moves.items() if ends[0] != ends[1]} == out | begun


def test_what_is_not_drawn_is_told_with_its_share(soft):
    assert soft.machine.carries == BELIEF
    figure = soft.draw()
    arrows = figure.findobj(lambda each: type(each).__name__ == "FancyArrowPatch")
    edges = edges_of(soft.machine, soft.flow)
    begun = [edge for edge in edges if edge.source == START and edge.share >= 0.01]
    (note,) = re.findall("<figcaption>(.*?)</figcaption>", page_of(soft))
    assert "likeliest state" in note
    n_hidden = int(re.search(r"(\d+) weaker arrows", note)[1])
    assert n_hidden == len([each for each in edges if each.source != START]) - (
        len(arrows) - len(begun)
    )
