import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import markovlens as ml
from helpers.machines import trace_of
from markovlens.errors import ConfigError, DataError, EvidenceWarning, StorageError
from markovlens.faithfulness.claims.differences import NOT_SHOWN
from markovlens.groups.counting import DWELL, OCCUPANCY, SWITCHING
from markovlens.machines.machine import automaton

SYMBOLS = ("stay", "go")
FEW = {"n_permutations": 199, "n_bootstraps": 100}


@pytest.fixture
def machine():
    """State 0 and 1 swap on `go`; nothing leads into state 2."""
    successor = np.array([[0, 1], [1, 0], [2, 2]])
    return automaton(successor, np.array([False, True, True]), start=0, symbols=SYMBOLS)


def recorded(n, *, go=0.3, seed=0, longest=40):
    """Return sequences of unequal length whose chance to `go` is their own."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(longest // 2, longest + 1, n)
    chance = np.repeat(rng.beta(10 * go, 10 * (1 - go), n), lengths)
    return ml.Sequences((rng.random(lengths.sum()) < chance).astype(int), lengths)


def row_of(found, measure, state=None):
    table = found.frame()
    rows = table[(table["measure"] == measure) & (state is None or table["state"] == state)]
    return rows.iloc[0]


def test_a_planted_difference_is_found_in_few_lines(machine):
    groups = {"patients": recorded(20, go=0.5), "controls": recorded(20, go=0.2, seed=1)}
    found = ml.compare_groups(machine, groups, seed=0)
    row = row_of(found, SWITCHING)
    assert row["finding"] == "higher in patients"
    assert row["difference_low"] < row["difference"] < row["difference_high"]
    assert row["difference"] == pytest.approx(0.3, abs=0.1)
    assert row["effect"] > 1
    assert row["p"] <= row["p_holm"] < 0.05
    assert row_of(found, DWELL, 0)["finding"] == "higher in controls"
    assert "patients (20 sequences) and controls (20 sequences)" in repr(found)
    assert "inputs alone" in repr(found)


def test_states_are_called_by_the_names_that_they_were_given(machine):
    groups = {"a": recorded(8), "b": recorded(8, seed=1)}
    named = machine.named({0: "asleep", 1: "awake"})
    found = ml.compare_groups(named, groups, seed=0, **FEW)
    assert "dwell time in 0 (asleep)" in repr(found)
    assert "exits from 1 (awake) to 0 (asleep)" in repr(found)
    labels = [label.get_text() for label in found.draw().axes[0].get_yticklabels()]
    assert "occupancy of 2" in labels  # it has no name


def test_states_that_never_occur_are_rows_that_say_so(machine):
    found = ml.compare_groups(machine, {"a": recorded(5), "b": recorded(5, seed=1)}, seed=0)
    never = row_of(found, OCCUPANCY, 2)
    assert (never["value_a"], never["value_b"], never["difference"]) == (0, 0, 0)
    assert never["reason"] == "the state never occurs in either group"
    dwell = row_of(found, DWELL, 2)
    assert dwell[["value_a", "difference", "p", "p_holm", "effect_low"]].isna().all()
    assert dwell["reason"] == "the state never occurs in either group"
    assert len(found.frame()) == 3 + 3 + 1 + 6


def test_a_state_that_one_group_alone_leaves_says_so(machine):
    groups = {"a": [["stay", "stay", "go", "stay", "go"]] * 3, "b": [["stay"] * 3] * 3}
    with pytest.warns(EvidenceWarning, match="no row can be below"):
        found = ml.compare_groups(machine, groups, seed=0)
    row = row_of(found, DWELL, 0)
    assert row["value_a"] == pytest.approx(2)
    assert np.isnan(row["value_b"])
    assert row["reason"] == "the state is never seen to end in b"
    assert row_of(found, DWELL, 1)["reason"] == "the state never occurs in b"


def test_the_same_seed_gives_the_same_table_and_names_decide_only_the_sign(machine):
    a, b = recorded(6), recorded(6, seed=1)
    root = np.random.SeedSequence(3)
    once, again = (ml.compare_groups(machine, {"a": a, "b": b}, seed=root, **FEW) for _ in range(2))
    pd.testing.assert_frame_equal(once.frame(), again.frame())
    every = {"n_permutations": 1000, "n_bootstraps": 100, "seed": 3}  # all 924
    one = ml.compare_groups(machine, {"a": a, "b": b}, **every).frame()
    other = ml.compare_groups(machine, {"b": b, "a": a}, **every).frame()
    assert set(one["permutations"]) == {"all"}
    assert one["p"].to_numpy() == pytest.approx(other["p"].to_numpy(), nan_ok=True)
    assert one["effect"].to_numpy() == pytest.approx(-other["effect"].to_numpy(), nan_ok=True)
    shuffled = ml.compare_groups(
        machine, {"a": a.select(np.array([3, 1, 0, 5, 4, 2])), "b": b}, **every
    )
    assert one["p"].to_numpy() == pytest.approx(shuffled.frame()["p"].to_numpy(), nan_ok=True)


def test_every_two_groups_are_compared_and_corrected_together(machine):
    groups = {name: recorded(6, seed=seed) for seed, name in enumerate("abc")}
    table = ml.compare_groups(machine, groups, measures=[SWITCHING], seed=0).frame()
    assert table[["group_a", "group_b"]].to_numpy().tolist() == [["a", "b"], ["a", "c"], ["b", "c"]]
    smallest = table["p"].idxmin()
    assert table.loc[smallest, "p_holm"] == pytest.approx(min(1, 3 * table.loc[smallest, "p"]))


def one_machine_alike(n_splits, *, per_subject, by_subject, machine):
    """Return p of switching on null splits: subjects differ, and groups are drawn of them."""
    found = []
    for seed in range(n_splits):
        rng = np.random.default_rng(seed)
        n_subjects = 12
        chance = rng.beta(2, 4, n_subjects)
        words = [
            (rng.random(30) < chance[subject]).astype(int)
            for subject in range(n_subjects)
            for _ in range(per_subject)
        ]
        subject = np.repeat(np.arange(n_subjects), per_subject)
        mine = subject < 5  # they are drawn alike, so that any five will do
        groups = {
            name: ml.Sequences.from_list(
                [word for word, here in zip(words, which, strict=True) if here]
            )
            for name, which in (("a", mine), ("b", ~mine))
        }
        subjects = {"a": subject[mine], "b": subject[~mine]} if by_subject else None
        table = ml.compare_groups(
            machine, groups, subjects=subjects, measures=[SWITCHING], seed=seed, **FEW
        ).frame()
        found.append(table["p"].iloc[0])
    return np.array(found)


def test_null_splits_are_called_different_as_often_as_asked(machine):
    p = one_machine_alike(200, per_subject=3, by_subject=True, machine=machine)
    wrong = int((p < 0.05).sum())
    low, high = binomtest(10, 200).proportion_ci(0.99)
    assert 200 * low <= wrong <= 200 * high


def test_permuting_sequences_of_few_subjects_would_call_far_more_different(machine):
    p = one_machine_alike(60, per_subject=10, by_subject=False, machine=machine)
    assert (p < 0.05).mean() > 0.2


def test_pairs_see_what_subjects_that_differ_hide(machine):
    rng = np.random.default_rng(0)
    base = rng.uniform(0.05, 0.75, 12)
    before, after = (
        ml.Sequences.from_list([(rng.random(400) < chance + more).astype(int) for chance in base])
        for more in (0.0, 0.08)
    )
    groups = {"before": before, "after": after}
    pairs = ml.compare_groups(machine, groups, paired=True, measures=[SWITCHING], seed=0).frame()
    apart = ml.compare_groups(machine, groups, measures=[SWITCHING], seed=0).frame()
    assert (pairs["units"].iloc[0], apart["units"].iloc[0]) == ("pairs", "sequences")
    assert pairs["p"].iloc[0] < 0.01 < 0.2 < apart["p"].iloc[0]
    assert pairs["permutations"].iloc[0] == "all"


def test_pairs_are_found_by_subject_in_whatever_order(machine):
    a, b = recorded(7), recorded(7, seed=1)
    names, order = list("tuvwxyz"), np.array([4, 2, 6, 0, 1, 3, 5])
    plain = ml.compare_groups(
        machine, {"a": a, "b": b}, paired=True, measures=[SWITCHING], seed=0, **FEW
    )
    mixed = ml.compare_groups(
        machine, {"a": a, "b": b.select(order)}, paired=True, measures=[SWITCHING], seed=0, **FEW,
        subjects={"a": names, "b": [names[place] for place in order]},
    )  # fmt: skip
    assert mixed.frame()["p"].tolist() == pytest.approx(plain.frame()["p"].tolist())


@pytest.mark.filterwarnings("ignore:no row can be below")
def test_states_are_read_off_activations_where_a_study_is_given():
    truth = automaton(np.array([[1, 0], [0, 1]]), np.array([False, True]), start=0, symbols=SYMBOLS)
    train, valid, one, other = (
        trace_of(truth, seed=seed, n_sequences=30, longest=20) for seed in range(4)
    )
    found = ml.study("kmeans", train, valid, n_states=[2], seed=0)
    groups = {"one": one, "other": other}
    by_states = ml.compare_groups(found, groups, seed=0, **FEW)
    by_inputs = ml.compare_groups(found.best, groups, seed=0, **FEW)
    assert "activations" in repr(by_states)
    assert by_states.frame()["value_a"].tolist() == pytest.approx(
        by_inputs.frame()["value_a"].tolist()
    )
    with pytest.raises(DataError, match="group 'one': expected a Trace"):
        ml.compare_groups(found, {"one": one.sequences, "other": other}, seed=0)


def test_tables_are_written_and_hopeless_designs_are_told(machine, tmp_path):
    groups = {"a": recorded(3), "b": recorded(3, seed=1)}
    with pytest.warns(EvidenceWarning, match=r"no row can be below 0.05 .* p is at least 0.1"):
        found = ml.compare_groups(machine, groups, seed=0)
    assert (found.frame()["finding"] == NOT_SHOWN).all()
    found.write(tmp_path / "groups.csv")
    assert pd.read_csv(tmp_path / "groups.csv").columns.tolist() == found.frame().columns.tolist()
    for write in (found.write, found.draw):
        with pytest.raises(StorageError, match="expected a folder that is there"):
            write(tmp_path / "none" / "groups.svg")
    assert not (tmp_path / "none").exists()


def test_the_forest_names_every_state_and_what_has_no_number(machine):
    found = ml.compare_groups(machine, {"a": recorded(8), "b": recorded(8, seed=1)}, seed=0, **FEW)
    figure = found.draw()
    (axes,) = figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names.count("occupancy of 2") == names.count("dwell time in 2") == 1
    beside = [text.get_text() for text in axes.texts]
    assert "the state never occurs in either group" in beside
    assert len(axes.texts) == len(names)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measures": ["dwel"]}, "did you mean dwell"),
        ({"level": 1.0}, "level: expected a share below 1"),
        ({"n_permutations": 0}, "n_permutations: expected a whole number"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wrong_settings_are_told(machine, settings, message):
    groups = {"a": recorded(3), "b": recorded(3)}
    with pytest.raises(ConfigError, match=message):
        ml.compare_groups(machine, groups, **{"seed": 0, **settings})
