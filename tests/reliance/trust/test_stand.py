"""Machines that are right, wrong or constant get what they deserve under every disturbance."""

import numpy as np
import pandas as pd
import pytest
import torch

import markovlens as ml
from markovlens.errors import ConfigError, DataError
from markovlens.faithfulness.claims.trust import final_truth
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import automaton
from markovlens.networks.model import build
from markovlens.reliance.repairing.planting import frozen_after, machine, machine_in
from markovlens.reliance.trust.disturbances import Words, words_of_each_class
from markovlens.reliance.trust.verdicts import trusted_up_to, verdicts_of
from markovlens.sequences import Sequences
from markovlens.tasks.formal import AUTOMATA

RIGHT = machine_in("contains_0110")
WRONG = machine(frozen_after(AUTOMATA["contains_0110"], "101"))
NEVER = automaton(np.zeros((1, 2), int), np.array([False]), start=0, symbols=("0", "1"))
LIKE = Sequences.from_list([np.random.default_rng(n).integers(2, size=12) for n in range(40)])
OTHER = automaton(np.zeros((1, 3), int), np.array([False]), start=0, symbols=("a", "b", "c"))
SIZES = {"length": [1, 4], "edits": [1], "noise": [0.0, 0.3], "bit_flips": [0.0, 0.02]}


@pytest.fixture(scope="module")
def stand():
    subjects = {"right": RIGHT, "wrong": WRONG, "never": NEVER}
    return ml.withstand(subjects, RIGHT, LIKE, disturbances=SIZES, n_words=200, n_draws=20)


def values(stand, who, score="accuracy"):
    rows = stand.table[(stand.table["who"] == who) & (stand.table["score"] == score)]
    return rows.set_index(["disturbance", "size"])["value"]


def test_what_is_right_is_right_unless_what_it_reads_is_not(stand):
    right = values(stand, "right")
    assert (right[["length", "edits"]] == 1).all()
    assert right["noise", 0.0] == right["bit_flips", 0.0] == 1
    assert 0.5 < right["noise", 0.3] < 0.9
    assert 0.1 < right["bit_flips", 0.02] < 1
    ceiling = stand.table.set_index(["disturbance", "size"])["ceiling"]
    assert (ceiling["noise", 0.3] == right["noise", 0.3]).all()
    assert (values(stand, "right", "kept")["noise"] == 1).all()


def test_one_answer_to_all_is_chance(stand):
    assert values(stand, "never")[["length", "edits"]].tolist() == [0.5, 0.5, 0.5]
    assert (stand.table["chance"] == 0.5).all()


def test_a_bug_is_seen_and_more_of_it_in_longer_words(stand):
    wrong = values(stand, "wrong")
    assert wrong["length", 4] < wrong["length", 1] < 1


def test_intervals_hold_values_and_draws_of_flips_are_their_units(stand):
    table = stand.table
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    width = (table["high"] - table["low"]).groupby([table["disturbance"], table["size"]]).max()
    sure = table[(table["who"] == "right") & (table["score"] == "accuracy")]
    at = sure.set_index(["disturbance", "size"])["low"]
    # 20 draws that are all right prove less than 200 words that are.
    assert at["bit_flips", 0.0] < at["length", 1]
    assert (width < 0.5).all()
    assert table.groupby("disturbance")["n_draws"].max()["bit_flips"] == 20


def test_as_many_draws_prove_as_much_as_so_many_flips_of_a_coin():
    def low(n_draws, n_words=500):
        asked = {"disturbances": {"bit_flips": [1e-12]}, "n_draws": n_draws, "n_words": n_words}
        rows = ml.withstand({"itself": RIGHT}, RIGHT, LIKE, **asked).table
        assert (rows["value"] == 1).all()
        return rows["low"].max(), set(rows["n_draws"]), rows

    # Wilson's lower end of n of n is about n / (n + z^2): the answers share the draws.
    for n_draws in (50, 100):
        found, counted, _ = low(n_draws)
        assert found <= n_draws / (n_draws + 1.96**2) + 1e-3
        assert counted == {n_draws}
    assert verdicts_of(low(50)[2]) == {
        "bit_flips": "none of them, at no size tried (from 1e-12 on)"
    }
    assert verdicts_of(low(100)[2])["bit_flips"].startswith("all of them")
    # A draw has a word of each of both answers.
    assert low(100, n_words=60)[1] == {30}


def test_the_same_seed_gives_the_same_and_no_trial_depends_on_the_others(stand):
    alone = ml.withstand({"wrong": WRONG}, RIGHT, LIKE, disturbances={"length": [4]}, n_words=200)
    assert alone.table["value"][0] == values(stand, "wrong")["length", 4]


def test_verdicts_and_printout_say_who_holds_how_far(stand):
    assert stand.verdicts["length"] == (
        "right at every size tried (up to 4); wrong at no size tried; never at no size tried"
    )
    assert "but the specification itself, reading the same" in stand.verdicts["noise"]
    assert repr(stand).startswith("Stand: accuracy\n")
    assert "length: right at every size" in repr(stand)


def test_trust_ends_at_the_first_size_that_fails():
    rows = pd.DataFrame({"size": [4, 1, 2, 8], "low": [0.9, 0.99, 0.96, 1.0]})
    assert trusted_up_to(rows) == 2
    assert trusted_up_to(rows.assign(low=np.nan)) is None
    all_right = rows.assign(low=1.0, disturbance="edits", who="it", score="kept", ceiling=1.0)
    assert verdicts_of(all_right) == {"edits": "all of them, at every size tried (up to 8)"}
    none = all_right.assign(low=0.1)
    assert verdicts_of(none) == {"edits": "none of them, at no size tried (from 1 on)"}


def test_words_are_half_of_each_class_and_of_the_length_asked_for():
    words = words_of_each_class(
        RIGHT, 100, length=50, alphabet=Alphabet.free(2), rng=np.random.default_rng(0)
    )
    ends = np.cumsum(words.lengths) - 1
    assert (words.lengths == 50).all()
    assert RIGHT.predict(words)[ends].argmax(axis=1).mean() == 0.5


def test_a_class_without_words_of_a_length_has_no_part():
    rng = np.random.default_rng(0)
    only = words_of_each_class(
        machine_in("equals_0110"), 10, length=9, alphabet=Alphabet.free(2), rng=rng
    )
    assert len(only) == 10


def test_noise_changes_what_is_read_and_not_what_is_right():
    seeds = np.random.SeedSequence(0)
    quiet, loud = Words(RIGHT, LIKE, 2000, seeds).trials({"noise": [0.0, 0.2]})
    assert (final_truth(RIGHT, quiet.read) == quiet.right).all()
    # Of 1000 words of each class 12 long, drawn anew: what is read has another answer now and then.
    changed = (final_truth(RIGHT, loud.read) != loud.right).mean()
    assert 0.1 < changed < 0.5


def test_a_network_stands_beside_machines():
    torch.manual_seed(0)
    network = build({"cell": "gru", "hidden": 4}, n_classes=2, n_symbols=2)
    found = ml.withstand(
        {"network": network, "machine": RIGHT}, RIGHT, LIKE,
        disturbances={"length": [2], "bit_flips": [0.01]}, n_words=50, n_draws=5,
    )  # fmt: skip
    assert set(found.table["who"]) == {"network", "machine"}
    flips = found.table.groupby(["disturbance", "who"])["n_flipped"].max()
    assert flips["bit_flips", "network"] > 5 * flips["bit_flips", "machine"] > 0
    assert flips["length", "network"] == 0


def test_the_figure_has_a_panel_for_each_disturbance(stand, tmp_path):
    from markovlens.figures.save import save_figure

    figure = stand.draw()
    assert len(figure.axes) == 4
    save_figure(tmp_path / "stand.svg", figure)
    assert (tmp_path / "stand.svg").stat().st_size > 5000


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"subjects": {}}, DataError, "expected networks and machines by name"),
        ({"subjects": {"specification": RIGHT}}, DataError, "none of them 'specification'"),
        ({"subjects": {"it": OTHER}}, DataError, "expected a machine over 2 symbols"),
        ({"disturbances": {"lenght": [1]}}, ConfigError, "did you mean length"),
        ({"disturbances": {"noise": [2]}}, ConfigError, "expected a probability, got 2"),
        ({"disturbances": {"edits": [0]}}, ConfigError, "expected a whole number, 1 or more"),
        ({"n_draws": 0}, ConfigError, "n_draws"),
        ({"n_words": 1}, ConfigError, "n_words: expected a whole number, 2 or more, got 1"),
        ({"level": 95}, ConfigError, "level: expected a number between 0 and 1"),
        ({"seed": -1}, ConfigError, "seed: expected a whole number"),
        ({"sequences": "01"}, DataError, "expected `Sequences` or a list of them, got str"),
    ],
)
def test_what_cannot_be_judged_is_refused(changes, kind, said):
    given = {"subjects": {"it": RIGHT}, "specification": RIGHT, "sequences": LIKE}
    with pytest.raises(kind, match=said):
        ml.withstand(**(given | changes))
