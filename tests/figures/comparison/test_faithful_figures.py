"""The figures of interventions, description length and differences: titles and what is drawn."""

import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.text import Text

from markovlens.figures.comparison.differences import differences_finding, draw_differences, wins_of
from markovlens.figures.comparison.intervention import (
    draw_intervention,
    intervention_finding,
    swaps_of,
)
from markovlens.figures.comparison.pareto import (
    draw_pareto,
    front_of,
    machine_points,
    pareto_finding,
)

PLACE = {
    "layer": "rnn.l0", "n_seeds": 3, "n_sequences": 200, "gate": "passed", "status": "ok",
    "reason": "", "n_states_low": 4, "n_states_high": 4, "carries": "state", "n_states_hard": 4,
}  # fmt: skip


def row(task, method, score, value, **changes):
    spread = {"low": value, "high": value} if value is not None else {"low": None, "high": None}
    plain = {
        "task": task, "model": "gru", "method": method, "score": score, "value": value,
        "n_states": 4, "mode": "closed", "selection": "fixed",
    }  # fmt: skip
    return PLACE | plain | spread | changes


def machines(task, method, points, **changes):
    """Return rows of (number of states, bits, fidelity)."""
    return [
        one
        for size, bits, value in points
        for one in (
            row(task, method, "description_bits", bits, n_states=size, **changes),
            row(task, method, "balanced_fidelity_string", value, n_states=size, **changes),
        )
    ]


@pytest.fixture
def lengths():
    return pd.DataFrame(
        machines("parity", "kmeans", [(2, 20.0, 1.0), (4, 60.0, 1.0)])
        + machines("parity", "hmm", [(2, 15.0, 0.6), (4, 200.0, 0.999)])
        + machines("dyck_1", "kmeans", [(2, 20.0, 0.5)])
        + machines("dyck_1", "hmm", [(4, 300.0, 0.8)])
    )


def test_the_shortest_of_the_best_machines_is_named(lengths):
    points = machine_points(lengths, score="balanced_fidelity", mode="closed")
    assert pareto_finding(points) == (
        "The shortest machine within 0.01 of the best fidelity: "
        "k-means on 1 and HMM on 1 of 2 tasks"
    )


def test_nothing_on_the_front_is_beaten(lengths):
    points = machine_points(lengths, score="balanced_fidelity", mode="closed")
    front = front_of(points[points["task"] == "parity"])
    assert front["bits"].tolist() == [15, 20]
    assert front["value"].tolist() == [0.6, 1.0]


def test_points_are_means_over_the_same_networks(lengths):
    other = machines("parity", "kmeans", [(2, 40.0, 0.8)], model="srn")
    table = pd.concat([lengths, pd.DataFrame(other)])
    points = machine_points(table, score="balanced_fidelity", mode="closed")
    parity = points[points["task"] == "parity"]
    assert parity[["n_states", "bits", "value"]].to_numpy().tolist() == [[2, 30, 0.9]]


def test_machines_that_carry_a_belief_are_hollow_and_have_a_star():
    table = pd.DataFrame(
        machines("parity", "kmeans", [(3, 20.0, 0.8)], carries="belief")
        + machines("parity", "lstar", [(5, 60.0, 1.0)])
    )
    figure = draw_pareto(table)
    axes = figure.axes[0]
    assert [text.get_text() for text in axes.texts] == ["3*", "5"]
    dots = [dots for dots in axes.collections if isinstance(dots, PathCollection)]
    hollow = [len(some.get_offsets()) for some in dots if (some.get_facecolors() == 1).all()]
    assert hollow == [1, 1]  # the dot, and on the front; L* has both filled
    assert sum(len(some.get_offsets()) for some in dots) == 4
    said = " ".join(" ".join(text.get_text().split()) for text in figure.findobj(Text))
    assert "carries a belief" in said.replace("\N{NO-BREAK SPACE}", " ")


def swaps(task, method, **values):
    changes = {"mode": "swap", "selection": "chosen"}
    return [row(task, method, name, value, **changes) for name, value in values.items()]


def test_interventions_that_work_are_counted():
    table = pd.DataFrame(
        swaps("parity", "kmeans", iia=1.0, iia_centroid=1.0, iia_same_state=1.0, iia_random=0.1)
        + swaps("dyck_1", "kmeans", iia=0.8, iia_same_state=0.7, iia_random=0.3)
    )
    assert intervention_finding(swaps_of(table)).endswith(
        "k-means on 1 of 2; a random move as long: median 0.20"
    )
    (axes,) = draw_intervention(table).axes
    texts = [text.get_text() for text in axes.texts]
    assert [text for text in texts if text[:1] in "1."] == ["1", ".10", ".800", ".30"]
    assert len(axes.patches) == 1  # the corner of dyck_1: its states hold different things


def test_networks_that_answer_with_numbers_have_a_scale_of_their_own():
    numbers = {"swap_explained": 0.9, "swap_explained_random": -0.2, "swap_effect": 1.0}
    table = pd.DataFrame(
        swaps("flow", "kmeans", **numbers, swap_effect_same_state=0.1)
        + swaps("dose", "kmeans", **numbers, swap_effect_same_state=0.6)
    )
    assert intervention_finding(swaps_of(table)).endswith(
        "median 0.90 of the squared change; a random move as long: -0.20"
    )
    figure = draw_intervention(table)
    (axes,) = figure.axes
    texts = [text.get_text() for text in axes.texts]
    assert texts.count(".900") == 2
    assert len(axes.patches) == 1  # the corner of dose alone
    said = " ".join(text.get_text() for text in figure.findobj(Text))
    assert "share of the change foretold" in said
    assert "steps with the answer of the other state" not in said


def test_networks_that_cannot_be_asked_are_named():
    skipped = row("parity", "kmeans", "iia", None, mode="swap", selection="chosen")
    figure = draw_intervention(
        pd.DataFrame([skipped | {"status": "skipped", "reason": "it cannot"}])
    )
    assert "it cannot" in [text.get_text() for text in figure.axes[0].texts]


@pytest.fixture
def differences():
    def one(task, a, b, verdict):
        return {
            "task": task, "model": "gru", "score": "balanced_fidelity_string", "method_a": a,
            "method_b": b, "against": "floor" if b == "ngram" else "method", "n_seeds": 3,
            "verdict": verdict,
        }  # fmt: skip

    return pd.DataFrame(
        [
            one("parity", "kmeans", "ngram", "kmeans better"),
            one("dyck_1", "kmeans", "ngram", "no difference shown"),
            one("parity", "hmm", "kmeans", "kmeans better"),
        ]
    )


def test_wins_are_counted_on_both_sides(differences):
    wins, compared = wins_of(differences, ["kmeans", "hmm", "ngram"])
    assert wins.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert compared.tolist() == [[0, 1, 2], [1, 0, 0], [2, 0, 0]]


def test_real_differences_are_counted(differences):
    title = differences_finding(differences)
    assert title.startswith("1 of 1 difference between methods are shown")
    assert title.endswith("wins: k-means 1; from a floor 1 of 2")


def test_the_foot_says_what_p_is_about(differences):
    def text(table):
        parts = draw_differences(table, level=0.9).findobj(Text)
        return " ".join(" ".join(part.get_text().split()) for part in parts)

    three, one = text(differences), text(differences.assign(n_seeds=1))
    assert "t over seeds (degrees of freedom: seeds - 1)" in three
    assert "that network only" not in three
    assert "that network only" in one
    some = text(pd.concat([differences, differences.assign(n_seeds=1)]))
    assert "1 where one seed of several has both" in some
    assert "that network only" not in some
    assert "each score a family of its own at 10 %" in three.replace("\N{NO-BREAK SPACE}", " ")


def test_with_nothing_to_draw_a_figure_says_so(lengths, differences):
    for figure in (
        draw_pareto(lengths.iloc[:0]),
        draw_intervention(lengths),
        draw_differences(differences.iloc[:0]),
    ):
        assert figure.axes[0].texts
