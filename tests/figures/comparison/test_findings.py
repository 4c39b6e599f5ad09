"""The titles: each says what its numbers say."""

import numpy as np
import pandas as pd
import pytest

from markovlens.figures.comparison.budget import belief_names, budget_finding, levelled_off
from markovlens.figures.comparison.comparison import comparison_finding
from markovlens.figures.comparison.gap import gap_finding, open_and_closed
from markovlens.figures.comparison.task import task_finding
from markovlens.figures.networks.alike import how_alike, without_past
from markovlens.figures.networks.selection import draw_selection, prepared, selection_finding
from markovlens.figures.networks.states import matched
from markovlens.figures.networks.steps import line_ends, pick_examples, tail_begin
from markovlens.figures.networks.titles import graph_finding, mostly_met, states_finding
from markovlens.figures.tables import best_floor, rests_on, scores_of
from markovlens.figures.text import listing, percent
from markovlens.lettering import printable, shorten
from markovlens.trace import Trace


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ([3, 3, 3], "BIC picks 3 states (3 of 3 seeds); the truth has 3"),
        ([3, 4], "BIC picks 3 to 4 states (median 3.5, 2 seeds); the truth has 3"),
        ([3, 5], "BIC picks 3 to 5 states (median 4, 2 seeds), in 1 seed the most "
                 "that was tried; the truth has 3"),
    ],
)  # fmt: skip
def test_selection_says_how_many_states_and_seeds(make_sweep, chosen, expected):
    assert selection_finding(make_sweep(chosen), true_states=3) == expected


def test_selection_leaves_out_a_truth_that_nobody_knows(make_sweep):
    assert selection_finding(make_sweep([4])) == "BIC picks 4 states (1 of 1 seed)"


def test_selection_says_that_all_failed(make_fit):
    rows = [make_fit(k, bic=np.nan, status="failed") for k in (2, 3)]
    assert selection_finding(pd.DataFrame(rows)) == "BIC picks nothing: 2 of 2 fits failed"


def test_the_foot_counts_random_starts_and_not_those_made_from_other_sizes(make_fit):
    """Three random starts, one grown and one pruned fit are three restarts, not five."""
    fits = [make_fit(k, bic=100.0 + k + r, restart=r) for k in (2, 3) for r in range(3)]
    fits += [
        make_fit(3, bic=99.0) | {"start": name, "restart": np.nan} for name in ("grown", "pruned")
    ]
    foot = " ".join(text.get_text() for text in draw_selection(pd.DataFrame(fits)).texts)
    foot = " ".join(foot.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "8 fits: 1 seed, 3 random starts a K, others from the next size" in foot
    assert "AIC picks 3 and ICL picks 3" in foot


def test_a_dropped_fit_is_no_failure_and_has_not_survived(make_fit):
    dropped = make_fit(2, bic=9.0, restart=1, status="dropped") | {"icl": np.nan}
    failed = make_fit(2, bic=np.nan, restart=2, status="failed")
    fits = prepared(pd.DataFrame([make_fit(2, bic=10.0), dropped, failed]))
    assert fits["usable"].tolist() == [True, True, False]
    assert fits["survived"].tolist() == [True, False, False]


def test_colours_are_matched_one_to_one():
    truth = np.array([0, 0, 1, 1, 2])
    states = np.array([2, 2, 0, 1, 1])
    # 2 -> 0 (2 steps), and of 0 -> 1, 1 -> 2 or 1 -> 1 the first two fit together
    assert matched(states, truth).tolist() == [1, 2, 0]


def test_states_that_split_a_true_one_are_no_mistake():
    """One to one, four states that are never wrong agree with two true ones at half the steps."""
    truth, states = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3])
    assert mostly_met(states, truth) == 1
    assert mostly_met(np.zeros(4, int), truth) == 0.5


def test_states_without_a_partner_get_a_colour_of_their_own():
    assert matched(np.array([0, 1, 2]), np.array([0, 0, 0])).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("decisions", "share"), [([0, 1, 1, 1], 0.75), ([1, 1, 0, 0], 0)])
def test_a_state_answers_what_it_learnt_not_what_the_test_outputs_favour(decisions, share):
    nothing = np.full(4, -1)
    trace = Trace(
        np.zeros((4, 1)), np.zeros(4, int), np.eye(2)[decisions], nothing, nothing, np.array([4]),
        ("a",), ("no", "yes"),
    )  # fmt: skip
    assert how_alike(np.eye(2)[[0, 0, 1, 1]], trace) == share


def test_states_finding_names_every_method(parity, make_trace):
    trace = make_trace(parity)
    decoded = {"hmm": 1 - trace.truth, "kmeans": trace.truth * 0}
    said = states_finding(trace, decoded, dict.fromkeys(decoded, parity.readout))
    share = percent(np.bincount(trace.truth).max() / trace.n_steps)
    expected = f"right at 100 % (HMM) and {share} (k-means) of steps; the commonest alone: {share}"
    assert said.endswith(expected)


def test_graph_counts_agreement_at_outputs_only(parity, make_trace):
    trace = make_trace(parity, at_end=True)
    assert trace.has_output.sum() == len(trace)
    title = graph_finding(parity, trace, method="kmeans")
    assert title == (
        "The k-means 2 states, run on inputs alone, give the network's decision "
        f"at 100 % of its outputs; always giving the commonest: {percent(without_past(trace))}"
    )
    assert 0.5 <= without_past(trace) < 0.7


def test_networks_whose_interval_is_above_both_floors_are_counted(comparison):
    rows = scores_of(comparison[comparison["task"] == "parity"])
    # .9 and .85 above n-gram's .575; the LSTM of which no HMM could be fitted counts as not above
    assert task_finding(rows, score="measure", mode="closed") == (
        "parity, networks with the interval above both floors (closed loop, chosen K): "
        "k-means on 2 of 2 and HMM on 2 of 3"
    )


def test_a_floor_within_the_interval_is_not_beaten(make_score):
    rows = pd.DataFrame(
        [make_score("t", "gru", "hmm", 0.6), make_score("t", "gru", "majority", 0.56)]
    ).assign(unit="")
    said = task_finding(rows, score="balanced_fidelity_string", mode="closed")
    assert said.endswith("(closed loop, chosen K): none")


def test_networks_that_predict_are_judged_by_explained_divergence(comparison, make_score):
    """As in the main table, so that figures and table say the same of one network."""
    explained = make_score("mess3", "gru", "hmm", 0.4, score="explained_divergence")
    rows = scores_of(pd.concat([comparison, pd.DataFrame([explained])]))
    names = rows[rows["score"] != "fit"].groupby("task")["score"].unique().map(list).to_dict()
    assert names == {"parity": ["balanced_fidelity_string"], "mess3": ["explained_divergence"]}
    assert not rows.duplicated(["task", "model", "method"]).any()


def test_of_a_single_network_the_main_finding_is_in_the_singular(make_score):
    verdicts = pd.DataFrame(
        {"task": "t", "model": ["gru"], "scope": ["network"], "verdict": ["finite-state"]}
    )
    said = comparison_finding(pd.DataFrame([make_score("t", "gru", "hmm", 1.0)]), verdicts)
    assert said.startswith("1 of 1 network is a small state machine. Intervals reach 1, of 1 net")


def test_the_main_finding_counts_verdicts_and_intervals_that_reach_one(make_score):
    rows = [
        make_score("t", model, method, value)
        for method, values in {"hmm": (0.97, 0.9), "kmeans": (1.0, 1.0)}.items()
        for model, value in zip(("srn", "gru"), values, strict=True)
    ]
    verdicts = pd.DataFrame(
        {
            "task": "t", "model": ["srn", "gru", "gru"], "scope": ["network", "network", "seed"],
            "verdict": ["finite-state", "not finite-state at this budget", "finite-state"],
        }
    )  # fmt: skip
    assert comparison_finding(pd.DataFrame(rows), verdicts) == (
        "1 of 2 networks are small state machines. Intervals reach 1, of 2 networks: "
        "k-means on 2 and HMM on 1"
    )


def test_the_better_floor_counts_whichever_way_the_score_goes(make_score):
    floors = [make_score("t", "gru", "ngram", 0.6), make_score("t", "gru", "majority", 0.5)]
    rows = pd.DataFrame(floors)
    assert best_floor(rows, score="fidelity_step").tolist() == [0.6]
    assert best_floor(rows, score="divergence").tolist() == [0.5]


def test_each_task_is_judged_by_its_own_unit(comparison):
    rows = scores_of(comparison, score="balanced_fidelity", mode="closed")
    units = rows.groupby("task")["unit"].unique().map(list).to_dict()
    assert units == {"parity": ["string"], "mess3": ["step"]}


def test_gap_is_what_the_closed_loop_loses(comparison):
    pairs = open_and_closed(comparison, score="balanced_fidelity")
    assert pairs.groupby("method")["gap"].median().to_dict() == pytest.approx(
        {"hmm": 0.0, "kmeans": 0.05}
    )
    assert "at worst 0.05 (k-means on" in gap_finding(pairs)


def test_a_few_large_gaps_are_not_hidden_by_many_of_nothing(comparison):
    """The median of .3 on one network of three and 0 elsewhere is 0."""
    pairs = open_and_closed(comparison, score="balanced_fidelity").assign(gap=0.0)
    hmm = pairs.index[pairs["method"] == "hmm"]
    pairs.loc[hmm[0], "gap"] = 0.3
    said = gap_finding(pairs)
    assert "Networks on which more than 0.05 is lost" in said
    assert "HMM on 1 of 3 and k-means on 0 of 3; at worst" in said
    assert "at worst 0.30 (HMM on" in said


def test_levelled_off_at_the_smallest_size_within_one_standard_error(make_score):
    values = {2: 0.5, 3: 0.89, 4: 0.9, 6: 0.88}
    rows = pd.DataFrame([make_score("t", "gru", "hmm", v, n_states=k) for k, v in values.items()])
    # one standard error of the best is .026
    assert levelled_off(rows, score="balanced_fidelity") == 3


def test_methods_whose_machines_carry_a_belief_are_named(make_score):
    rows = [
        make_score("t", "gru", "hmm", 0.9, carries="belief"),
        make_score("t", "gru", "kmeans", 0.9, carries="belief"),
        make_score("t", "gru", "kmeans", 0.9, n_states=6),
        make_score("t", "gru", "lstar", 0.9),
    ]
    assert belief_names(pd.DataFrame(rows)) == "HMM and k-means"
    assert belief_names(pd.DataFrame(rows[2:])) == ""


def test_the_foot_says_sequences_seeds_and_level(make_score):
    rows = pd.DataFrame([make_score("t", "gru", "hmm", 0.6)])
    assert rests_on(rows, level=0.9) == (
        "300 held-out sequences, 3 seeds; bars: 90 % intervals over sequences and seeds"
    )


def test_not_levelled_off_when_the_largest_size_is_needed(make_score):
    values = {2: 0.5, 3: 0.6, 4: 0.7}
    rows = pd.DataFrame([make_score("t", "gru", "hmm", v, n_states=k) for k, v in values.items()])
    assert levelled_off(rows, score="balanced_fidelity") is None
    said = budget_finding(rows, score="balanced_fidelity")
    assert said == "Levelled off within 4 states: HMM on 0 of 1 network"


def test_a_score_that_another_mode_lacks_is_no_failure_of_this_one(comparison, make_score):
    """Else a method would have a cross and a value on one line."""
    lacks = make_score("parity", "gru", "hmm", None, mode="open", status="skipped", reason="why")
    rows = scores_of(
        pd.concat([comparison, pd.DataFrame([lacks])]), score="balanced_fidelity", mode="closed"
    )
    assert not rows.duplicated(["task", "model", "method"]).any()


def test_examples_end_with_the_worst_sequence():
    lengths = np.array([2, 2, 2])
    differs = np.array([False, False, True, True, True, False])
    rng = np.random.default_rng(0)
    assert pick_examples(lengths, differs, rng, n_examples=2)[-1] == (1, " worst")
    no_worst = pick_examples(lengths, differs * False, rng, n_examples=5)
    assert no_worst == [(0, ""), (1, ""), (2, "")]


def test_lines_are_filled_and_no_word_is_lost():
    widths = np.array([1.0, 1.0, 1.0, 3.0])
    assert line_ends(widths, 2.0) == [2, 3, 4]
    assert tail_begin(widths, 4.0) == 2
    assert tail_begin(widths, 1.0) == 3


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.5, "50 %"), (0.9996, "99.9 %"), (1e-6, "0.1 %")],
)
def test_only_what_is_whole_is_called_whole(share, text):
    assert percent(share) == text


def test_text_is_cut_visibly_and_always_drawable():
    assert shorten("abcdef", longest=4) == "abc…"
    assert printable("a\tb\U00020000 $x$") == "a·b? $x$"
    assert printable(" ") == "·"
    assert listing(["a", "b", "c"]) == "a, b and c"
