"""The machine of the verdict: what its title, stamp and foot line say."""

import numpy as np
import pytest

from helpers.machines import verdict_on
from markovlens.figures.networks.verdict import (
    Judged,
    draw_verdict,
    shown_flow,
    verdict_finding,
)
from markovlens.machines.deciding import told_apart
from markovlens.machines.machine import automaton
from markovlens.sequences import Sequences
from markovlens.status import Judgement

STRINGS = Sequences(np.array([0, 1, 1, 0, 1]), np.array([3, 2]))
LONG = {"fidelity_long": 0.91, "fidelity_long_low": 0.9, "fidelity_long_high": 0.92}


def judged(machine, *, seed=0, **changes):
    return Judged(seed, verdict_on("kmeans", 2, **changes), machine, STRINGS)


def refused(machine, **changes):
    return judged(machine, verdict=Judgement.REFUSED, n_states=None, **changes)


def texts_of(figure):
    return [text.get_text().replace("\N{NO-BREAK SPACE}", " ") for text in figure.findobj(is_text)]


def is_text(artist):
    return hasattr(artist, "get_text") and bool(artist.get_text())


def test_the_title_has_size_method_and_fidelity_with_its_interval(parity):
    said = verdict_finding(judged(parity, **LONG), budget=12)
    assert said == (
        "2 states (k-means), closed-loop fidelity .990 [.980, 1], on strings 2 to 4 times as long "
        ".910 [.900, .920]"
    )


def test_what_is_not_whole_is_never_called_1(parity):
    assert "fidelity .999 [" in verdict_finding(judged(parity, fidelity=0.99986), budget=12)
    assert "fidelity 1 [" in verdict_finding(judged(parity, fidelity=1.0), budget=12)


def test_a_refusal_comes_first_and_its_machine_bears_a_stamp(parity):
    one = refused(parity)
    title = verdict_finding(one, budget=12)
    assert title.startswith(
        "Refused: no machine of up to 12 states stands for the network; the best judged, "
    )
    assert "the best judged, 2 states (k-means), has" in title
    blurred = verdict_finding(refused(parity, carries="belief"), budget=12)
    assert "the best judged, 2 states (k-means), by its most likely moves alone, has" in blurred
    assert any(text.startswith("REFUSED") for text in texts_of(draw_verdict([one], budget=12)))
    found = texts_of(draw_verdict([judged(parity)], budget=12))
    assert not any("REFUSED" in text for text in found)


def test_a_fidelity_that_still_rises_is_said(parity):
    rising = refused(parity, evidence="the fidelity still rises at the largest number of states")
    assert "the fidelity still rises there" in verdict_finding(rising, budget=12)


def test_a_network_without_a_machine_is_told_of():
    nothing = judged(
        None, verdict=Judgement.UNKNOWN, n_states=None, n_states_judged=None, method=None
    )
    assert verdict_finding(nothing, budget=6) == (
        "Refused: no machine of up to 6 states could be fitted"
    )
    assert any("every fit failed" in text for text in texts_of(draw_verdict([nothing], budget=6)))


def test_what_cannot_be_told_is_no_refusal_and_no_praise(parity):
    why = "the network gave one answer throughout"
    one = judged(parity, verdict=Judgement.UNTOLD, n_states=None, evidence=why)
    said = texts_of(draw_verdict([one], budget=12))
    assert not any("REFUSED" in text for text in said)
    assert verdict_finding(one, budget=12).endswith(f", which shows nothing: {why}")


def test_the_foot_line_says_how_other_seeds_differ(parity):
    other = automaton([[1, 0], [1, 1]], [False, True], start=0, symbols=("0", "1"))
    seeds = [
        judged(parity),
        judged(parity, seed=1),
        judged(parity, seed=2),
        judged(other, seed=3),
        refused(other, seed=4),
    ]
    foot = texts_of(draw_verdict(seeds, network="parity, GRU", budget=12))[-1].replace("\n", " ")
    assert "seeds 1 and 2: the same machine" in foot
    assert "seed 3: another machine of 2 states (parted after 1 symbol)" in foot
    assert "seed 4: refused, the best has 2 states" in foot


@pytest.mark.parametrize(
    ("tried", "said"),
    [
        ({"n_tests": 30, "counterexample": None}, "no counterexample in 30 tests"),
        (
            {"n_tests": 30, "counterexample": "0 1 1", "counterexample_length": 3},
            "counterexample of 3 symbols: 0 1 1",
        ),
        ({}, "the network could not be asked for counterexamples"),
    ],
)
def test_the_foot_line_says_what_the_hunt_for_a_counterexample_gave(parity, tried, said):
    figure = draw_verdict([judged(parity, falsification=tried)], budget=12)
    assert any(said in text for text in texts_of(figure))


def test_moves_by_marks_in_the_wrong_place_are_not_drawn():
    # "^" begins each string; it leads from the start to the state of an even number of a's.
    symbols = ("^", "a")
    machine = automaton([[1, 0], [1, 2], [2, 1]], [False, True, False], start=0, symbols=symbols)
    strings = Sequences(np.array([0, 1, 1, 0, 1]), np.array([3, 2]))
    small = told_apart(machine, strings)
    flow = shown_flow(small, strings)
    assert flow.starts.tolist() == [1, 0]
    assert not flow.reads[0].any()
    assert flow.reads[1].all()
