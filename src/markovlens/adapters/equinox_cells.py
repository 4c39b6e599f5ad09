"""Cells of Equinox, which the caller's own code runs over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from markovlens.adapters.foreign import Foreign
from markovlens.adapters.jax_functions import OnJax
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError
from markovlens.sequences import Sequences

CELLS = (eqx.nn.GRUCell, eqx.nn.LSTMCell)


def adapt_equinox(
    model: Any,
    *,
    like: Sequences | None = None,
    before: Callable[[Any], Any] | None = None,
    after: Callable[[Any], Any] | None = None,
) -> Foreign:
    """Return a cell of Equinox, and what stands around it, as what is asked step by step.

    The state of an LSTM is (h, c) in that order, each beginning in zeros. Equinox has no layer that
    runs over time: what the caller's own loop does beside its cell is given as two functions of one
    sequence, which are mapped over the batch.

    Args:
        model: an `eqx.nn.GRUCell` or an `eqx.nn.LSTMCell`.
        like: inputs such as it reads; rows as wide as the cell's when None.
        before: what the loop makes of one input, an embedding say, before the cell reads it.
        after: what it makes of h (D,): outputs (C,). h itself when None.

    Raises:
        DataError: no cell; what to give of a model with one is said.
    """
    about = f"{type(model).__name__} of Equinox"
    if not isinstance(model, CELLS):
        leaves = jax.tree.leaves(model, is_leaf=lambda each: isinstance(each, CELLS))
        held = [type(each).__name__ for each in leaves if isinstance(each, CELLS)]
        raise DataError(
            f"{about} is no cell, and what it does over time is its own code"
            f"{'; it holds ' + ', '.join(held) if held else ''}; give that cell, with "
            "`before` and `after` for what stands around it, or its two functions as "
            "markovlens.adapters.jax_functions.OnJax(begin, step) with `like`",
            page="not-adaptable",
        )
    is_lstm = isinstance(model, eqx.nn.LSTMCell)
    names = ("h", "c") if is_lstm else ("h",)

    def begin(batch: int) -> Any:
        return tuple(jnp.zeros((batch, model.hidden_size)) for _ in names)

    def one(state: Any, inputs: Any) -> Any:
        row = inputs if before is None else before(inputs)
        found = model(row, state if is_lstm else state[0])
        following = found if is_lstm else (found,)
        h = following[0]
        return following, h if after is None else after(h)

    if like is None and before is not None:
        raise DataError(
            f"{about}: expected `like`, sequences such as `before` reads", page="like-missing"
        )
    reads = Reads(shape=(model.input_size,)) if like is None else Reads.like(like)
    return Foreign(about, reads, OnJax(begin, jax.vmap(one), names))
