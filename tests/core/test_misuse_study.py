"""What users get wrong at studies, machines and files of traces is met in words."""

import numpy as np
import pytest
from torch import nn

import markovlens as ml
from markovlens.activations.store import load_trace, write_trace
from markovlens.errors import ConfigError, DataError


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_states": []}, "n_states: expected at least one"),
        ({"n_states": 2}, r"n_states: expected numbers .* got 2; give a list"),
        ({"n_states": "23"}, "n_states: expected numbers .* got '23'"),
        ({"n_states": [0]}, "n_states: expected a whole number, 1 or more, got 0"),
        ({"n_states": [2.5]}, "n_states: expected a whole number, 1 or more, got 2.5"),
        ({"seed": -1}, "seed: expected a whole number, 0 or more, got -1"),
        ({"seed": "a"}, "seed: expected"),
        ({"method": "ngrams"}, "unknown method 'ngrams'; did you mean ngram"),
    ],
)
def test_settings_of_a_study_that_are_none(trace, change, message):
    given = {"method": "ngram", "train": trace, "valid": trace, "n_states": [2], "seed": 0}
    with pytest.raises(ConfigError, match=message):
        ml.study(**(given | change))


def test_what_is_no_evidence_for_a_study(trace):
    narrow = ml.embed(trace, ml.pod(trace.states, n_components=2))
    for method in ("kmeans", "ngram"):
        with pytest.raises(DataError, match="one width .* 2 in train and 6 in valid"):
            ml.study(method, narrow, trace, n_states=[2], seed=0)
    with pytest.raises(DataError, match="train: expected Trace, got ndarray"):
        ml.study("ngram", trace.states, trace, n_states=[2], seed=0)
    with pytest.raises(DataError, match=r"expected an oracle, got GRU; .*Oracle\(model"):
        ml.study("lstar", trace, trace, n_states=[2], seed=0, network=nn.GRU(2, 2))
    with pytest.raises(DataError, match="options: expected Options, got dict"):
        ml.study("ngram", trace, trace, n_states=[2], seed=0, options={"restarts": 2})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"engine": "hmmlern"}, "engine: expected one of ours, hmmlearn, got 'hmmlern'"),
        ({"accept": "center"}, "accept: expected one of centre, vote, got 'center'"),
        ({"unseen": "majorty"}, "unseen: expected one of .* got 'majorty'"),
        ({"restarts": 0}, "restarts: expected a whole number, 1 or more, got 0"),
        ({"max_symbols": "50"}, "max_symbols: expected a whole number"),
        ({"grid_dimensions": True}, "grid_dimensions: expected a whole number"),
        ({"position_weight": True}, "position_weight: expected a number, 0 or more, got True"),
        ({"kappa": -0.1}, "kappa: expected a number, 0 or more, got -0.1"),
    ],
)
def test_options_that_are_none(settings, message):
    """A spelling of `centre` was once the vote, and restarts of 0 a study without a fit."""
    with pytest.raises(ConfigError, match=message):
        ml.Options(**settings)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_states": []}, "n_states: expected at least one"),
        ({"n_states": 2}, "n_states: expected numbers of states"),
        ({"restarts": 0}, "restarts: expected a whole number, 1 or more, got 0"),
        (
            {"stepwise_epochs": True},
            "stepwise_epochs: expected a whole number, 0 or more",
        ),
        ({"rng": 0}, "rng: expected Generator, got int"),
        ({"criterion": "bci"}, "criterion: expected one of bic, aic"),
    ],
)
def test_settings_of_a_sweep_that_are_none(trace, change, message):
    given = {"n_states": [2], "restarts": 1, "rng": np.random.default_rng(0)} | change
    with pytest.raises((ConfigError, DataError), match=message):
        ml.sweep(trace.states, trace.lengths, **given)


def test_places_of_sequences_that_are_not_there(trace):
    for several in (trace, trace.sequences):
        with pytest.raises(DataError, match="expected places of the 100 sequences"):
            several.select([0, 100])
        with pytest.raises(DataError, match="expected places of the 100 sequences"):
            several.select([0.5])


@pytest.mark.parametrize("seed", [True, -1, 0.5, "0"])
def test_seeds_that_are_none(trace, machine, seed):
    with pytest.raises(ConfigError, match="seed: expected a whole number, 0 or more"):
        ml.study("ngram", trace, trace, n_states=[2], seed=seed)
    with pytest.raises(ConfigError, match="seed: expected a whole number, 0 or more"):
        ml.fidelity(machine, trace, seed=seed)
    with pytest.raises(ConfigError, match="random_state: expected a whole number, 0 or more"):
        ml.GaussianHMM(2, random_state=seed).fit(trace.states, trace.lengths)


@pytest.mark.parametrize("name", ["n_symbols", "random_state"])
def test_a_truth_value_is_no_number_of_a_model(trace, name):
    model = ml.GaussianHMM(2, transitions="input", **{name: True})
    with pytest.raises(ConfigError, match=f"{name}: expected a whole number, . or more, got True"):
        model.fit(trace.states, trace.lengths, trace.inputs)


def test_resamples_are_counted_by_whole_numbers(trace):
    rng = np.random.default_rng(0)
    found = ml.sweep(trace.states, trace.lengths, n_states=[2], restarts=1, rng=rng)
    for ask in (found.interval, found.stability):
        with pytest.raises(ConfigError, match="n_bootstraps: expected a whole number, 1 or more"):
            ask(rng=rng, n_bootstraps=True)


@pytest.mark.parametrize("name", ["unit", "mode", "measure"])
def test_a_typing_error_in_a_choice_of_fidelity(trace, machine, name):
    """With `decoded` at hand, a mode that is none was once the open loop."""
    decoded = np.zeros(trace.n_steps, dtype=int)
    with pytest.raises(ConfigError, match=f"{name}: expected one of .*, got 'opne'"):
        ml.fidelity(machine, trace, decoded=decoded, **{name: "opne"})


def test_fidelity_wants_a_machine_and_a_trace(trace, machine):
    found = ml.study("ngram", trace, trace, n_states=[2], seed=0)
    with pytest.raises(DataError, match=r"machine: expected Machine, got Study; .*best"):
        ml.fidelity(found, trace)
    with pytest.raises(DataError, match="machine: expected Machine, got Trace"):
        ml.fidelity(trace, machine)
    with pytest.raises(DataError, match="trace: expected Trace, got ndarray"):
        ml.fidelity(machine, trace.states)
    with pytest.raises(ConfigError, match="seed: expected"):
        ml.fidelity(machine, trace, seed=-1)


def test_a_basis_is_made_of_states_and_used_on_traces(trace):
    basis = ml.pod(trace.states)
    with pytest.raises(DataError, match=r"got Trace; give its `states`"):
        ml.pod(trace)
    with pytest.raises(DataError, match=r"trace: expected Trace, got ndarray; .*basis\.project"):
        ml.embed(trace.states, basis)
    with pytest.raises(DataError, match="basis: expected Basis, got ndarray"):
        ml.embed(trace, basis.components)


def test_files_of_traces(trace, tmp_path):
    path = tmp_path / "trace.parquet"
    write_trace(path, trace)
    np.testing.assert_array_equal(load_trace(path).states, trace.states)
    for swapped in (lambda: write_trace(trace, path), lambda: load_trace(trace)):
        with pytest.raises(DataError, match="path: expected str or Path, got Trace"):
            swapped()
    with pytest.raises(DataError, match="traces: expected Trace, got ndarray"):
        write_trace(path, [trace.states])
    assert not list(tmp_path.glob("*.part"))
