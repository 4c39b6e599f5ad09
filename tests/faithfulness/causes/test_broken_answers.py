"""Answers that are not finite stop nothing: what they belong to is left out, counted and said."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.brittle import Brittle, brittle, far_off, half_way, too_long
from helpers.machines import trace_of
from helpers.planted import parity_machine
from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.closeness import agreed, overlapped
from markovlens.abstractions.study import Kept
from markovlens.activations.oracle import Oracle
from markovlens.explaining.units import N_STEPS, unit_effects
from markovlens.explaining.walks import walk_of
from markovlens.faithfulness.causes.continuing import draw_points
from markovlens.faithfulness.causes.counterfactuals import CONFIRMED, RANDOM, counterfactual_scores
from markovlens.faithfulness.causes.editing import Editor
from markovlens.faithfulness.causes.effects import EFFECTS
from markovlens.faithfulness.causes.intervention import Explained, intervene
from markovlens.faithfulness.causes.probe import probe_network
from markovlens.faithfulness.causes.subject import Subject
from markovlens.faithfulness.claims.trust import answers_of, seed_agreement
from markovlens.faithfulness.scores.compile import merge_chosen
from markovlens.faithfulness.scores.evaluate import Scoring, score_row
from markovlens.faithfulness.scores.falsify import draw_suite, falsify
from markovlens.faithfulness.scores.intervals import SHARE
from markovlens.faithfulness.scores.tally import Bootstrap, exactly
from markovlens.faithfulness.verdict.verdict import draw_probe
from markovlens.machines.minimisation import equivalent
from markovlens.outputs import Output, left_out
from markovlens.sequences import Sequences

LEFT_OUT = re.compile(r"(\d+) of (\d+) .*are left out: the network's answers there are not finite")


def counted(note):
    left, total = map(int, LEFT_OUT.fullmatch(note).groups())
    assert 0 < left <= total
    return left, total


def swapped(trace, oracle):
    machine = parity_machine()
    if trace.output == Output.VALUES:
        machine = replace(machine, readout=np.eye(2)[:, 1:], classes=("p",), output=Output.VALUES)
    rng, explained = np.random.default_rng(0), Explained(machine, odd(trace))
    points = draw_points(trace, oracle, n_points=100, rng=rng)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=rng)
    return intervene({"it": explained}, trace, oracle, points, bootstrap)["it"]


def odd(trace):
    return np.concatenate([np.cumsum(word) % 2 for word in trace.sequences])


def test_swaps_that_break_the_network_are_left_out_of_their_score_alone():
    scores = swapped(*brittle(far_off))
    whole, moved = scores["iia"], scores["iia_random"]
    assert (whole.value, whole.note, scores["iia_same_state"].note) == (1, "", "")
    left, total = counted(moved.note)
    assert total == whole.n_sequences
    assert moved.n_sequences == total - left


def test_numbers_are_left_out_as_decisions_are():
    scores = swapped(*brittle(far_off, graded=True))
    assert set(scores) == set(EFFECTS)
    assert scores["swap_explained"].value == pytest.approx(1)
    assert np.isfinite(scores["swap_effect_random"].value)
    for name, score in scores.items():
        assert bool(score.note) == name.endswith("random"), name
    left, total = counted(scores["swap_effect_random"].note)
    assert scores["swap_effect_random"].n_sequences == total - left


def test_a_string_without_an_answer_is_no_counterexample():
    trace, oracle = brittle(too_long)
    rng = np.random.default_rng(0)
    suite = draw_suite(trace, oracle, n_tests=50, rng=rng)
    result = falsify(parity_machine(), suite, oracle, confidence=0.95, rng=rng)
    assert (result.tests_to_disagreement, result.rate) == (None, 0)
    _, total = counted(result.note)
    assert total == result.n_tests


def test_all_of_a_probe_goes_on_and_says_what_it_left_out():
    trace, oracle = brittle(too_long)
    kept = Kept({2: parity_machine()}, {}, 2, {"test": {2: odd(trace)}})
    subject = Subject(trace, trace, oracle, {"right": kept})
    scoring = Scoring(bootstraps=50, interventions=60, tests=90)
    found = probe_network(subject, scoring=scoring, seed=0, draws=0)
    assert found.verdict["n_states"] == 2
    assert LEFT_OUT.search(found.verdict["evidence"])
    assert LEFT_OUT.fullmatch(found.falsification[0]["reason"])
    swaps = found.rows.set_index("score").loc["iia"]
    assert swaps["status"] == "ok"
    counted(swaps["reason"])


def test_longer_strings_count_up_to_where_answers_end():
    trace, oracle = brittle(too_long)
    stretched = draw_probe(trace, oracle, n_strings=40, rng=np.random.default_rng(0)).stretched
    np.testing.assert_array_equal(stretched.decisions == -1, ~stretched.answered)
    assert 0 < stretched.answered.mean() < 1
    never = Oracle(Brittle(lambda _, n: n > 0))
    assert draw_probe(trace, never, n_strings=40, rng=np.random.default_rng(0)).stretched is None


class Forgetful:
    """A network that runs parity and does not answer sequences with an even number of steps."""

    def outputs(self, inputs):
        even = np.repeat(inputs.lengths % 2 == 0, inputs.lengths)
        return np.where(even[:, None], np.nan, parity_machine().predict(inputs))


def counterfactuals(network):
    machine = parity_machine()
    trace = trace_of(machine, n_sequences=120, longest=12)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=np.random.default_rng(0))
    return counterfactual_scores(
        Editor.of(machine, trace), trace, network, bootstrap,
        n_sequences=100, rng=np.random.default_rng(0),
    )  # fmt: skip


def test_changed_sequences_without_an_answer_are_left_out():
    found = counterfactuals(Forgetful())
    left, total = counted(found[CONFIRMED].note)
    assert found[CONFIRMED].value == 1
    assert found[RANDOM].value == 1  # those with an answer changed one symbol for the other
    assert found[CONFIRMED].n_sequences == total - left


def test_where_no_changed_sequence_is_answered_there_is_a_reason():
    class Silent:
        def outputs(self, inputs):
            return np.full((inputs.n_steps, 2), np.nan)

    left, total = counted(counterfactuals(Silent()))
    assert left == total


def test_no_answer_is_wrong_and_of_no_mind():
    _, oracle = brittle(too_long)
    long = Sequences(np.ones(40, dtype=int), [20, 20])
    assert answers_of(oracle, {})["network"](long).tolist() == [-1, -1]
    bootstrap = Bootstrap.draw(4, n_resamples=20, rng=np.random.default_rng(0))
    same = {seed: np.array([0, 1, -1, -1]) for seed in (0, 1)}
    assert seed_agreement(same, 2, bootstrap)[0].value == pytest.approx(1)
    other = same | {1: np.array([0, 1, 0, 1])}
    assert seed_agreement(other, 2, bootstrap)[0].value < 1


def learnt(breaks):
    trace, _ = brittle(too_long)
    options, rng = Options(restarts=2), np.random.default_rng(0)
    evidence = Evidence(trace, network=Oracle(Brittle(breaks)))
    return METHODS["lstar"](evidence, n_states=[4], rng=rng, options=options)[4]


def test_lstar_learns_from_the_words_that_are_answered():
    assert equivalent(learnt(too_long).machine, parity_machine()) is None


def test_lstar_says_what_it_needs_an_answer_to():
    assert "needs an answer to every word" in learnt(lambda _, n: n > 0)


def test_silencing_that_breaks_the_network_is_counted_and_has_no_effect_of_its_own():
    trace, oracle = brittle(half_way)
    walk = walk_of(parity_machine(), trace.sequences)
    found = unit_effects(oracle, trace, walk, rng=np.random.default_rng(0))
    for effects in found.values():
        by_unit = {each.unit: each for each in effects}
        assert (by_unit[0].effect, by_unit[0].n_broken) == (0, N_STEPS)  # p at its mean is neither
        assert (by_unit[1].effect, by_unit[1].n_broken) == (0, 0)


@pytest.mark.parametrize("graded", [False, True])
def test_silence_agrees_with_nothing(graded):
    trace, _ = brittle(too_long, graded=graded)
    said = trace.outputs.copy()
    said[trace.sequences.starts] = np.nan
    for measure in (agreed, overlapped):
        expected = 1 - 1 / trace.lengths
        np.testing.assert_allclose(measure(said, trace), expected, atol=1e-6)


def test_what_was_left_out_reaches_the_table_of_all():
    bootstrap = Bootstrap.draw(10, n_resamples=20, rng=np.random.default_rng(0))
    score = exactly(0.5, bootstrap, SHARE)
    notes = {0: "", 1: left_out(1, 9, "swaps"), 2: left_out(1, 9, "swaps")}
    place = {"task": "t", "model": "m", "layer": "l", "gate": "passed"}
    rows = pd.DataFrame(
        [
            score_row("it", 2, "swap", "iia", replace(score, note=note)) | place | {"seed": seed}
            for seed, note in notes.items()
        ]
    )
    merged = merge_chosen(rows, level=0.95)
    assert merged["reason"].tolist() == [notes[1]]
    assert merged["status"].tolist() == ["ok"]
    assert merge_chosen(rows.assign(reason=""), level=0.95)["reason"].tolist() == [""]
