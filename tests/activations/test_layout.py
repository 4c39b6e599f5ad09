"""Axes are known by their sizes; where sizes are equal, by another batch; else nothing is taken."""

import numpy as np
import pytest
import torch
from torch import nn

from markovlens.activations.recorder import record
from markovlens.activations.watching import Recorder
from markovlens.errors import DataError, RecordingWarning
from markovlens.sequences import Sequences

N_SYMBOLS, WIDTH, HIDDEN, N_CLASSES = 4, 5, 6, 3


class Answering(nn.Module):
    """Answers (B, T, C) as `arrange` puts it."""

    def __init__(self, arrange=None, n_classes=N_CLASSES):
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, WIDTH)
        self.rnn = nn.GRU(WIDTH, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, n_classes)
        self.arrange = arrange or (lambda answers: answers)

    def forward(self, x):
        return self.arrange(self.head(self.rnn(self.embedding(x))[0]))


class TimeFirst(nn.Module):
    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn

    def forward(self, x):
        return self.rnn(x)[0].transpose(0, 1)


class UnitsBeforeTime(TimeFirst):
    def forward(self, x):
        return self.rnn(x)[0].transpose(1, 2)


def words(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return Sequences(rng.integers(N_SYMBOLS, size=sum(lengths)), np.array(lengths))


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


# As many sequences as steps, as steps as classes, one sequence, one step, and no two alike.
SHAPES = [[5] * 5, [3] * 3, [3], [N_CLASSES] * 7, [1] * 4, [5] * 2, [2, 4, 3, 3, 3, 4]]
AT_EACH = {
    "time first": lambda y: y.transpose(0, 1),
    "classes before time": lambda y: y.transpose(1, 2),
    "in a tuple": lambda y: (y, None),
    "as logits in a mapping": lambda y: {"loss": None, "logits": y},
    "without the batch of one": lambda y: y.squeeze(0),
}
AT_THE_END = {
    "(B, C)": lambda y: y[:, -1],
    "(B, 1, C)": lambda y: y[:, -1:],
    "(1, B, C)": lambda y: y[:, -1][None],
}


@pytest.mark.parametrize("lengths", SHAPES, ids=str)
@pytest.mark.parametrize("way", AT_EACH)
def test_answers_after_each_symbol_are_found_whatever_the_order_of_axes(way, lengths):
    model, data = Answering(AT_EACH[way]), words(lengths)
    wanted = record(model, data, forward=plainly)
    np.testing.assert_allclose(record(model, data).outputs, wanted.outputs, atol=1e-6)


@pytest.mark.parametrize("lengths", SHAPES, ids=str)
@pytest.mark.parametrize("way", AT_THE_END)
def test_answers_at_the_end_are_not_spread(way, lengths):
    model, data = Answering(AT_THE_END[way]), words(lengths)
    wanted, found = record(model, data, forward=plainly), record(model, data)
    last = np.cumsum(lengths) - 1
    np.testing.assert_array_equal(np.flatnonzero(found.has_output), last)
    np.testing.assert_allclose(found.outputs[last], wanted.outputs[last], atol=1e-6)


@pytest.mark.parametrize("lengths", SHAPES, ids=str)
@pytest.mark.parametrize(
    "arrange", [lambda y: y[..., 0], lambda y: y[..., 0].T, lambda y: y[:, -1, 0]]
)
def test_single_logits_need_no_last_axis(arrange, lengths):
    model, data = Answering(arrange, n_classes=1), words(lengths)
    model.head.weight.data *= 20  # logits that nobody takes for probabilities
    wanted = record(model, data, forward=plainly, link="sigmoid")
    found = record(model, data, link="sigmoid")
    rows = found.has_output
    np.testing.assert_allclose(found.outputs[rows], wanted.outputs[rows], atol=1e-6)
    ends = rows.sum() == len(lengths) < data.n_steps
    assert ends or rows.all()


@pytest.mark.parametrize("lengths", [[5] * 5, [HIDDEN] * 4, [4] * 7, [1, 1], [2, 4, 3]], ids=str)
@pytest.mark.parametrize("wrapper", [TimeFirst, UnitsBeforeTime])
def test_states_of_a_named_module_may_have_any_order_of_axes(wrapper, lengths):
    inner = Answering()
    model = nn.Module()
    model.inner, model.states = inner, wrapper(inner.rnn)
    data = words(lengths)

    def call(model, x):
        model.states(model.inner.embedding(x))

    found = record(model, data, layers="states", forward=call)
    np.testing.assert_allclose(found.states, record(inner, data).states, atol=1e-6)


WRONG = {
    "a step too many": lambda y: torch.cat([y, y[:, :1]], dim=1),
    "flattened": lambda y: y.flatten(0, 1),
    "one number": lambda y: y.sum(),
    "a mapping": lambda y: {"scores": y},
}


@pytest.mark.parametrize("lengths", [[4, 4, 4], [4, 5], [4] * 4, [2]], ids=str)
@pytest.mark.parametrize("way", WRONG)
def test_answers_that_have_no_place_are_refused_in_words(way, lengths):
    with pytest.raises(DataError, match=r"expected outputs \(\d, \d, C\) or \(\d, C\).* `forward`"):
        record(Answering(WRONG[way]), words(lengths))


class ForSquares(Answering):
    """Takes five sequences of five symbols, no others."""

    def forward(self, x):
        if x.shape != (5, 5):
            raise RuntimeError("five by five only")
        return super().forward(x)


def test_what_cannot_be_told_apart_is_not_guessed():
    with pytest.raises(DataError, match=r"outputs: cannot tell .* \(5, 5, 3\).* `batch_size`"):
        record(ForSquares(lambda y: y.transpose(0, 1)), words([5] * 5))


def softmax(y):
    return y.softmax(-1)


def test_probabilities_are_not_squeezed_again_without_a_word():
    model, data = Answering(softmax), words([3, 5, 5])
    with pytest.warns(RecordingWarning, match="probabilities already .* give link=None"):
        record(model, data)
    wanted = record(model, data, forward=plainly)
    np.testing.assert_allclose(record(model, data, link=None).outputs, wanted.outputs, atol=1e-6)


def test_a_probability_is_not_squeezed_again_without_a_word():
    model, data = Answering(torch.sigmoid, n_classes=1), words([9, 9])
    with pytest.warns(RecordingWarning, match=r"between 0 and 1, .* torch.stack"):
        record(model, data, link="sigmoid")


@pytest.mark.parametrize("arrange", [None, lambda y: y.log_softmax(-1), lambda y: 2 * softmax(y)])
def test_what_is_no_probability_is_refused_where_it_must_be_one(arrange):
    model, data = Answering(arrange), words([3, 5])
    with pytest.raises(DataError, match="expected probabilities, since link=None"):
        record(model, data, link=None)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_rounded_probabilities_are_probabilities(dtype):
    model, data = Answering(lambda y: softmax(y).to(dtype), n_classes=40), words([3, 5])
    with pytest.warns(RecordingWarning, match="link=None"):
        record(model, data)
    assert record(model, data, link=None).has_output.all()


def test_logarithms_of_probabilities_are_logits():
    model, data = Answering(lambda y: y.log_softmax(-1)), words([3, 5])
    wanted = record(model, data, forward=plainly).outputs
    np.testing.assert_allclose(record(model, data).outputs, wanted, atol=1e-6)


def padded(data, side):
    """Return a batch (S, T) that is filled up with symbol 0."""
    width = data.lengths.max()
    rows = [
        np.pad(word, (0, width - len(word)) if side == "right" else (width - len(word), 0))
        for word in data
    ]
    return torch.as_tensor(np.stack(rows))


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_on_either_side_is_taken_off(side):
    model, data = Answering().eval(), words([2, 5, 4, 3], seed=1)
    batch = padded(data, side)
    with Recorder(model) as recorder, torch.no_grad():
        model(batch)
        states = recorder.take(data.lengths, padding=side)["rnn.l0"]
        model(batch)
        other = {"left": "right", "right": "left"}[side]
        with pytest.raises(DataError, match=f"filled up on the {side}.* padding='{side}'"):
            recorder.take(data.lengths, padding=other)
        whole = model.rnn(model.embedding(batch))[0].numpy()
        recorder.clear()
    for row, part in enumerate(Sequences(states, data.lengths)):
        n = len(part)
        wanted = whole[row, :n] if side == "right" else whole[row, -n:]
        np.testing.assert_allclose(part, wanted, atol=1e-6)


def test_a_packed_batch_with_other_lengths_is_refused():
    model = Answering().eval()
    packed = nn.utils.rnn.pack_padded_sequence(
        torch.randn(3, 4, WIDTH), [4, 3, 2], batch_first=True
    )
    with Recorder(model) as recorder:
        model.rnn(packed)
        with pytest.raises(DataError, match=r"packed with lengths \[4, 3, 2\], expected \[2, 4, 3"):
            recorder.take([2, 4, 3])
        model.rnn(packed)
        assert recorder.take([4, 3, 2])["rnn.l0"].shape == (9, HIDDEN)


def test_steps_in_front_of_a_batch_are_taken_off():
    model, data = Answering().eval(), words([2, 4], seed=1)
    with Recorder(model) as recorder:
        model(torch.cat([torch.zeros(2, 1).long(), padded(data, "right")], dim=1))
        longer = recorder.take(data.lengths + 1)["rnn.l0"]
        model(torch.cat([torch.zeros(2, 1).long(), padded(data, "right")], dim=1))
        found = recorder.take(data.lengths, steps_before=1)["rnn.l0"]
    np.testing.assert_array_equal(found, np.delete(longer, [0, 3], axis=0))


def plainly(model, x):
    return model.head(model.rnn(model.embedding(x))[0])


def test_a_mapping_without_logits_is_refused_with_the_names_it_has():
    model = Answering(lambda answers: {"scores": answers, "extra": answers})
    with pytest.raises(DataError, match="got a mapping of scores, extra, none of them 'logits'"):
        record(model, words([3, 4]))


def test_answers_that_are_missing_in_part_are_no_probabilities():
    model = Answering(
        lambda answers: answers.softmax(-1).index_fill(-1, torch.tensor(0), torch.nan)
    )
    with pytest.raises(DataError, match="expected probabilities, since link=None"):
        record(model, words([3, 4]), link=None)


@pytest.mark.parametrize("data", ["01", np.array([0, 1]), [0, 1], None], ids=str)
def test_what_are_no_sequences_is_refused_with_how_to_make_them(data):
    with pytest.raises(DataError, match="data: expected `Sequences` or a list .*, got .*from_list"):
        record(Answering(), data)


def test_texts_are_refused_with_how_to_make_sequences_of_them_unless_their_symbols_are_named():
    with pytest.raises(DataError, match="data: got text; .*from_strings.*`symbols=`"):
        record(Answering(), ["01", "1"])
    named = record(Answering(), ["01", "1"], symbols="01")
    assert np.array_equal(named.inputs, record(Answering(), [[0, 1], [1]]).inputs)
