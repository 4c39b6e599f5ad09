"""Eager networks of torch as what is asked step by step."""

from __future__ import annotations

from typing import Any

from torch import nn

from markovlens.adapters.foreign import Foreign
from markovlens.adapters.halves import Direction, half_of_module
from markovlens.adapters.precision import reference_of, suited
from markovlens.adapters.reads import Reads
from markovlens.adapters.stepping import Forward, stepping
from markovlens.recurrence.kinds import is_cell, is_stack
from markovlens.recurrence.watchable import check_eager
from markovlens.sequences import Sequences


def adapt_module(
    model: nn.Module,
    *,
    like: Sequences | None = None,
    forward: Forward = nn.Module.__call__,
    direction: Direction | None = None,
) -> Foreign:
    """Return an eager network of torch as what is asked step by step.

    Args:
        model: the network, put into evaluation mode.
        like: inputs such as it reads; symbols of its embedding, or rows of its first recurrent
            module, when None.
        forward: how it is called, see `activations.reading.Reading`.
        direction: of a bidirectional network, which one is left, the other being at its mean over
            `like`; the backward one reads sequences from their end.

    Raises:
        ConfigError: no such direction.
        DataError: as `Stepping` does; or there are no two directions, or they cannot be parted.
    """
    check_eager(model)
    about, limits = f"{type(model).__name__} of torch", []
    reads = reads_of(model, like)
    if direction is not None:
        model, limit = half_of_module(model, direction, like, forward)
        about, limits = f"{direction} half of {about}", [limit]
    like_what = reference_of(model)
    example = suited(reads.made(2, 3).numpy(), like_what)
    network = stepping(model, example, forward)
    instead = "`record` it as it is, which watches its layers"
    return Foreign(about, reads, network, tuple(limits), instead=instead, weights=model)


def reads_of(model: nn.Module, like: Sequences | None) -> Reads:
    """Return what a network seems to read: symbols that it embeds, or rows."""
    tables = [each.num_embeddings for each in model.modules() if isinstance(each, nn.Embedding)]
    if tables:
        return Reads.embedded(tables, like)
    if like is not None:
        return Reads.like(like)
    known: list[Any] = [each for each in model.modules() if is_stack(each) or is_cell(each)]
    return Reads(shape=(int(known[0].input_size),)) if known else Reads(n_symbols=1)
