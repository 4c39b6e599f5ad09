"""Networks of Flax linen around `nn.RNN`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from markovlens.adapters.flax_runs import FlaxRuns, Passing
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.jax_functions import as_jax
from markovlens.adapters.reads import Reads
from markovlens.adapters.runs import foreign_of
from markovlens.errors import DataError
from markovlens.sequences import Sequences


def adapt_linen(
    model: Any,
    *,
    like: Sequences | None = None,
    variables: Mapping[str, Any] | None = None,
    forward: Callable[[Any, Any], Any] | None = None,
) -> Foreign:
    """Return a network of Flax linen as what is recorded and asked.

    Parts of the state are named by layer, `RNN_0.c` and `RNN_0.h` of an LSTM.

    Args:
        model: a module that runs `nn.RNN`, such a layer, or a cell.
        like: inputs such as it reads: a module does not say it.
        variables: what `init` gave and training made of it, `{"params": ...}`; of a cell its own.
        forward: how the bound module is called, on inputs (B, T, ...).

    Raises:
        DataError: `like` or `variables` is missing, no `nn.RNN` is run, or a call fails.
    """
    about = f"{type(model).__name__} of Flax linen"
    if like is None or variables is None:
        raise DataError(
            f"{about}: expected `variables`, what its `init` gave and training made of it, and "
            "`like`, sequences such as it reads; the module holds neither",
            page="like-missing",
        )
    is_cell = isinstance(model, nn.RNNCellBase)
    network = nn.RNN(model) if is_cell else model
    held = {"params": {"cell": variables["params"]}} if is_cell else variables

    def call(passing: Passing, inputs: Any) -> Any:
        def through(following: Any, args: Any, asked: Any, context: Any) -> Any:
            layer = context.module
            if not isinstance(layer, nn.RNN) or context.method_name != "__call__":
                return following(*args, **asked)
            path = ".".join(layer.path) or "rnn"
            return passing.through(path, layer, following, args[0], asked)

        with nn.intercept_methods(through):
            return nn.apply(forward or type(network).__call__, network)(held, inputs)

    reads = Reads.like(like)
    runs = FlaxRuns(call, _first, as_jax(reads.made(1, 1)))
    if not runs.layers:
        raise DataError(
            f"{about} runs no nn.RNN; give its cell alone, or its two functions as "
            "markovlens.adapters.jax_functions.OnJax(begin, step) with `like`",
            page="not-adaptable",
        )
    return foreign_of(about, runs, reads, backwards=runs.backwards)


def _first(layer: Any, inputs: Any) -> Any:
    return layer.cell.initialize_carry(jax.random.key(0), jnp.shape(inputs))
