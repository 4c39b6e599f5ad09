"""Networks of Flax NNX around `nnx.RNN`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from flax import nnx

from markovlens.adapters.flax_runs import FlaxRuns, Passing
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.jax_functions import as_jax
from markovlens.adapters.reads import Reads
from markovlens.adapters.runs import foreign_of
from markovlens.errors import DataError
from markovlens.sequences import Sequences


def adapt_nnx(
    model: Any,
    *,
    like: Sequences | None = None,
    forward: Callable[[Any, Any], Any] | None = None,
) -> Foreign:
    """Return a network of Flax NNX as what is recorded and asked.

    It is run as it is now, in evaluation mode; what it learns later is not seen. Parts of the state
    are named by layer, `rnn.c` and `rnn.h` of an LSTM.

    Args:
        model: a module that runs `nnx.RNN`, such a layer, or a cell.
        like: inputs such as it reads; found out by its embedding or its first layer when None.
        forward: how it is called, on inputs (B, T, ...).

    Raises:
        DataError: no `nnx.RNN` in it, or a call that fails.
    """
    about = f"{type(model).__name__} of Flax NNX"
    network = nnx.RNN(model) if isinstance(model, nnx.RNNCellBase) else model
    layers = [layer for _, layer in _layers(network)]
    if not layers:
        raise DataError(
            f"{about} has no nnx.RNN; give its cell alone, or its two functions as "
            "markovlens.adapters.jax_functions.OnJax(begin, step) with `like`",
            page="not-adaptable",
        )
    reads = _reads(network, layers, like)
    definition, weights = nnx.split(network)

    def call(passing: Passing, inputs: Any) -> Any:
        copy = nnx.merge(definition, weights, copy=True)
        copy.eval()
        for path, layer in _layers(copy):
            # Of the copy, and past `__setattr__`, by which NNX keeps account of a module's parts.
            object.__setattr__(layer, "__class__", _Passed)
            vars(layer).update(passing=passing, path=path)
        return copy(inputs) if forward is None else forward(copy, inputs)

    runs = FlaxRuns(call, _first, as_jax(reads.made(1, 1)))
    return foreign_of(about, runs, reads, backwards=runs.backwards)


class _Passed(nnx.RNN):
    """A layer whose calls go through a `Passing`."""

    def __call__(self, inputs: Any, **asked: Any) -> Any:
        """Do what the layer does."""
        return self.passing.through(self.path, self, super().__call__, inputs, asked)


def _first(layer: Any, inputs: Any) -> Any:
    rngs = layer.rngs if layer.rngs is not None else nnx.Rngs(0)
    return layer.cell.initialize_carry(jnp.shape(inputs), rngs)


def _layers(model: Any) -> list[tuple[str, Any]]:
    """Return the layers of a network by path; `rnn` where the network is one."""
    return [
        (".".join(map(str, path)) or "rnn", each)
        for path, each in nnx.iter_graph(model)
        if isinstance(each, nnx.RNN)
    ]


def _reads(model: Any, layers: list[Any], like: Sequences | None) -> Reads:
    tables = [each for _, each in nnx.iter_graph(model) if isinstance(each, nnx.Embed)]
    if tables:
        return Reads.embedded((int(each.num_embeddings) for each in tables), like)
    if like is not None:
        return Reads.like(like)
    return Reads(shape=(int(layers[0].cell.in_features),))
