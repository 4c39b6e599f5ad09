"""The tables of networks that answer with labels, values or a risk."""

import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.outputs import LEVELS, counter, watched
from markovlens.abstractions.base import Options
from markovlens.abstractions.study import load_study, save_study, study
from markovlens.errors import DataError
from markovlens.faithfulness.causes.probe import probe_network
from markovlens.faithfulness.causes.subject import Subject
from markovlens.faithfulness.claims.differences import find_differences
from markovlens.faithfulness.scores.compile import compare
from markovlens.faithfulness.scores.digest import MEASURE_NAMES, digest
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.faithfulness.scores.floors import floors_of
from markovlens.faithfulness.verdict.answers import ANSWERS
from markovlens.outputs import Output
from markovlens.status import Judgement
from markovlens.tasks.base import Split, Task

LABELS = np.where(LEVELS > 0.5, 0.9, 0.1)
CASES = {
    Output.VALUES: ("variance_explained", LEVELS, 0.4),
    Output.RISK: ("concordance", LEVELS[:, :1], 0.4),
    Output.LABELS: ("balanced_agreement_label", LABELS, 0.0),
}
SCORING = Scoring(bootstraps=40)


def made(output, folder):
    """Return (traces, task, kept studies) of a network that counts."""
    _, levels, noise = CASES[output]
    traces = {
        split: watched(output, levels=levels, noise=noise, seed=seed)
        for seed, split in enumerate(("train", "valid", "test"))
    }
    asked = {split: _asked(trace) for split, trace in traces.items()}
    nothing = np.full
    splits = {
        split: Split(trace.sequences, nothing(trace.n_steps, -1), nothing(trace.n_steps, -1))
        for split, trace in traces.items()
    }
    task = Task("count", "custom", ("a", "b"), traces["train"].classes, splits, 0.0)
    kept = {}
    for method in ("kmeans", "lstar", "majority"):
        result = study(
            method, asked["train"], asked["valid"], n_states=[2, 3], seed=0,
            options=Options(restarts=1),
        )  # fmt: skip
        save_study(folder / method, result, asked)
        kept[method] = load_study(folder / method)
    return asked, task, kept


def _asked(trace):
    """Return the trace with what the network says without noise as its targets."""
    right = (trace.outputs > 0.5).astype(int) if trace.output == Output.LABELS else trace.outputs
    unknown = np.full(trace.n_steps, -1)
    return replace(trace, targets=right, truth=unknown)


@pytest.fixture(scope="module", params=CASES)
def scored(request, tmp_path_factory):
    output = request.param
    traces, task, kept = made(output, tmp_path_factory.mktemp(str(output)))
    table = evaluate(task, traces["train"], traces["test"], kept, scoring=SCORING, seed=0)
    whole = table.assign(task="count", model="gru", layer="rnn", seed=0, gate="passed")
    return output, traces, kept, whole


def cell(table, method, score, mode):
    rows = table[(table["method"] == method) & (table["score"] == score) & table["chosen"]]
    found = rows[rows["mode"] == mode]
    assert len(found) == 1
    return found.iloc[0]["value"]


def test_the_measure_of_the_output_stands_in_both_loops_beside_floors(scored):
    output, traces, kept, table = scored
    measure = CASES[output][0]
    closed = cell(table, "kmeans", measure, "closed")
    best = kept["kmeans"].machines[kept["kmeans"].chosen]
    assert closed == pytest.approx(fidelity(best, traces["test"]).value)
    assert cell(table, "kmeans", measure, "open") == pytest.approx(closed, abs=0.02)
    assert cell(table, "network", f"target_{measure}", "-") == 1
    for floor in ("mean", "linear", "last_value"):
        assert cell(table, floor, measure, "-") < closed
    assert not table["score"].str.startswith(("accuracy", "fidelity", "divergence", "hard")).any()


def test_what_needs_decisions_is_a_row_with_the_reason(scored):
    *_, table = scored
    failed = table[table["method"] == "lstar"]
    assert set(failed["status"]) == {"failed"}
    assert failed["reason"].str.contains("expected outputs that decide").all()


def test_the_digest_shows_the_measure_that_fits(scored):
    output, _, kept, table = scored
    comparison = compare(table, level=0.95)
    row = digest(comparison).iloc[0]
    names = {"variance_explained": "variance explained", "concordance": "concordance"}
    assert row["measure"] == names.get(CASES[output][0], "balanced agreement of labels")
    own = {"variance_explained": "R² 1.000", "concordance": "C 1.000"}
    assert row["on the task"] == own.get(CASES[output][0], "balanced 1.000")
    assert f"K={kept['kmeans'].chosen}" in row["kmeans"]
    assert "K=" not in row["linear"]
    assert row["lstar"] == "failed"


def test_methods_are_compared_by_it_and_floors_apart(scored):
    output, *_, table = scored
    found = find_differences(table, level=0.95)
    assert set(found["score"]) == {CASES[output][0]}
    assert set(found["against"]) == {"floor"}  # one method is left, and floors are not compared


def test_there_is_no_verdict_where_nothing_is_decided(scored):
    output, traces, kept, _ = scored
    subject = Subject(traces["valid"], traces["test"], None, kept, traces["train"])
    probed = probe_network(subject, scoring=SCORING, seed=0, draws=0)
    assert probed.verdict["verdict"] == Judgement.NO_DECISIONS
    said = probed.verdict["evidence"]
    assert f"it answers with {ANSWERS[output]}: {MEASURE_NAMES[CASES[output][0]]}" in said
    gap, low, high = map(float, re.search(r", by (\S+) \[(\S+), (\S+)\] above the", said).groups())
    assert 0 < low < gap < high
    assert (probed.verdict["method"], probed.verdict["n_states"]) == ("kmeans", None)
    machine = kept["kmeans"].machines[probed.verdict["n_states_judged"]]
    assert probed.verdict["fidelity"] == pytest.approx(fidelity(machine, traces["test"]).value)
    assert set(probed.rows["status"]) == {"skipped"}


@pytest.mark.parametrize("horizon", [1, 3])
def test_the_last_value_is_one_that_is_known_by_then(horizon):
    """Of a forecast by h steps the target of the step before would be h - 1 steps in the future."""
    rng = np.random.default_rng(0)
    series = rng.normal(size=(6, 12)).cumsum(axis=1)
    targets = np.full_like(series, np.nan)
    targets[:, :-horizon] = series[:, horizon:]
    trace = replace(
        watched(), states=np.zeros((72, 1)), inputs=np.zeros(72, dtype=int),
        outputs=series.reshape(-1, 1), targets=targets.reshape(-1, 1), truth=np.full(72, -1),
        lengths=np.full(6, 12), classes=("y",),
    )  # fmt: skip
    last = floors_of(trace, trace, lag=horizon)["last_value"].reshape(6, 12)
    np.testing.assert_allclose(last[:, horizon:-1], series[:, horizon:-1])


@pytest.mark.parametrize("names", [("y1", "y2"), ("a", "b")])
@pytest.mark.parametrize("kind", [Output.DISTRIBUTION, Output.LABELS])
def test_a_network_of_another_kind_of_answer_is_refused_whatever_its_names(kind, names):
    trace = watched(Output.VALUES, noise=0.0)
    assert fidelity(counter(LEVELS, Output.VALUES), trace).value == pytest.approx(1)
    machine = counter(np.full((3, 2), 0.5), kind, classes=names)
    with pytest.raises(DataError, match="what the machine does, .*, got one of values; `record`"):
        fidelity(machine, trace)


def test_a_machine_that_is_no_better_than_a_floor_is_said_to_be():
    trace = watched(Output.VALUES, noise=0.1)
    good, bad = counter(LEVELS, Output.VALUES), counter(np.full((3, 2), 9.0), Output.VALUES)
    assert "scores no higher" not in repr(fidelity(good, trace, train=trace))
    assert "scores no higher than what knows no state: mean" in repr(
        fidelity(bad, trace, train=trace)
    )
    assert "scores no higher" not in repr(fidelity(bad, trace))
