"""Networks that cannot be watched: one message that leads somewhere."""

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.activations.recorder import record_to_parquet
from markovlens.activations.watching import Recorder
from markovlens.errors import DataError
from markovlens.sequences import Sequences


class Reader(nn.Module):
    def __init__(self, rnn=None):
        super().__init__()
        self.embedding = nn.Embedding(4, 3)
        self.rnn = rnn or nn.GRU(3, 5, batch_first=True)
        self.head = nn.Linear(5, 2)

    def forward(self, x):
        return self.head(self.rnn(self.embedding(x))[0])


DATA = Sequences.from_list([np.array([0, 1, 2]), np.array([3, 1])])
EXAMPLE = torch.zeros(1, 3, dtype=torch.long)
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The tensor attributes .* were assigned during export"),
]


def scripted():
    return torch.jit.script(Reader())


def traced():
    return torch.jit.trace(Reader(), EXAMPLE)


@pytest.mark.parametrize("make", [scripted, traced])
def test_torchscript_is_recorded_by_its_graph_and_not_by_hooks(make, tmp_path):
    model = make()
    with pytest.raises(DataError, match=r"runs eagerly, got a TorchScript module, .* `eager.load_"):
        Recorder(model)
    eager = Reader()
    eager.load_state_dict(model.state_dict())
    found, wanted = (ml.record(each, DATA) for each in (model, eager))
    np.testing.assert_allclose(found.states, wanted.states, atol=1e-6)
    np.testing.assert_allclose(found.outputs, wanted.outputs, atol=1e-6)
    record_to_parquet(model, DATA, tmp_path / "t.parquet", layer="gru0.h")
    np.testing.assert_array_equal(ml.load_trace(tmp_path / "t.parquet").states, found.states)
    with pytest.raises(DataError, match="the state has no part 'rnn.l0'; it has 'gru0.h'"):
        ml.record(model, DATA, layers="rnn.l0")


@pytest.mark.parametrize("layers", [None, "rnn"])
def test_a_scripted_part_is_named(layers):
    model = Reader(torch.jit.script(nn.GRU(3, 5, batch_first=True)))
    with pytest.raises(DataError, match="got a TorchScript module at rnn, whose calls"):
        ml.record(model, DATA, layers=layers)


def test_an_exported_program_is_recorded_by_its_graph():
    model = Reader().eval()
    program = torch.export.export(model, (EXAMPLE,))
    wanted = ml.record(model, DATA)
    for each in (program, program.module()):
        np.testing.assert_allclose(ml.record(each, DATA).states, wanted.states, atol=1e-6)
    with pytest.raises(DataError, match="expected the program itself, got what was made of it"):
        ml.record(torch.export.unflatten(program), DATA)


def test_a_module_that_was_traced_into_a_graph_is_watched_as_ever():
    model = Reader().eval()
    found, wanted = (ml.record(each, DATA) for each in (torch.fx.symbolic_trace(model), model))
    np.testing.assert_allclose(found.states, wanted.states, atol=1e-6)


def test_keras_has_an_adapter_and_what_was_before_it_has_none():
    class Model(nn.Module):  # as one of Keras on torch is
        __module__ = "keras.src.models.functional"

    class Mine(Model):
        __module__ = "my_package"

    class OnTensorFlow:
        __module__ = "tf_keras.src.models.sequential"

    for model in (Model(), Mine()):
        with pytest.raises(DataError, match="needs keras, which is|has no recurrent layer"):
            ml.record(model, DATA)
    with pytest.raises(DataError, match="got the Keras model .* in torch, copy the weights"):
        ml.record(OnTensorFlow(), DATA)


def test_what_is_no_module_is_named():
    with pytest.raises(DataError, match=r"got builtins.function; record the network"):
        ml.record(lambda x: x, DATA)


def test_weights_alone_are_told_as_such():
    with pytest.raises(DataError, match=r"weights or the like alone .*load_state_dict"):
        ml.record(Reader().state_dict(), DATA)


def test_where_nothing_recurrent_is_found_the_modules_are_named():
    model = nn.Sequential(nn.Embedding(4, 3), nn.Linear(3, 2))
    with pytest.raises(DataError, match=r"in `layers`; its modules are '0', '1'"):
        ml.record(model, DATA)
    with pytest.raises(DataError, match=r"no layer 'rnn', nor a recurrent one; .* '0', '1'"):
        ml.record(model, DATA, layers="rnn")
    with pytest.raises(DataError, match="it has no module within"):
        ml.record(nn.Identity(), DATA)
