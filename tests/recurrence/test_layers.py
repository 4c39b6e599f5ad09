"""Layers by name: what a name stands for, whatever was done to the weights or to the call."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

import markovlens as ml
from markovlens.activations.watching import Recorder
from markovlens.errors import DataError
from markovlens.recurrence.base import Recurrent
from markovlens.recurrence.cells import MGU
from markovlens.sequences import Sequences

WIDTH, HIDDEN, STEPS = 3, 4, 6


class Reader(nn.Module):
    """Reads vectors, answers at every step."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn, self.head = rnn, nn.Linear(HIDDEN, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture
def data():
    values = np.random.default_rng(0).normal(size=(3 * STEPS, WIDTH)).astype(np.float32)
    return Sequences(values, np.full(3, STEPS))


def stack(kind=nn.LSTM, layers=2):
    return kind(WIDTH, HIDDEN, layers, batch_first=True)


@torch.no_grad()
def step_by_step(rnn, data, layer):
    """Return what is recorded of a layer when the module reads one step a call."""
    state, states = None, []
    for step in torch.from_numpy(data.values).view(len(data), STEPS, WIDTH).split(1, dim=1):
        _, state = rnn(step, state)
        pair = isinstance(state, tuple)
        states.append(torch.cat([state[0], state[1].asinh()], -1) if pair else state)
    return torch.stack([each[layer] for each in states], dim=1).flatten(0, 1).numpy()


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_the_path_of_a_stack_is_its_top_layer(kind, data):
    model = Reader(stack(kind, layers=3))
    traces = ml.record(model, data, layers=["rnn", "rnn.l0", "rnn.l1", "rnn.l2"])
    np.testing.assert_array_equal(traces["rnn"].states, traces["rnn.l2"].states)
    assert not np.allclose(traces["rnn"].states, traces["rnn.l0"].states)
    returned = model.rnn(torch.from_numpy(data.values).view(3, STEPS, WIDTH))[0]
    np.testing.assert_allclose(
        traces["rnn"].states[:, :HIDDEN], returned.detach().flatten(0, 1), atol=1e-6
    )


def test_the_path_of_our_own_stack_is_its_top_layer(data):
    model = Reader(MGU(WIDTH, HIDDEN, num_layers=2))
    traces = ml.record(model, data, layers=["rnn", "rnn.l0", "rnn.l1"])
    np.testing.assert_array_equal(traces["rnn"].states, traces["rnn.l1"].states)


class Deep(Recurrent):
    """A module of somebody's own that cannot run a single layer."""

    def forward(self, x, h0=None):
        return x, x.new_zeros(self.num_layers, len(x), self.hidden_size)


def test_a_stack_that_cannot_run_a_lower_layer_alone_says_so(data):
    model = nn.Sequential(Deep(WIDTH, WIDTH, num_layers=2))
    with pytest.raises(DataError, match="Deep: expected `run_layer`.* record the top layer"):
        ml.record(model, data, layers="0.l0")


def test_a_module_that_happens_to_count_layers_gives_what_it_returns(data):
    class Encoder(nn.Module):
        num_layers, bidirectional, mode, hidden_size = 3, True, "LSTM", 7

        def __init__(self):
            super().__init__()
            self.lift = nn.Linear(WIDTH, HIDDEN)

        def forward(self, x):
            return self.lift(x).cumsum(1), None

    model = Reader(Encoder())
    found = ml.record(model, data, layers="rnn").states
    wanted = model.rnn(torch.from_numpy(data.values).view(3, STEPS, WIDTH))[0].detach()
    np.testing.assert_allclose(found, wanted.flatten(0, 1), atol=1e-6)


def test_a_module_with_two_names_has_both(data):
    model = Reader(stack(nn.GRU))
    model.alias = model.rnn
    traces = ml.record(model, data, layers=["rnn.l0", "alias.l0"])
    np.testing.assert_array_equal(traces["rnn.l0"].states, traces["alias.l0"].states)


CHANGES = {
    "orthogonal": lambda rnn: parametrizations.orthogonal(rnn, "weight_hh_l0"),
    "spectral": lambda rnn: parametrizations.spectral_norm(rnn, "weight_hh_l1"),
    "weight_norm": lambda rnn: parametrizations.weight_norm(rnn, "weight_ih_l0"),
    "pruned": lambda rnn: prune.random_unstructured(rnn, "weight_hh_l0", 0.5),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize("layer", [0, 1])
def test_weights_are_the_effective_ones(change, kind, layer, data):
    model = Reader(CHANGES[change](stack(kind)))
    found = ml.record(model, data, layers=f"rnn.l{layer}").states
    np.testing.assert_allclose(found, step_by_step(model.rnn.eval(), data, layer), atol=1e-6)


def test_recording_in_training_mode_leaves_a_spectral_norm_where_it_was(data):
    """Every look at the weights in training mode would move the estimate of the norm."""
    x = torch.from_numpy(data.values).view(3, STEPS, WIDTH)
    models = []
    for _ in range(2):
        torch.manual_seed(0)
        models.append(Reader(CHANGES["spectral"](stack())).train())
    models[0](x)
    with Recorder(models[1], ["rnn.l0", "rnn.l1"]):
        models[1](x)
    for (name, plain), (_, watched) in zip(*(m.named_buffers() for m in models), strict=True):
        assert torch.equal(plain, watched), name


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_subclasses_with_constructors_of_their_own_are_not_built_again(kind, data):
    class Own(kind):
        def __init__(self, *, units):
            super().__init__(WIDTH, units, num_layers=2, batch_first=True)

    model = Reader(Own(units=HIDDEN))
    found = ml.record(model, data, layers="rnn.l0").states
    np.testing.assert_allclose(found, step_by_step(model.rnn.eval(), data, 0), atol=1e-6)


# --- quantised -------------------------------------------------------------------------------


def quantised(model, dtype):
    return torch.ao.quantization.quantize_dynamic(
        model, {nn.LSTM, nn.GRU, nn.LSTMCell, nn.GRUCell}, dtype=dtype
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@pytest.mark.parametrize("layer", [0, 1])
def test_weights_of_sixteen_bits_are_taken_as_they_are(kind, layer, data):
    model = quantised(Reader(stack(kind)), torch.float16)
    found = ml.record(model, data, layers=f"rnn.l{layer}").states
    np.testing.assert_allclose(found, step_by_step(model.rnn, data, layer), atol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor.*:UserWarning")
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
def test_weights_of_eight_bits_are_warned_of_and_read_one_at_a_time(kind, data):
    """All inputs of a call are rounded to one step, so that a loop over steps is another network.

    What the module returns after the last step is exact; `Call.check_end` compares all layers.
    """
    model = quantised(Reader(stack(kind)), torch.qint8)
    with pytest.warns(UserWarning, match="rnn is dynamically quantised: .* before"):
        together = ml.record(model, data, layers=["rnn.l0", "rnn.l1"])
    last = np.arange(1, 4) * STEPS - 1
    for index, values in enumerate(data):
        _, end = model.rnn(torch.from_numpy(values)[None])
        end = end if isinstance(end, tuple) else (end,)
        for layer in range(2):
            parts = [part[layer, 0].numpy() for part in end]
            parts[1:] = [np.arcsinh(part) for part in parts[1:]]
            found = together[f"rnn.l{layer}"].states[last[index]]
            np.testing.assert_allclose(found, np.concatenate(parts), atol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor.*:UserWarning")
@pytest.mark.parametrize("kind", [nn.LSTMCell, nn.GRUCell])
def test_a_quantised_cell_gives_its_whole_state_a_step(kind, data):
    model = quantised(Loop(kind(WIDTH, HIDDEN)), torch.qint8)
    with pytest.warns(UserWarning, match="cell is dynamically quantised"):
        found = ml.record(model, data).states
    for index, values in enumerate(data):
        state, states = None, []
        for step in torch.from_numpy(values):
            state = model.cell(step[None], state)
            pair = isinstance(state, tuple)
            states.append(torch.cat([state[0], state[1].asinh()], 1) if pair else state)
        rows = found[index * STEPS : (index + 1) * STEPS]
        np.testing.assert_allclose(rows, torch.cat(states), atol=1e-6)


# --- compiled --------------------------------------------------------------------------------


class Loop(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def forward(self, x):
        state = None
        for step in x.unbind(1):
            state = self.cell(step, state)


def compiled_in_place(model):
    model.compile(backend="eager")
    return model


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Reader(stack()), "rnn.l0"),
        (lambda: Loop(nn.LSTMCell(WIDTH, HIDDEN)), "cell.l0"),
        (lambda: Loop(nn.GRUCell(WIDTH, HIDDEN)), "cell.l0"),
    ],
)
def test_compiled_networks_are_recorded_eagerly_under_their_own_names(make, name, data):
    def inside(model):
        path = name.removesuffix(".l0")
        setattr(model, path, torch.compile(getattr(model, path), backend="eager"))
        return model

    torch.manual_seed(1)
    wanted = ml.record(make(), data, layers=name).states
    for change in (lambda model: torch.compile(model, backend="eager"), inside, compiled_in_place):
        torch.manual_seed(1)
        model = change(make())
        np.testing.assert_allclose(ml.record(model, data, layers=name).states, wanted, atol=1e-6)
        with pytest.raises(DataError, match=f"no layer 'x'; it has {name}"):
            ml.record(model, data, layers="x")


def test_what_was_compiled_before_it_is_watched_still_is_afterwards(data):
    runs = []

    def backend(graph, _):
        runs.append("compiled")
        return graph.forward

    # Code that calls a stack such as `nn.LSTM` is not compiled at all (torch 2.13); of cells it is.
    model = torch.compile(Loop(nn.GRUCell(WIDTH, HIDDEN)).eval(), backend=backend)
    x = torch.from_numpy(data.values).view(3, STEPS, WIDTH)
    ml.record(model, data)
    assert not runs
    model(x)
    assert runs
