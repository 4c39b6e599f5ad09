"""Networks that were never made to be asked are begun again from the states of their modules."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.errors import DataError
from markovlens.sequences import Sequences

SYMBOLS, UNITS = 3, 5


class Base(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(SYMBOLS, 4)
        self.out = nn.Linear(UNITS, 2)


class Cells(Base):
    def __init__(self):
        super().__init__()
        self.below, self.above = nn.LSTMCell(4, UNITS), nn.GRUCell(UNITS, UNITS)

    def forward(self, symbols):
        low = high = None
        answers = []
        for x in self.table(symbols).unbind(1):
            low = self.below(x, low)
            high = self.above(low[0], high)
            answers.append(self.out(high))
        return torch.stack(answers, dim=1)


class Learned(Base):
    """Begins in a state of its own, packs, and answers in a mapping."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 6, num_layers=2, proj_size=UNITS, batch_first=True)
        self.h, self.c = (nn.Parameter(torch.randn(2, 1, size)) for size in (UNITS, 6))

    def forward(self, symbols):
        batch, steps = symbols.shape
        begin = tuple(part.expand(-1, batch, -1).contiguous() for part in (self.h, self.c))
        packed = pack_padded_sequence(self.table(symbols), [steps] * batch, batch_first=True)
        states, _ = pad_packed_sequence(self.rnn(packed, begin)[0], batch_first=True)
        return {"logits": self.out(states)}


class TwoModules(Base):
    """Answers after the last step only, as (B, C); its modules are time first."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.RNN(4, 4), nn.GRU(4, UNITS)

    def forward(self, symbols):
        states, _ = self.second(self.first(self.table(symbols).transpose(0, 1))[0])
        return self.out(states[-1])


class Own:
    """No module of torch at all: counts the ones it read, up to 3, and says whether that is odd."""

    def initial(self, batch):
        return {"count": torch.zeros(batch, 1)}

    def step(self, state, inputs):
        count = (state["count"] + (inputs == 1)[:, None]).clamp(max=3)
        return {"count": count}, torch.cat([1 - count % 2, count % 2], dim=1)


class Smoothing(Base):
    """Keeps the last input beside the state of its module."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, UNITS, batch_first=True)

    def forward(self, symbols):
        x = self.table(symbols)
        before = nn.functional.pad(x, (0, 0, 1, 0))[:, :-1]
        return self.out(self.rnn(x + before)[0])


class Backwards(Base):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, UNITS, bidirectional=True, batch_first=True)

    def forward(self, symbols):
        return self.out(self.rnn(self.table(symbols))[0][..., :UNITS])


class Twice(Base):
    """Reads every symbol two times with one module."""

    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(4, UNITS)

    def forward(self, symbols):
        state = None
        answers = []
        for x in self.table(symbols).unbind(1):
            state = self.cell(x, self.cell(x, state))
            answers.append(self.out(state))
        return torch.stack(answers, dim=1)


def words(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return Sequences(rng.integers(SYMBOLS, size=sum(lengths)), np.array(lengths))


def cut(inputs, places):
    parts = [(word[:n], word[n:]) for word, n in zip(inputs, places, strict=True)]
    return [Sequences.from_list(part) for part in zip(*parts, strict=True)]


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("network", [Cells, Learned, TwoModules])
def test_a_network_goes_on_from_its_states_as_it_would_have(network):
    model = network().eval()
    oracle, whole = Oracle(model), words([7, 4, 9, 7])
    heads, tails = cut(whole, [3, 1, 8, 6])
    ends = oracle.resume(oracle.states_after(heads), tails)[np.cumsum(tails.lengths) - 1]
    recorded = record(model, whole)
    last = np.cumsum(whole.lengths) - 1
    np.testing.assert_allclose(ends, recorded.outputs[last], atol=1e-6)
    seen = oracle.observe(oracle.states_after(whole))
    np.testing.assert_allclose(seen, recorded.states[last], atol=1e-6)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_it_leaves_the_network_as_it_found_it():
    model = Learned().eval()
    Oracle(model).outputs(words([3]))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_another_state_changes_what_it_says():
    oracle, whole = Oracle(Cells()), words([5, 5])
    states = oracle.states_after(whole)
    swapped = oracle.resume(states[::-1], whole)
    assert not np.allclose(swapped, oracle.resume(states, whole))
    np.testing.assert_array_equal(swapped[:5], oracle.resume(states[1:], words([5]))[:5])


def test_a_network_of_two_functions_needs_nothing_else():
    oracle = Oracle(Own(), link=None)
    inputs = Sequences.from_list([np.array([1, 0, 1]), np.array([1])])
    np.testing.assert_array_equal(oracle.outputs(inputs).argmax(1), [1, 1, 0, 1])
    np.testing.assert_array_equal(oracle.observe(oracle.states_after(inputs)), [[2], [1]])


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (Smoothing, "keeps more than"),
        (Backwards, "reads backwards"),
        (Twice, "expected 3 call"),
    ],
)
def test_a_network_with_more_to_its_state_is_refused(network, said):
    with pytest.raises(DataError, match=said):
        Oracle(network())


def test_rows_are_read_like_symbols():
    model = nn.GRU(2, UNITS, batch_first=True)
    rng = np.random.default_rng(0)
    whole = Sequences(rng.normal(size=(9, 2)).astype(np.float32), np.array([5, 4]))
    oracle = Oracle(model)
    heads, tails = cut(whole, [2, 3])
    resumed = oracle.resume(oracle.states_after(heads), tails)
    np.testing.assert_allclose(resumed, oracle.outputs(whole)[[2, 3, 4, 8]], atol=1e-6)


def test_a_network_of_two_functions_is_recorded_by_the_parts_of_its_state():
    inputs = Sequences.from_list([np.array([1, 0, 1, 1]), np.array([1, 1])])
    trace = record(Own(), inputs, link=None)
    np.testing.assert_array_equal(trace.states.ravel(), [1, 1, 2, 3, 1, 2])
    np.testing.assert_array_equal(trace.outputs.argmax(1), [1, 1, 0, 1, 1, 0])
    by_part = record(Own(), inputs, link=None, layers=["count"])
    np.testing.assert_array_equal(by_part["count"].states, trace.states)
    with pytest.raises(DataError, match="no part 'h'; it has 'count'"):
        record(Own(), inputs, link=None, layers="h")


def test_a_step_that_mixes_the_batch_is_found():
    class Mixing(Own):
        def step(self, state, inputs):
            return super().step(state, inputs.flip(0))

    inputs = words([6] * 8)
    with pytest.raises(DataError):
        record(Mixing(), inputs, link=None)


@pytest.mark.parametrize(
    ("state", "output", "said"),
    [
        (torch.zeros(2, 1), torch.ones(2, 2), "dict of tensors"),
        ({"count": torch.zeros(2)}, torch.ones(2, 2), "expected a tensor of 2 states"),
        ({"count": torch.zeros(2, 1)}, torch.ones(2), "outputs"),
    ],
)
def test_a_step_that_returns_something_else_is_refused_in_words(state, output, said):
    class Wrong(Own):
        def step(self, before, inputs):
            return state, output

    with pytest.raises(DataError, match=said):
        record(Wrong(), words([3, 3]))


class NoBatch(Own):
    def initial(self):
        return {"count": torch.zeros(1, 1)}


class OneForAll(Own):
    def initial(self, batch):
        return {"count": torch.zeros(1, 1)} if batch > 1 else super().initial(batch)


def begins(state):
    """Return a network whose state is none."""
    return type("Begins", (Own,), {"initial": lambda self, batch: state})()


def answers(change):
    """Return a network whose step returns something else."""

    def step(self, state, inputs):
        return change(*Own.step(self, state, inputs))

    return type("Answers", (Own,), {"step": step})()


WRONG = {
    "no batch": (NoBatch(), r"`initial\(batch\)`, got one whose own too many positional"),
    "one for all": (OneForAll(), r"state 'count': expected a tensor of \d+ states .* got \(1, 1\)"),
    "numpy": (begins({"h": np.zeros((1, 2))}), "by name, got 'h' as ndarray"),
    "nothing": (begins({}), "by name, got an empty one"),
    "a tensor": (begins(torch.zeros(1, 2)), "by name, got a Tensor"),
    "output alone": (answers(lambda _, output: output), "two things, .* got Tensor"),
    "three": (answers(lambda state, output: (state, output, 0)), "two things, .* got tuple"),
    "other part": (answers(lambda s, out: ({"n": s["count"]}, out)), "parts count, .* got n"),
    "flat output": (answers(lambda state, out: (state, out[:, 0])), r"a tensor \(\d+, C\)"),
    "numpy output": (answers(lambda s, out: (s, out.numpy())), r"a tensor .* got ndarray"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_a_network_of_ones_own_gets_wrong_is_said(what):
    network, message = WRONG[what]
    inputs = Sequences(np.array([0, 1, 1, 0]), np.array([2, 2]))
    with pytest.raises(DataError, match=message):
        record(network, inputs, link=None)
    with pytest.raises(DataError, match=message):
        Oracle(network, link=None).outputs(inputs)
