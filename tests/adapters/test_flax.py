"""Networks of Flax, NNX and linen, do step by step what Flax does."""

import numpy as np
import pytest
import torch

pytest.importorskip("flax", reason="needs flax: `make test-frameworks`")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from flax import linen as nn  # noqa: E402
from flax import nnx  # noqa: E402

import markovlens as ml  # noqa: E402
from helpers.conformance import check_asked, check_watched  # noqa: E402
from markovlens.errors import ConfigError, DataError  # noqa: E402
from markovlens.sequences import Sequences  # noqa: E402

ROWS = Sequences(
    np.random.default_rng(0).normal(size=(20, 3)).astype("float32"), np.array([10, 10])
)
X = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(1))


class Tagger(nnx.Module):
    """Two layers and a readout, with dropout between."""

    def __init__(self, cell, rngs):
        self.rnn = nnx.RNN(cell(3, 4, rngs=rngs))
        self.top = nnx.RNN(nnx.GRUCell(4, 3, rngs=rngs), time_major=True)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
        self.out = nnx.Linear(3, 2, rngs=rngs)

    def __call__(self, x):
        inner = self.top(jnp.swapaxes(self.drop(self.rnn(x)), 0, 1))
        return self.out(jnp.swapaxes(inner, 0, 1))


class AtEnd(nnx.Module):
    """Says something after the last step."""

    def __init__(self, rngs):
        self.rnn = nnx.RNN(nnx.LSTMCell(3, 4, rngs=rngs))

    def __call__(self, x):
        (_, h), _ = self.rnn(x, return_carry=True)
        return h


class LinenTagger(nn.Module):
    cell: type

    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(nn.RNN(nn.GRUCell(3), name="top")(nn.RNN(self.cell(4))(x)))


class LinenBoth(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Bidirectional(nn.RNN(nn.LSTMCell(4)), nn.RNN(nn.GRUCell(4)))(x)


def of_nnx(model):
    return lambda inputs: np.asarray(model(jnp.asarray(inputs.numpy())))


def of_linen(model, variables):
    return lambda inputs: np.asarray(model.apply(variables, jnp.asarray(inputs.numpy())))


@pytest.mark.parametrize("cell", [nnx.SimpleCell, nnx.GRUCell, nnx.LSTMCell, nnx.OptimizedLSTMCell])
def test_nnx_layers_are_stepped_as_they_run(cell):
    model = Tagger(cell, nnx.Rngs(0))
    adapted = ml.adapt(model)
    assert not model.drop.deterministic  # the network itself stays in training mode
    kinds = "ch" if "LSTM" in cell.__name__ else "h"
    assert list(adapted.parts) == [*(f"rnn.{kind}" for kind in kinds), "top.h"]
    model.eval()
    check_asked(adapted, of_nnx(model))


@pytest.mark.parametrize("cell", [nn.SimpleCell, nn.MGUCell, nn.GRUCell, nn.LSTMCell])
def test_linen_layers_are_stepped_as_they_run(cell):
    model = LinenTagger(cell)
    variables = model.init(jax.random.key(0), jnp.zeros((1, 2, 3)))
    adapted = ml.adapt(model, variables=variables, like=ROWS)
    check_asked(adapted, of_linen(model, variables))


def test_a_carry_has_c_first_and_is_named_so():
    model = nnx.RNN(nnx.LSTMCell(3, 4, rngs=nnx.Rngs(0)))
    (c, h), outputs = model(jnp.asarray(X.numpy()), return_carry=True)
    states, _ = ml.adapt(model).watch(X)
    np.testing.assert_allclose(states["rnn.c"][:, -1], c, atol=1e-6)
    np.testing.assert_allclose(states["rnn.h"][:, -1], h, atol=1e-6)
    np.testing.assert_allclose(states["rnn.h"], outputs, atol=1e-6)


def test_a_cell_alone_is_a_network():
    cell = nnx.GRUCell(3, 4, rngs=nnx.Rngs(0))
    check_asked(ml.adapt(cell), of_nnx(nnx.RNN(cell)))


def test_symbols_are_those_of_the_embedding_and_forward_says_how_it_is_called():
    class Words(nnx.Module):
        def __init__(self, rngs):
            self.embed = nnx.Embed(5, 3, rngs=rngs)
            self.layers = nnx.List([nnx.RNN(nnx.GRUCell(3, 3, rngs=rngs)) for _ in range(2)])

        def __call__(self, x, scale):
            x = self.embed(x)
            for layer in self.layers:
                x = layer(x)
            return scale * x

    model = Words(nnx.Rngs(0))
    adapted = ml.adapt(model, forward=lambda network, x: network(x, 2.0))
    assert adapted.reads.n_symbols == 5
    check_asked(adapted, lambda inputs: np.asarray(model(jnp.asarray(inputs.numpy()), 2.0)))


def test_what_answers_at_the_end_alone_is_asked_at_every_step():
    model = AtEnd(nnx.Rngs(0))
    adapted = ml.adapt(model)
    _, said = adapted.read(adapted.initial(2), X)
    prefixes = [of_nnx(model)(X[:, : end + 1]) for end in range(5)]
    np.testing.assert_allclose(said, np.stack(prefixes, axis=1), atol=1e-5)


def test_both_directions_are_watched_alone_nnx():
    cells = [nnx.LSTMCell(3, 4, rngs=nnx.Rngs(seed)) for seed in (0, 1)]
    model = nnx.Bidirectional(*map(nnx.RNN, cells))
    adapted = ml.adapt(model)
    check_watched(adapted, of_nnx(model), "depend on later inputs")
    states, said = adapted.watch(X)
    both = torch.cat([states["forward_rnn.h"], states["backward_rnn.h"]], dim=-1)
    torch.testing.assert_close(both, said)


def test_both_directions_are_watched_alone_linen():
    model = LinenBoth()
    variables = model.init(jax.random.key(0), jnp.zeros((1, 2, 3)))
    adapted = ml.adapt(model, variables=variables, like=ROWS)
    check_watched(adapted, of_linen(model, variables), "depend on later inputs")


def test_outputs_go_on_after_the_length_and_the_carry_stops():
    """Why sequences are ragged here, and no lengths are passed on (flax 0.12.8)."""
    model = nnx.RNN(nnx.GRUCell(3, 4, rngs=nnx.Rngs(0)))
    x = jnp.asarray(X.numpy())
    carry, outputs = model(x, seq_lengths=jnp.array([3, 5]), return_carry=True)
    np.testing.assert_allclose(carry[0], outputs[0, 2], atol=1e-6)
    np.testing.assert_allclose(outputs, model(x), atol=1e-6)


def test_biases_differ_between_the_two_kinds():
    """A GRU copied from one to the other loses or lacks a bias (flax 0.12.8)."""
    hidden = nnx.GRUCell(3, 4, rngs=nnx.Rngs(0)).dense_h
    assert hidden.bias is None
    cell = nn.GRUCell(4)
    variables = cell.init(jax.random.key(0), jnp.zeros((1, 4)), jnp.zeros((1, 3)))
    assert "bias" in variables["params"]["hn"]


def test_wrong_use_is_said_in_a_sentence():
    cell = nn.LSTMCell(4)
    dense = nn.Dense(2)
    weights = dense.init(jax.random.key(0), jnp.zeros((1, 3)))
    with pytest.raises(DataError, match="has no nnx.RNN; give its cell alone"):
        ml.adapt(nnx.Linear(2, 3, rngs=nnx.Rngs(0)))
    with pytest.raises(DataError, match="expected `variables`.* and `like`"):
        ml.adapt(cell)
    with pytest.raises(DataError, match="runs no nn.RNN"):
        ml.adapt(dense, variables=weights, like=ROWS)
    with pytest.raises(ConfigError, match="unknown option 'variable'"):
        ml.adapt(dense, variable=weights, like=ROWS)
