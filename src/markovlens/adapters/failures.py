"""Why a network fails on what it was given, where that can be told from both."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from torch import nn

from markovlens.errors import WAY, DataError, reason_of

FAILURES = (IndexError, RuntimeError, TypeError, ValueError)  # that torch and Python raise then
# What torch says of a symbol without a row of an embedding, or a place in a one-hot vector.
OUT_OF_RANGE = ("index out of range", "smaller than num_classes")

TOO_MANY_AXES = ("2D or 3D", "got 4D")  # what torch says of (B, T, 1, 1) in a recurrent layer


@contextmanager
def explaining(model: nn.Module, values: np.ndarray) -> Iterator[None]:
    """Say in words why a network fails on a batch (B, T, ...); other failures stay what they are.

    These name the page in a note (PEP 678): what its own code raises is for its author to read.

    Raises:
        DataError: symbols that its embedding has no row for, symbols in place of signals or the
            reverse, signals of another width, or a call that takes more than the batch.
    """
    try:
        yield
    except DataError:
        raise
    except FAILURES as error:
        reason = _wants_more(model, error) or _wrong_inputs(model, values, error)
        if reason is None:
            error.add_note(WAY.format(page="network-fails"))
            raise
        said = " ".join(str(error).split())
        raise DataError(
            f"the network fails on its inputs: {reason} ({said})", page="network-fails"
        ) from error


@contextmanager
def asking(model: nn.Module, values: np.ndarray) -> Iterator[None]:
    """Say in words that a network fails on what it is asked (B, T, ...), whatever it raises.

    Raises:
        DataError: it fails.
    """
    try:
        with explaining(model, values):
            yield
    except DataError:
        raise
    except FAILURES as error:
        what = f"symbols up to {values.max()}" if values.dtype.kind in "iu" else "rows"
        raise DataError(
            f"the network fails where it is asked about {what} ({reason_of(error)}); ask about "
            "inputs such as it was trained on",
            page="network-fails",
        ) from error


def _wants_more(model: nn.Module, error: Exception) -> str | None:
    if not isinstance(error, TypeError) or "required positional argument" not in str(error):
        return None
    parameters = inspect.signature(type(model).forward).parameters.values()
    names = [each.name for each in parameters if each.default is each.empty][1:]
    if len(names) < 2:
        return None
    return (
        f"it is called as model({', '.join(names)}), and `record` gives it {names[0]} alone; give "
        f"`forward`, for lengths such as forward=lambda model, x: model(x, torch.full((len(x),), "
        "x.shape[1])): sequences of a batch have one length"
    )


def _wrong_inputs(model: nn.Module, values: np.ndarray, error: Exception) -> str | None:
    embeddings = [one for one in model.modules() if isinstance(one, nn.Embedding)]
    symbols = values.dtype.kind in "iu"
    if symbols and values.ndim > 2:
        return (
            f"it reads one code a step, (B, T), and got whole numbers {values.shape}; give codes "
            "(T,) of each sequence, or floats if they are signals (T, D)"
        )
    if not symbols and embeddings:
        return (
            f"it embeds symbols, and got real numbers (B, T, ...) of {values.shape}; give integer "
            "codes, as `values.astype(int)` does where they are whole numbers and none is NaN"
        )
    if symbols and (known := _known_symbols(embeddings, values, error)):
        return (
            f"expected {known}, got {values.max()}; give what is unknown the code that the network "
            "was trained with"
        )
    if symbols and not embeddings and "type" in str(error):  # torch speaks of the dtype
        return (
            "it embeds no symbols, and got codes; if it reads them one-hot, give forward=lambda "
            "model, x: model(torch.nn.functional.one_hot(x, V).float()) with V symbols; if it "
            "reads signals, give floats (N, D)"
        )
    return None if symbols else _lacks_axis(model, values, error) or _wrong_width(model, values)


def _known_symbols(
    embeddings: Sequence[nn.Embedding], values: np.ndarray, error: Exception
) -> str | None:
    """Return which symbols a network reads, where it fails since it got others."""
    rows = [one.num_embeddings for one in embeddings if one.num_embeddings <= values.max()]
    strange = any(words in str(error) for words in OUT_OF_RANGE)
    if rows and (strange or len(embeddings) == 1):
        return f"symbols 0..{min(rows) - 1}, a row of its embedding each"
    return "symbols that it has a row or a place for" if strange else None


def _lacks_axis(model: nn.Module, values: np.ndarray, error: Exception) -> str | None:
    """Return what to do for a network that takes signals (B, T), and adds the axis itself."""
    if values.shape[2:] not in ((), (1,)) or not all(word in str(error) for word in TOO_MANY_AXES):
        return None
    return (
        "it reads signals (B, T), and rows are handed to it as (B, T, 1); give rows (T, 1) and "
        "forward=lambda network, x, *more: network(x[..., 0], *more)"
    )


def _wrong_width(model: nn.Module, values: np.ndarray) -> str | None:
    wanted = next(
        (one.input_size for one in model.modules() if isinstance(one, nn.RNNBase | nn.RNNCellBase)),
        None,
    )
    given = values.shape[2:]
    if wanted is None or given == (wanted,):
        return None
    return (
        f"its first recurrent layer reads {wanted} numbers a step, and got {given or 'one'} of "
        f"each; give signals (N, {wanted}), or a `forward` that makes such of them"
    )
