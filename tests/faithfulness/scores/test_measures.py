"""Scores of values, labels and risks: closed forms, invariances, floors, and what is no number."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from helpers.outputs import LEVELS, counter, watched
from markovlens.errors import DataError, EvidenceWarning
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.faithfulness.scores.floors import floors_of
from markovlens.faithfulness.scores.measures import concordance, explained_variance
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.outputs import Output

VALUES, RISK, LABELS = Output.VALUES, Output.RISK, Output.LABELS


def bootstrap(n, n_resamples=300, seed=0):
    return Bootstrap.draw(n, n_resamples=n_resamples, rng=np.random.default_rng(seed))


def test_the_true_machine_explains_the_share_that_is_not_noise():
    """Each column: var(levels) / (var(levels) + noise²); the score is the mean over columns."""
    noise = 0.5
    trace = watched(noise=noise, n_sequences=4000)
    found = fidelity(counter(LEVELS, VALUES), trace)
    signal = LEVELS[trace.truth].var(axis=0)
    expected = signal / (signal + noise**2)
    assert found.measure == "variance_explained"
    assert found.value == pytest.approx(expected.mean(), abs=0.01)
    columns = [found.columns[name].value for name in trace.classes]
    np.testing.assert_allclose(columns, expected, atol=0.01)
    assert found.low < expected.mean() < found.high
    opened = fidelity(counter(LEVELS, VALUES), trace, mode="open", decoded=trace.truth)
    assert opened.value == pytest.approx(found.value)  # the states are the same
    assert "estimates" in repr(found)
    assert "variance_explained" in repr(found)


def test_the_network_itself_explains_all_and_its_mean_nothing():
    trace = watched()
    judge = bootstrap(len(trace))
    assert judge.score(explained_variance(trace.outputs, trace.outputs, trace)).value == 1
    mean = np.tile(trace.outputs.mean(axis=0), (trace.n_steps, 1))
    assert judge.score(explained_variance(mean, trace.outputs, trace)).value == pytest.approx(0)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_of_values_do_not_matter(scale):
    trace = watched()
    factor, shift = np.array([scale, -3.0]), np.array([-2.0 * scale, 5.0])
    other = replace(trace, outputs=factor * trace.outputs + shift)
    first = fidelity(counter(LEVELS + 0.1, VALUES), trace)
    second = fidelity(counter(factor * (LEVELS + 0.1) + shift, VALUES), other)
    assert second.value == pytest.approx(first.value, rel=1e-6)
    assert second.low == pytest.approx(first.low, rel=1e-6)


def test_a_constant_column_counts_nowhere():
    trace = watched()
    flat = replace(trace, outputs=np.c_[trace.outputs[:, 0], np.full(trace.n_steps, 3.7)])
    one = watched(levels=LEVELS[:, :1])
    one = replace(one, outputs=flat.outputs[:, :1], inputs=flat.inputs, truth=flat.truth)
    whole = fidelity(counter(LEVELS, VALUES), flat)
    alone = fidelity(counter(LEVELS[:, :1], VALUES, classes=("y1",)), one)
    assert whole.value == pytest.approx(alone.value)
    assert np.isnan(whole.columns["y2"].value)


@pytest.mark.parametrize("output", [VALUES, RISK, LABELS])
def test_a_network_that_never_varies_is_told(output):
    trace = watched(output, levels=np.full((3, 1), 0.25), noise=0.0)
    machine = counter(np.full((3, 1), 0.25), output, classes=("y1",))
    with pytest.warns(EvidenceWarning, match=r"answers 'y1 0.25' at every step that counts"):
        found = fidelity(machine, trace)
    assert np.isnan(found.value) or found.value == 1


def test_steps_without_an_output_do_not_count():
    trace = watched()
    silent = trace.outputs.copy()
    silent[::3] = np.nan
    kept = replace(trace, outputs=silent)
    machine = counter(LEVELS, VALUES)
    rows = trace.truth[kept.has_output]
    given = kept.outputs[kept.has_output]
    error = ((given - LEVELS[rows]) ** 2).sum(axis=0)
    room = ((given - given.mean(axis=0)) ** 2).sum(axis=0)
    assert fidelity(machine, kept).value == pytest.approx((1 - error / room).mean())


def test_the_last_step_alone_counts_for_strings():
    trace = watched()
    ends = np.cumsum(trace.lengths) - 1
    given, said = trace.outputs[ends], LEVELS[trace.truth[ends]]
    error, room = ((given - said) ** 2).sum(axis=0), ((given - given.mean(axis=0)) ** 2).sum(axis=0)
    found = fidelity(counter(LEVELS, VALUES), trace, unit="string")
    assert found.value == pytest.approx((1 - error / room).mean())


def brute_force(risk, time, event):
    hits = pairs = 0.0
    for i in range(len(risk)):
        for j in range(len(risk)):
            if event[i] and time[i] < time[j]:
                pairs += 1
                hits += 1.0 if risk[i] > risk[j] else 0.5 * (risk[i] == risk[j])
    return hits / pairs


@pytest.mark.parametrize("seed", range(5))
def test_concordance_is_harrells(seed):
    """Against every pair, with ties of risks and of times, and censored times."""
    rng = np.random.default_rng(seed)
    n = 60
    risk, time = rng.integers(0, 8, n).astype(float), rng.integers(1, 15, n).astype(float)
    event = rng.random(n) < 0.6
    wanted = np.c_[time, event]
    lengths = np.full(20, 3)
    found = concordance(risk, wanted, lengths, bootstrap(20))
    assert found.value == pytest.approx(brute_force(risk, time, event))


def test_the_interval_of_a_concordance_is_as_wide_as_new_sequences_make_it():
    """The standard deviation over fresh samples is that of the replicates, which pairs halve."""
    rng = np.random.default_rng(0)

    def sample(n):
        x = rng.standard_normal(n)
        return x, (x + rng.standard_normal(n))[:, None]

    values, spreads = [], []
    for _ in range(120):
        risk, wanted = sample(150)
        found = concordance(risk, wanted, np.ones(150, dtype=int), bootstrap(150, 200))
        values.append(found.value)
        spreads.append(found.replicates.std())
    assert np.mean(spreads) == pytest.approx(np.std(values), rel=0.2)


def test_the_order_of_a_risk_is_all_that_counts():
    levels = np.array([[0.1], [0.5], [2.0]])
    trace = watched(RISK, levels=levels, noise=0.4)
    machine = counter(levels, RISK, classes=("y1",))
    bent = replace(trace, outputs=np.exp(3 * trace.outputs))
    first, second = fidelity(machine, trace), fidelity(machine, bent)
    assert first.measure == "concordance"
    assert second.value == first.value
    assert fidelity(counter(levels**3, RISK, classes=("y1",)), trace).value == first.value
    upside = fidelity(counter(-levels, RISK, classes=("y1",)), trace)
    assert upside.value == pytest.approx(1 - first.value)


def test_labels_are_balanced_over_each_being_on_and_off():
    """Label 1 is right but for a tenth of its on steps, label 2 is never said."""
    levels = np.array([[0.1, 0.1], [0.9, 0.9]])
    trace = watched(LABELS, levels=levels, noise=0.0)
    machine = counter(np.array([[0.2, 0.3], [0.8, 0.4]]), LABELS)
    found = fidelity(machine, trace)
    assert found.columns["y1"].value == 1
    assert found.columns["y2"].value == 0.5
    assert found.value == 0.75


def test_floors_stand_beside_what_a_machine_explains():
    """A linear model of the symbol says nothing of a count; it says all of the last symbol."""
    train, test = watched(seed=1), watched(seed=2)
    found = fidelity(counter(LEVELS, VALUES), test, train=train)
    assert abs(found.floors["mean"].value) < 0.01
    assert found.floors["linear"].value < 0.3 < found.value
    assert "last_value" in repr(found)
    by_symbol = [
        replace(each, outputs=np.c_[2.0 * each.inputs, -3.0 * each.inputs])
        for each in (train, test)
    ]
    explained = fidelity(counter(LEVELS, VALUES), by_symbol[1], train=by_symbol[0])
    assert explained.floors["linear"].value > 0.999


def test_the_last_value_is_the_last_target_or_the_networks_own():
    trace = watched()
    train = watched(seed=3)
    mean = train.outputs.mean(axis=0)
    starts = trace.sequences.starts
    own = floors_of(train, trace)["last_value"]
    np.testing.assert_allclose(own[starts], np.tile(mean, (len(trace), 1)))
    inner = np.setdiff1d(np.arange(trace.n_steps), starts)
    np.testing.assert_allclose(own[inner], trace.outputs[inner - 1])
    asked = replace(trace, targets=trace.outputs + 1)
    np.testing.assert_allclose(floors_of(train, asked)["last_value"][inner], own[inner] + 1)
    ends = np.full_like(trace.outputs, np.nan)
    last = np.cumsum(trace.lengths) - 1
    ends[last] = trace.outputs[last]
    assert "last_value" not in floors_of(train, replace(trace, outputs=ends))


def test_the_networks_own_error_stands_beside_it():
    trace = watched(levels=LEVELS[:, :1])
    rng = np.random.default_rng(5)
    targets = trace.outputs + rng.standard_normal(trace.outputs.shape)
    found = fidelity(
        counter(LEVELS[:, :1], VALUES, classes=("y1",)), replace(trace, targets=targets)
    )
    expected = 1 - ((targets - trace.outputs) ** 2).sum() / ((targets - targets.mean()) ** 2).sum()
    assert found.network is not None
    assert found.network.value == pytest.approx(expected)
    assert "against its targets" in repr(found)


def test_measures_of_another_kind_are_refused_in_words():
    found = fidelity(counter(LEVELS, VALUES), watched())
    with pytest.raises(DataError, match="a network that estimates, variance_explained, got agree"):
        _ = found.agreement


def test_one_sequence_has_a_value_and_no_interval():
    trace = watched(n_sequences=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fidelity(counter(LEVELS, VALUES), trace, train=watched())
    assert np.isfinite(found.value)
    assert np.isnan(found.low)
