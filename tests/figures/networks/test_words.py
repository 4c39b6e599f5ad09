import numpy as np
import pytest

from markovlens.figures.networks.words import edge_words
from markovlens.machines.machine import Machine, automaton
from markovlens.sequences import Sequences
from markovlens.tables.fits import WORDS

MOOD = automaton(
    [[0, 0, 1], [1, 0, 1]], [False, True], start=0, symbols=("the", "bad", "good")
)  # good lifts, bad sinks, the keeps


@pytest.fixture
def words() -> Sequences:
    return Sequences(np.array([0, 2, 0, 2, 1, 0, 1, 2, 2]), np.array([5, 4]))


def test_words_of_an_edge_are_ranked_by_lift_with_their_counts(words):
    table = edge_words(MOOD, words, least=1.0)
    assert list(table) == WORDS.names
    up = table[(table["source"] == 0) & (table["target"] == 1)]
    assert up["word"].tolist() == ["good"]
    row = up.iloc[0]
    assert (row["rank"], row["count"], row["reads"], row["probability"]) == (1, 2, 4, 1)
    # 2 of 7 moves take the edge, 2 of 4 goods do, with 5 pseudo-steps at 2/7
    assert row["lift"] == pytest.approx((2 + 5 * 2 / 7) / (4 + 5) / (2 / 7))
    down = table[(table["source"] == 1) & (table["target"] == 0)]
    assert down["word"].tolist() == ["bad"]


def test_counts_of_all_edges_are_all_moves(words):
    table = edge_words(MOOD, words, least=0.0)
    assert table.loc[table["source"] >= 0, "count"].sum() == 7
    assert table.loc[table["source"] < 0, "count"].sum() == 2


def test_rare_and_surplus_words_are_left_out(words):
    assert edge_words(MOOD, words, least=100.0).empty
    first_only = edge_words(MOOD, words, most=1, least=0.0)
    assert (first_only["rank"] == 1).all()


def test_an_autonomous_machine_has_edges_without_words():
    half = np.full((1, 2, 2), 0.5)
    machine = Machine(half[0, :1], half, np.eye(2), (), ("a", "b"), np.ones((1, 2), bool))
    table = edge_words(machine, Sequences(np.arange(6), np.array([6])), least=0.0)
    assert set(table["word"]) == {""}
