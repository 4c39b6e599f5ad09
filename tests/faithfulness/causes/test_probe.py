from dataclasses import replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from helpers.planted import depth_machine, observed, parity_machine, parity_network
from markovlens.abstractions.lumped import Lumping
from markovlens.abstractions.study import Kept
from markovlens.faithfulness.causes.probe import UNTAUGHT, probe_network
from markovlens.faithfulness.causes.stage import stability_rows
from markovlens.faithfulness.causes.subject import UNASKABLE, Subject
from markovlens.faithfulness.scores.evaluate import Scoring
from markovlens.faithfulness.scores.stability import stability
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.faithfulness.verdict.table import counterexample_table, verdict_table
from markovlens.files.runs import Run
from markovlens.files.whole import write_json
from markovlens.status import Judgement

SCORING = Scoring(bootstraps=30, interventions=60, tests=90)


def subject(*, askable=True):
    """Return parity with its own machine, one that is no parity, and a floor."""
    network = parity_network()
    test, oracle = observed(network, seed=1)
    decoded = {size: {"test": states} for size, states in states_of(test).items()}
    studies = {
        "right": Kept({2: parity_machine()}, {}, 2, swap_keys(decoded[2], 2)),
        "wrong": Kept({3: depth_machine(1)}, {}, 3, swap_keys(decoded[3], 3)),
        "ngram": Kept({2: parity_machine()}, {}, 2, {}),
        "failed": Kept({}, {2: "too few steps"}, None, {}),
    }
    return Subject(observed(network, seed=2)[0], test, oracle if askable else None, studies)


def states_of(trace):
    words = trace.sequences
    return {2: parity_machine().run(words).argmax(1), 3: depth_machine(1).run(words).argmax(1)}


def swap_keys(decoded, size):
    return {split: {size: states} for split, states in decoded.items()}


def probe(**options):
    return probe_network(subject(**options), scoring=SCORING, seed=0, draws=1)


def value(rows, method, score):
    found = rows[(rows["method"] == method) & (rows["score"] == score)]
    assert len(found) == 1
    return found.iloc[0]["value"]


def test_right_and_wrong_machines_are_told_apart():
    probed = probe()
    rows = probed.rows
    assert value(rows, "right", "iia") == 1
    assert value(rows, "wrong", "iia") < 1
    assert (value(rows, "right", "falsified"), value(rows, "wrong", "falsified")) == (0, 1)
    assert value(rows, "right", "tests_to_disagreement") == 90
    assert value(rows, "wrong", "tests_to_disagreement") <= 3
    assert set(rows.loc[rows["mode"] == "swap", "method"]) == {"right", "wrong"}
    assert probed.verdict["verdict"] == "finite-state"
    assert (probed.verdict["n_states"], probed.verdict["method"]) == (2, "right")
    assert probed.verdict["falsification"]["tests_to_disagreement"] is None
    assert {record["method"] for record in probed.falsification} == {"right", "wrong", "ngram"}
    assert probed.falsification[1]["counterexample"] in ("0", "1")


def test_networks_are_steered_where_the_training_trace_is_at_hand():
    taught, _ = observed(parity_network(), seed=3)
    one = subject()
    known = states_of(taught)
    studies = {
        name: replace(kept, decoded=kept.decoded | {"train": {kept.chosen: known[kept.chosen]}})
        for name, kept in one.studies.items()
        if kept.decoded
    }
    whole = Subject(one.valid, one.test, one.oracle, studies, taught=taught)
    rows = probe_network(whole, scoring=SCORING, seed=0, draws=1).rows
    assert value(rows, "right", "steer") == value(rows, "right", "steer_exemplar") == 1
    assert value(rows, "right", "steer_other") < 0.9
    assert set(rows.loc[rows["score"].str.startswith("steer"), "mode"]) == {"swap"}
    without = probe().rows
    assert set(without.loc[without["score"] == "steer", "reason"]) == {UNTAUGHT}


def test_the_same_seeds_give_the_same_probes():
    pd.testing.assert_frame_equal(probe().rows, probe().rows)


def test_a_network_that_cannot_be_asked_is_named_and_judged_on_what_was_recorded():
    probed = probe(askable=False)
    assert probed.rows["value"].isna().all()
    assert set(probed.rows["status"]) == {"skipped"}
    assert set(probed.rows["reason"]) == {UNASKABLE}
    assert probed.verdict["verdict"] == "finite-state"
    assert "longer strings could not be asked" in probed.verdict["evidence"]
    assert probed.falsification[0]["reason"] == UNASKABLE


def test_stability_is_agreement_up_to_names():
    rng = np.random.default_rng(0)
    bootstrap = Bootstrap.draw(30, n_resamples=40, rng=rng)
    lengths = np.full(30, 10)
    states = rng.integers(3, size=300)
    scores = stability({0: states, 1: 2 - states, 2: rng.integers(3, size=300)}, lengths, bootstrap)
    assert scores[0].value == pytest.approx(0.5, abs=0.02)
    assert scores[2].value == pytest.approx(0, abs=0.03)
    assert stability({0: states}, lengths, bootstrap) == {}


def test_chosen_and_lumped_states_are_compared_between_seeds():
    """Three seeds lumped to the language, of which one has other states off its network."""
    lumping = Lumping(parity_machine(), np.eye(2), "by hand")
    names = {0: "right", 1: "right", 2: "wrong"}
    subjects = {}
    for seed, name in names.items():
        one = subject()
        studies = {"method": replace(one.studies[name], lumped=lumping)}
        subjects[seed] = Subject(one.valid, one.test, one.oracle, studies)
    rows = stability_rows(subjects, ["method"], scoring=SCORING, seed=0)
    found = {seed: {row["mode"]: row["value"] for row in mine} for seed, mine in rows.items()}
    assert {seed: mine["lumped"] for seed, mine in found.items()} == {0: 1, 1: 1, 2: 1}
    assert found[0]["open"] == found[1]["open"] > found[2]["open"]
    assert found[0]["open"] == pytest.approx((1 + found[2]["open"]) / 2)
    assert [row["n_states"] for mine in rows.values() for row in mine] == [2, 2, 2, 2, 3, 3]


def test_verdicts_are_merged_over_seeds(tmp_path):
    runs = [Run.at(tmp_path, "parity", "gru", seed, layer="rnn.l0") for seed in range(2)]
    probed = probe()
    for run in runs:
        write_json(run.verdict, {"verdict": probed.verdict, "methods": probed.falsification})
    table = verdict_table(runs)
    assert table["scope"].tolist() == ["seed", "seed", "network"]
    assert table["seed"].tolist() == [0, 1, pd.NA]
    assert table["n_states"].tolist() == [2, 2, 2]
    method = probed.verdict["method"]
    assert table["method"].tolist() == [method] * 3
    assert table["carries"].tolist() == ["state"] * 3
    assert table["evidence"].iloc[2] == (
        f"2 of 2 seeds finite-state: 2 states ({method}), 2 states ({method})"
    )
    for other, short in (
        ("not finite-state at this budget", "refused"),
        ("no machine could be fitted", "no machine"),
    ):
        changed = probed.verdict | {"verdict": other, "n_states": None}
        write_json(runs[1].verdict, {"verdict": changed, "methods": []})
        merged = verdict_table(runs).iloc[2]
        assert merged["verdict"] == other
        assert merged[["n_states", "method", "carries"]].isna().all()
        assert merged["evidence"].endswith(f"2 states ({method}), {short}")
    assert len(counterexample_table(runs)) == 3


def test_the_worst_verdict_counts_in_whatever_order_seeds_come(tmp_path):
    runs = [Run.at(tmp_path, "parity", "gru", seed, layer="rnn.l0") for seed in range(3)]
    probed = probe()
    for order in permutations((Judgement.UNTOLD, Judgement.REFUSED, Judgement.FINITE)):
        for run, said in zip(runs, order, strict=True):
            write_json(run.verdict, {"verdict": probed.verdict | {"verdict": said}, "methods": []})
        assert verdict_table(runs).iloc[3]["verdict"] == Judgement.REFUSED


def test_a_verdict_names_the_shortest_string_on_which_it_is_wrong_in_any_seed(tmp_path):
    runs = [Run.at(tmp_path, "parity", "gru", seed, layer="rnn.l0") for seed in range(3)]
    probed = probe()
    for run, word in zip(runs, ("1 1 1", None, "0 1"), strict=True):
        length = None if word is None else len(word.split())
        tried = {"counterexample": word, "counterexample_length": length}
        verdict = probed.verdict | {"falsification": tried, "method": f"m{run.seed}"}
        write_json(run.verdict, {"verdict": verdict, "methods": []})
    merged = verdict_table(runs).iloc[3]
    assert (merged["counterexample"], merged["counterexample_length"]) == ("0 1", 2)
    assert pd.isna(merged["method"])  # three seeds, three methods: the evidence names them
    assert "2 states (m0), 2 states (m1), 2 states (m2)" in merged["evidence"]
