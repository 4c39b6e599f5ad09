"""What users get wrong at the public functions is met in words, never in a traceback of torch."""

from dataclasses import replace
from inspect import signature

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
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
        ({"layer": "rnn"}, "unknown setting 'layer' of `record`; did you mean layers"),
        ({"seed": -1}, "seed: expected a whole number, 0 or more, got -1"),
        ({"steps_before": -1}, "steps_before: expected a whole number, 0 or more"),
        ({"steps_after": 1.5}, "steps_after: expected a whole number, 0 or more"),
    ],
)
def test_settings_of_a_recording_that_are_none(settings, message):
    with pytest.raises(ConfigError, match=message):
        record(Network(), **settings)


@pytest.mark.parametrize(
    ("function", "settings", "said"),
    [
        (ml.explain, {"method": ["merging"]}, "'method' of `explain`; did you mean methods"),
        (ml.explain, {"nstates": [2]}, "did you mean n_states?"),
        (ml.explain, {"layers": ["rnn"]}, "did you mean layer?"),
        (ml.compare_layers, {"symbol": "01"}, "'symbol' of `compare_layers`; did you mean symbols"),
        (ml.check, {"sequence": []}, "'sequence' of `check`; did you mean sequences"),
        (ml.follow_training, {"methods": "ngram"}, "`follow_training`; did you mean method?"),
    ],
)
def test_a_setting_that_is_none_is_looked_for_among_all_of_what_was_called(
    function, settings, said
):
    positional = [each for each in signature(function).parameters.values() if each.kind == 1]
    with pytest.raises(ConfigError) as raised:
        function(*[None for _ in positional], **settings)
    assert said in str(raised.value)
    named = str(raised.value).partition("the settings are ")[2].split(", ")
    own = [name for name, one in signature(function).parameters.items() if one.kind == 3]
    assert {*own, "classes", "forward"} <= set(named)


def test_names_of_classes_are_a_list():
    with pytest.raises(DataError, match="classes: expected names, got 2; give a list"):
        record(Network(), classes=2)


def test_a_class_is_no_network_yet():
    for function in (ml.record, ml.adapt):
        with pytest.raises(DataError, match=r"got the class Network; make it: Network\(\)"):
            function(Network, like=words()) if function is ml.adapt else function(Network, words())


def test_a_budget_is_no_number(machine):
    with pytest.raises(DataError, match=r"budget: expected Budget, got int; as in `Budget\("):
        ml.check(machine, "never answers 1", budget=5)


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        (Network, words(n_symbols=5), r"expected symbols 0\.\.1, a row .* got 4"),
        (Network, signals(1), "embeds symbols, and got real numbers"),
        (OneHot, words(), r"functional\.one_hot\(x, V\)"),
        (OneHot, signals(3), "reads 2 numbers a step, and got .*3"),
        (Network, np.zeros((2, 3, 4), int), r"reads one code a step, .* whole numbers \(2, 3, 4\)"),
        (OneHot, np.zeros((2, 3, 2), int), r"or floats if they are signals \(T, D\)"),
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

    with pytest.raises(ValueError, match="^out of luck") as raised:
        record(Network(fail))
    assert str(raised.value) == "out of luck"
    assert raised.value.__notes__ == ["why, and what to do: markovlens errors network-fails"]


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
