"""Networks of Keras, on the backend that KERAS_BACKEND names, do step by step what Keras does."""

import os
import warnings
from importlib.util import find_spec

import numpy as np
import pytest
import torch

from helpers.conformance import check_asked, check_watched

if find_spec("keras") is None:
    pytest.skip("needs keras: `make test-frameworks`", allow_module_level=True)

from markovlens.adapters.keras_models import use_what_is_there

use_what_is_there()

import keras  # noqa: E402
from keras import Input, Model, Sequential, layers  # noqa: E402

import markovlens as ml  # noqa: E402
from markovlens.errors import DataError  # noqa: E402


def answers(model):
    """Return the call of a model on inputs of torch, by Keras alone."""

    def call(inputs):
        kind = "float32" if inputs.is_floating_point() else "int32"
        found = model(inputs.numpy().astype(kind), training=False)
        return found.detach().numpy() if isinstance(found, torch.Tensor) else np.asarray(found)

    return call


def drawn(model, seed=0):
    """Return a model with all weights drawn anew: zeros would hide what is wrong."""
    rng = np.random.default_rng(seed)
    for each in model.weights:
        if "rnn_state" not in each.path:
            each.assign(0.7 * rng.normal(size=each.shape))
    return model


def sequential(*parts, shape=(None, 3), **how):
    return drawn(Sequential([Input(shape, **how), *parts]))


CELLS = {
    "SimpleRNN": lambda: layers.SimpleRNN(4, return_sequences=True),
    "GRU reset after": lambda: layers.GRU(4, return_sequences=True),
    "GRU reset before": lambda: layers.GRU(4, reset_after=False, return_sequences=True),
    "LSTM": lambda: layers.LSTM(4, return_sequences=True),
    "cells": lambda: layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_sequences=True),
}


@pytest.mark.parametrize("kind", CELLS)
def test_layers_are_stepped_as_they_run(kind):
    model = sequential(CELLS[kind](), layers.Dense(2))
    check_asked(ml.adapt(model), answers(model))


def test_the_parts_are_those_of_the_layers_own_state():
    layer = layers.LSTM(4, return_sequences=True, return_state=True)
    inputs = Input((None, 3))
    model = drawn(Model(inputs, layer(inputs)))
    x = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1))
    states, _ = ml.adapt(model).watch(x)
    _, h, c = (np.asarray(keras.ops.convert_to_tensor(part)) for part in _called(model, x))
    np.testing.assert_allclose(states[f"{layer.name}.h"][:, -1], h, atol=1e-5)
    np.testing.assert_allclose(states[f"{layer.name}.c"][:, -1], c, atol=1e-5)


def _called(model, x):
    found = model(x.numpy())
    return [each.detach().numpy() if isinstance(each, torch.Tensor) else each for each in found]


def test_masked_symbols_are_no_steps():
    """Of the alphabet 0 is a gap here: the state stays, and what was said is said again."""
    model = sequential(
        layers.Embedding(5, 3, mask_zero=True),
        layers.GRU(4, return_sequences=True),
        layers.LSTM(3, return_sequences=True),
        layers.Dense(2),
        shape=(None,),
        dtype="int32",
    )
    adapted = ml.adapt(model)
    check_asked(adapted, answers(model))
    states, outputs = adapted.watch(torch.tensor([[1, 0, 0, 2]]))
    for values in (*states.values(), outputs):
        torch.testing.assert_close(values[:, 1], values[:, 0])
        assert not torch.equal(values[:, 3], values[:, 0])


def test_zeros_at_masked_steps_where_a_layer_says_so():
    layer = layers.GRU(4, return_sequences=True, zero_output_for_mask=True)
    model = sequential(layers.Masking(0.0), layer)
    adapted = ml.adapt(model)
    x = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1))
    x[:, 2] = 0
    state, said = adapted.read(adapted.initial(2), x)
    np.testing.assert_allclose(said, answers(model)(x), atol=1e-5)
    assert not said[:, 2].any()


def test_a_mask_before_a_cell_that_says_something_else_than_its_state_is_refused():
    class Shifted(layers.Layer):
        state_size = output_size = 3

        def call(self, x, states, training=False):
            return keras.ops.tanh(x + states[0]) + 10, [keras.ops.tanh(x + states[0])]

    model = Sequential(
        [Input((None, 3)), layers.Masking(), layers.RNN(Shifted(), return_sequences=True)]
    )
    with pytest.raises(DataError, match="masked steps is not known .* take the mask away"):
        ml.adapt(model)


def test_what_answers_at_the_end_alone_is_asked_at_every_step():
    model = sequential(layers.LSTM(4), layers.Dense(2))
    adapted = ml.adapt(model)
    x = torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(1))
    _, said = adapted.read(adapted.initial(2), x)
    prefixes = [answers(model)(x[:, : end + 1]) for end in range(4)]
    np.testing.assert_allclose(said, np.stack(prefixes, axis=1), atol=1e-5)


def test_a_stateful_network_begins_each_sequence_anew_and_keeps_its_own_state():
    model = drawn(
        Sequential(
            [
                Input(batch_shape=(4, None, 3)),
                layers.GRU(4, return_sequences=True, stateful=True),
            ]
        )
    )
    layer = model.layers[0]
    x = np.ones((4, 2, 3), dtype="float32")
    model(x)
    before = np.asarray(_plain(layer.states[0].value)).copy()
    adapted = ml.adapt(model)
    assert any("stateful, and begins each sequence anew" in each for each in adapted.limits)
    assert not any(part.any() for part in adapted.initial(3).values())

    def fresh(inputs):
        layer.reset_state()
        return answers(model)(inputs)

    check_asked(adapted, fresh)
    assert layer.stateful
    assert before.any()


def _plain(values):
    return values.detach().numpy() if isinstance(values, torch.Tensor) else values


def test_adapting_leaves_a_layer_as_it_was():
    model = sequential(layers.GRU(4, return_sequences=True))
    x = torch.ones(2, 3, 3)
    before = answers(model)(x)
    ml.adapt(model)
    assert "inner_loop" not in vars(model.layers[0])
    np.testing.assert_array_equal(answers(model)(x), before)


def test_a_fixed_length_is_made_free():
    fixed = sequential(layers.GRU(4, return_sequences=True), layers.Dense(2), shape=(6, 3))
    free = sequential(layers.GRU(4, return_sequences=True), layers.Dense(2))
    for mine, theirs in zip(free.variables, fixed.variables, strict=True):
        mine.assign(theirs.value)
    check_asked(ml.adapt(fixed), answers(free))


@pytest.mark.parametrize("kind", ["GRU", "LSTM"])
def test_both_directions_are_watched_alone(kind):
    inner = getattr(layers, kind)(4, return_sequences=True)
    model = sequential(layers.Bidirectional(inner))
    adapted = ml.adapt(model)
    check_watched(adapted, answers(model), "depend on later inputs")
    x = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1))
    states, said = adapted.watch(x)
    forward, backward = (
        next(part for name, part in states.items() if name.startswith(way) and name.endswith(".h"))
        for way in ("forward", "backward")
    )
    torch.testing.assert_close(torch.cat([forward, backward], dim=-1), said)


def test_a_convolution_is_watched_and_says_why():
    model = sequential(layers.Conv1D(4, 3, padding="causal"), layers.GRU(4, return_sequences=True))
    check_watched(ml.adapt(model), answers(model), "step by step it does something else")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_file_is_what_was_saved(tmp_path, suffix):
    model = sequential(layers.Embedding(5, 3), layers.LSTM(4, return_sequences=True), shape=(None,))
    path = tmp_path / f"network{suffix}"
    _saved(model, path)
    adapted = ml.adapt(path)
    assert f"network{suffix} of Keras" in repr(adapted)
    check_asked(adapted, answers(model))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_code_in_a_file_is_not_run(tmp_path, suffix):
    trap = tmp_path / "sprung"
    sprung = f"touch {trap}"
    code = layers.Lambda(lambda x: (os.system(sprung), x)[1], output_shape=(None, 2))
    model = sequential(layers.GRU(2, return_sequences=True), code)
    path = tmp_path / f"hostile{suffix}"
    _saved(model, path)
    trap.unlink(missing_ok=True)
    with pytest.raises(DataError, match="cannot load it .*Lambda"):
        ml.adapt(path)
    assert not trap.exists()


def _saved(model, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras on numpy 2, and on HDF5 being old
        model.save(path)


def test_wrong_use_is_said_in_a_sentence(tmp_path):
    (tmp_path / "half.keras").write_bytes(b"PK\x03\x04half")
    first, second = Input((None, 3)), Input((2,))
    two = Model([first, second], layers.GRU(2)(first, initial_state=[second]))
    dense = sequential(layers.Dense(2))
    for model, words in (
        (tmp_path / "half.keras", "it is no archive; is it whole"),
        (two, "expected one input, got 2"),
        (dense, "has no recurrent layer"),
    ):
        with pytest.raises(DataError, match=words):
            ml.adapt(model)
