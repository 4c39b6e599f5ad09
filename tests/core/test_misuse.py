"""What users get wrong at the public functions is met in words, never in a traceback of torch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.activations.store import load_trace, write_trace
from markovlens.errors import ConfigError, DataError, EvidenceWarning, RecordingWarning


class Network(nn.Module):
    """Reads two symbols, embedded; `arrange` gets its logits (B, T, 2) and what it read."""

    def __init__(self, arrange=lambda logits, x: logits):
        super().__init__()
        self.embedding = nn.Embedding(2, 4)
        self.rnn = nn.GRU(4, 6, batch_first=True)
        self.head = nn.Linear(6, 2)
        self.arrange = arrange

    def forward(self, x):
        return self.arrange(self.head(self.rnn(self.embedding(x))[0]), x)


class OneHot(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(2, 6, batch_first=True)

    def forward(self, x):
        return self.rnn(x)[0]


class WithLengths(Network):
    def forward(self, x, lengths):
        assert (lengths == x.shape[1]).all()
        return super().forward(x)


def words(n=20, length=10, n_symbols=2):
    values = np.random.default_rng(0).integers(n_symbols, size=n * length)
    return ml.Sequences(values, np.full(n, length))


def signals(width):
    values = np.random.default_rng(0).normal(size=(200, width))
    return ml.Sequences(values, np.full(20, 10))


def record(model, data=None, **settings):
    torch.manual_seed(0)
    return ml.record(model, words() if data is None else data, **settings)


@pytest.fixture(scope="module")
def trace(traces_of):
    return traces_of("parity")["test"]


@pytest.fixture(scope="module")
def machine(trace):
    return ml.study("ngram", trace, trace, n_states=[2], seed=0).best


def test_answers_that_are_nan_are_counted():
    silent = Network(lambda logits, x: logits.masked_fill((x == 1)[..., None], torch.nan))
    n_ones = int(words().values.sum())
    with pytest.warns(RecordingWarning, match=f"NaN at {n_ones} of 200 steps, .* no answer"):
        found = record(silent, verify=False)
    assert (~found.has_output).sum() == n_ones


def test_answers_at_the_last_steps_alone_are_no_silence():
    assert record(Network(lambda logits, x: logits[:, -1])).has_output.sum() == 20


def test_nan_where_the_task_asks_for_nothing_is_no_silence():
    from markovlens.tasks.base import Split

    split = Split(words(), np.where(words().values == 1, -1, 0), np.full(200, -1))
    silent = Network(lambda logits, x: logits.masked_fill((x == 1)[..., None], torch.nan))
    assert record(silent, split, verify=False).has_output.sum() == (words().values == 0).sum()


@pytest.mark.parametrize("value", [torch.inf, torch.nan])
def test_logits_that_are_infinite_or_nan_in_part_are_refused_with_their_number(value):
    broken = Network(lambda logits, x: logits.index_fill(2, torch.tensor(1), value))
    with pytest.raises(DataError, match="expected finite logits .* in 200 of 200 answers"):
        record(broken)


def test_minus_infinity_is_a_class_that_cannot_be():
    masked = Network(lambda logits, x: logits.index_fill(2, torch.tensor(1), -torch.inf))
    np.testing.assert_array_equal(record(masked).outputs, np.tile([1, 0], (200, 1)))


def test_of_a_network_with_one_answer_full_agreement_says_nothing(trace, machine):
    said = f"answers {trace.classes[0]!r} at every step that counts"
    always = replace(trace, outputs=np.tile([0.9, 0.1], (trace.n_steps, 1)))
    with pytest.warns(EvidenceWarning, match=said):
        score = ml.fidelity(replace(machine, readout=np.tile([0.9, 0.1], (2, 1))), always)
    assert (score.value, score.only) == (1, trace.classes[0])
    assert said in repr(score)
    assert ml.fidelity(machine, trace).only is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 0}, "batch_size: expected a whole number, 1 or more, got 0"),
        ({"batch_size": "8"}, "batch_size: expected .* got '8'"),
        ({"batchsize": 8}, "unknown setting 'batchsize' .* did you mean batch_size"),
        ({"seed": -1}, "seed: expected a whole number, 0 or more, got -1"),
        ({"steps_before": -1}, "steps_before: expected a whole number, 0 or more"),
        ({"steps_after": 1.5}, "steps_after: expected a whole number, 0 or more"),
    ],
)
def test_settings_of_a_recording_that_are_none(settings, message):
    with pytest.raises(ConfigError, match=message):
        record(Network(), **settings)


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        (Network, words(n_symbols=5), r"expected symbols 0\.\.1, a row .* got 4"),
        (Network, signals(1), "embeds symbols, and got real numbers"),
        (OneHot, words(), r"functional\.one_hot\(x, V\)"),
        (OneHot, signals(3), "reads 2 numbers a step, and got .*3"),
        (WithLengths, words(), r"called as model\(x, lengths\), .* give `forward`"),
    ],
)
def test_inputs_that_a_network_does_not_take(model, data, message):
    with pytest.raises(DataError, match=message):
        record(model(), data)


def test_what_the_messages_advise_works():
    one_hot = nn.functional.one_hot
    found = record(OneHot(), forward=lambda model, x: model(one_hot(x, 2).float()))
    assert found.reads_symbols
    with_lengths = record(
        WithLengths(), forward=lambda model, x: model(x, torch.full((len(x),), x.shape[1]))
    )
    np.testing.assert_array_equal(with_lengths.states, record(Network()).states)


def test_a_failure_of_the_network_itself_stays_its_own():
    def fail(logits, x):
        raise ValueError("out of luck")

    with pytest.raises(ValueError, match="^out of luck$"):
        record(Network(fail))


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
    with pytest.raises(DataError, match=r"expected an oracle, got Network; .*Oracle\(model"):
        ml.study("lstar", trace, trace, n_states=[2], seed=0, network=Network())
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
    with pytest.raises(DataError, match="basis: expected POD, got ndarray"):
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


@pytest.mark.parametrize("nothing", [None, 3])
def test_lists_of_sequences(nothing):
    kind = type(nothing).__name__
    with pytest.raises(DataError, match=f"expected a list of arrays, got {kind}"):
        ml.Sequences.from_list(nothing)
    with pytest.raises(DataError, match=f"expected a list of strings, got {kind}"):
        ml.Sequences.from_strings(nothing, "01")
    with pytest.raises(DataError, match=f"expected a list of symbols, got {kind}"):
        ml.Sequences.from_strings(["01", nothing], "01")
    with pytest.raises(DataError, match="symbols: expected names, got"):
        ml.Sequences.from_strings(["01"], nothing)


def test_any_iterable_of_sequences_will_do():
    again = ml.Sequences.from_list(np.array(word) for word in ([0, 1], [1]))
    assert [word.tolist() for word in again] == [[0, 1], [1]]


def test_a_task_wants_a_seed():
    sizes = dict.fromkeys(("n_train", "n_valid", "n_test", "length_train", "length_test"), 5)
    with pytest.raises(ConfigError, match="seed: expected a whole number, 0 or more, got -1"):
        ml.make_task("parity", sizes=sizes, seed=-1)
    with pytest.raises(DataError, match="unknown task 'party'; did you mean parity"):
        ml.make_task("party", sizes=sizes, seed=0)
    with pytest.raises(DataError, match="expected n_train of at least 1, got '20'"):
        ml.make_task("parity", sizes=sizes | {"n_train": "20"}, seed=0)
    with pytest.raises(DataError, match="sizes: expected Mapping, got NoneType"):
        ml.make_task("parity", sizes=None, seed=0)
