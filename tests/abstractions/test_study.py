from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions.base import Fitted, Options
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.study import by_size, load_study, save_study, study
from markovlens.errors import ConfigError, DataError

OPTIONS = Options(restarts=2, max_iterations=40)


def run(method, traces, n_states, options=OPTIONS):
    seed = np.random.SeedSequence(0)
    return study(
        method, traces["train"], traces["valid"], n_states=n_states, seed=seed, options=options
    )


def test_bic_finds_the_planted_number_of_states(traces_of):
    result = run("hmm", traces_of("contains_000", noise=0.3), [2, 3, 4, 5, 6])
    assert result.chosen == 4
    assert set(result.sweep["n_states"]) == {2, 3, 4, 5, 6}
    assert set(result.sweep.loc[result.sweep["chosen"], "n_states"]) == {4}


@pytest.mark.parametrize("method", ["hmm", "hmm_input", "gmm"])
@pytest.mark.parametrize("criterion", ["bic", "aic", "slope", "heldout"])
def test_the_size_is_the_one_that_the_criterion_takes(method, criterion, traces_of):
    options = replace(OPTIONS, criterion=criterion)
    result = run(method, traces_of("parity", noise=0.4), range(1, 7), options)
    rows = result.sweep[~result.sweep["status"].isin(["dropped", "failed"])]
    sign = -1 if criterion == "heldout" else 1
    best = (sign * rows[criterion]).astype(float).idxmin()
    assert rows.loc[best, "n_states"] == result.chosen


@pytest.mark.parametrize("method", ["hmm", "hmm_input", "gmm"])
def test_a_criterion_that_needs_more_sizes_is_refused_before_any_fit(traces_of, method):
    options = replace(OPTIONS, criterion="slope")
    with pytest.raises(ConfigError, match="at least 5 numbers of states, got 2"):
        run(method, traces_of("parity"), [2, 3], options)


def test_an_unknown_criterion_is_refused_where_options_are_made():
    with pytest.raises(ConfigError, match="criterion.*bic_ess.*got 'best'"):
        Options(criterion="best")


def test_without_a_likelihood_the_fewest_faithful_states_are_chosen(traces_of):
    assert run("kmeans", traces_of("contains_000"), [2, 3, 4, 6, 8]).chosen == 4


def test_a_fit_that_fails_is_a_row_that_says_so(traces_of):
    """More clusters than there are steps cannot be."""
    traces = traces_of("parity")
    few = traces | {"train": traces["train"].select(np.array([0]))}
    result = run("kmeans", few, [1, 500])
    assert result.chosen == 1
    assert "500 clusters need as many points, got" in result.failures[500]
    rows = result.sweep.set_index("n_states")
    assert rows["status"].to_dict() == {1: "ok", 500: "failed"}
    assert rows.loc[500, "reason"].startswith("500 clusters need")


def test_when_every_fit_fails_nothing_is_chosen(traces_of):
    traces = traces_of("parity")
    few = traces | {"train": traces["train"].select(np.array([0]))}
    assert run("kmeans", few, [500]).chosen is None


@pytest.mark.parametrize("method", ["hmm", "hmm_input"])
def test_a_sweep_that_cannot_be_done_is_rows_that_say_so(method, traces_of, monkeypatch):
    def broken(*args, **kwargs):
        raise np.linalg.LinAlgError("not positive definite")

    monkeypatch.setattr("markovlens.abstractions.hmm.sweep", broken)
    result = run(method, traces_of("parity"), [2, 3])
    assert result.chosen is None
    assert set(result.sweep["status"]) == {"failed"}
    assert set(result.sweep["reason"]) == {"not positive definite"}


def test_the_criterion_is_that_of_the_machine_that_is_kept(traces_of):
    result = run("hmm", traces_of("contains_000", noise=0.3), [3, 4])
    for size, fitted in result.fits.items():
        rows = result.sweep[(result.sweep["n_states"] == size) & result.sweep["icl"].notna()]
        assert fitted.criterion == rows["bic"].iloc[0]


def test_traces_of_different_alphabets_are_refused(traces_of):
    traces = traces_of("parity")
    other = traces | {"valid": replace(traces["valid"], symbols=("0", "1", "2"))}
    with pytest.raises(DataError, match="got 2 and 3 .* pass `symbols=`"):
        run("kmeans", other, [2])


@pytest.mark.parametrize("method", ["kmeans", "majority"])
def test_file_round_trip(method, traces_of, tmp_path):
    traces = traces_of("parity")
    result = run(method, traces, [2, 3])
    save_study(tmp_path, result, traces)
    kept = load_study(tmp_path)
    assert kept.chosen == result.chosen
    assert set(kept.machines) == set(result.fits)
    if method == "kmeans":
        expected = result.fits[2].decode(traces["test"])
        np.testing.assert_array_equal(kept.decoded["test"][2], expected)
    else:
        assert kept.decoded["test"] == {}


def test_a_damaged_study_is_named(tmp_path):
    (tmp_path / "machines.json").write_text('{"machines": {"2": {}}, "failures": {}}')
    with pytest.raises(DataError, match=r"machines\.json: cannot be read"):
        load_study(tmp_path)


def test_of_two_budgets_with_one_size_the_better_machine_is_kept(traces_of):
    trace = traces_of("parity")["valid"]
    right = build_machine(trace, np.eye(2)[trace.truth], deterministic=True)
    wrong = replace(right, readout=right.readout[::-1].copy())
    fits = by_size([Fitted(wrong), Fitted(right), Fitted(wrong)], trace)
    assert fits[2].machine is right
    lower = by_size([Fitted(right, criterion=2.0), Fitted(wrong, criterion=1.0)], trace)
    assert lower[2].machine is wrong


def test_a_machine_for_every_budget_is_one_fit(traces_of):
    """RPNI has no size to set: its machine goes to all budgets, and stands in the sweep once."""
    result = run("rpni", traces_of("parity"), [1, 2, 4, 8])
    assert list(result.fits) == [2]
    assert list(result.failures) == [1]
    assert result.sweep["status"].tolist() == ["ok", "failed"]
    assert result.sweep["reason"].tolist() == ["", result.failures[1]]


def test_classes_in_another_order_are_refused(traces_of):
    traces = traces_of("parity")
    turned = replace(traces["valid"], classes=traces["valid"].classes[::-1])
    with pytest.raises(DataError, match="the same classes .* in one order, .* pass `classes=`"):
        run("kmeans", traces | {"valid": turned}, [2])


@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_network_without_output_is_refused(traces_of, split):
    traces = traces_of("parity")
    silent = replace(traces[split], outputs=np.full_like(traces[split].outputs, np.nan))
    with pytest.raises(DataError, match=f"{split}: expected outputs, got none .* `forward=`"):
        run("hmm", traces | {split: silent}, [2])


def test_one_refusal_of_several_sizes_is_said_once(traces_of, caplog):
    traces = traces_of("contains_000")
    result = run("merging", traces, [2, 3])
    assert set(result.failures) == {2, 3}
    result = replace(result, failures=dict.fromkeys((2, 3), "too few"), fits={}, chosen=None)
    assert repr(result) == "Study: merging, sizes none, chosen None\n  2, 3 failed: too few"
    with pytest.raises(DataError, match=r"every fit of merging failed: too few \(2, 3\)\n"):
        _ = result.best
    assert len(caplog.records) == len(set(caplog.messages))
    assert not any(record.levelname == "WARNING" for record in caplog.records)
