"""What a network puts out, as distributions over classes."""

from __future__ import annotations

import warnings
from typing import Literal

import torch
from torch import Tensor

from markovlens.errors import DataError, RecordingWarning

Link = Literal["softmax", "sigmoid"] | None

SUM_TOLERANCE = 1e-3  # of probabilities that were computed in float32
ENOUGH = 16  # answers, all in 0..1, that are hardly logits


def probabilities(output: Tensor, link: Link) -> Tensor:
    """Return distributions (..., C) of the network's outputs.

    Raises:
        DataError: an unknown link, a single number where there must be one for each class or the
            reverse, logits that are NaN or infinite, or numbers that are no probabilities though
            `link` is None.
    """
    if link not in ("softmax", "sigmoid", None):
        raise DataError(f"link: expected softmax, sigmoid or None, got {link!r}")
    if output.shape[-1] == 1 and link is None:
        raise DataError(
            "expected probabilities of two classes or more, got one real output a step: networks "
            "that answer with a number (regression) are not supported yet; for a single logit give "
            "link='sigmoid', else let `forward` return None, or probabilities of ranges"
        )
    if (output.shape[-1] == 1) != (link == "sigmoid"):
        raise DataError(
            f"expected {'one output' if link == 'sigmoid' else 'an output for each class'}, got "
            f"{output.shape[-1]}; give link='sigmoid' for a single logit, else 'softmax' or None"
        )
    if link == "sigmoid":
        accepted = output.float().sigmoid()
        return _unbroken(torch.cat([1 - accepted, accepted], dim=-1), output)
    if link is None and not _are_probabilities(output):
        raise DataError(
            "expected probabilities, since link=None, got rows that are negative or do not sum to "
            f"1, such as {_first_odd(output)}; give link='softmax' if they are logits or their "
            "logarithms, or a `forward` that returns None if there are no classes"
        )
    return (
        _unbroken(output.float().softmax(dim=-1), output) if link == "softmax" else output.float()
    )


def _unbroken(found: Tensor, output: Tensor) -> Tensor:
    """Return distributions (..., C) of outputs as they are; rows of NaN stand for no answer.

    Raises:
        DataError: a row became NaN of an output that is not NaN throughout, and so is an answer.
    """
    broken = found.isnan().any(dim=-1) & ~output.isnan().all(dim=-1)
    if bool(broken.any()):
        raise DataError(
            "outputs: expected finite logits (minus infinity for a class that cannot be, NaN "
            f"throughout for no answer), got NaN or infinity in {int(broken.sum())} of "
            f"{broken.numel()} answers of a batch; look at the network's weights and inputs, and "
            "at its range where it computes in half precision"
        )
    return found


def warn_if_squeezed_twice(output: Tensor, link: Link) -> None:
    """Warn of outputs (..., C) that are probabilities already, and would be made such again."""
    if bool(output.isnan().all()):
        return
    if link == "softmax" and output.shape[-1] > 1 and _are_probabilities(output):
        warnings.warn(
            "the outputs are probabilities already (none negative, each row sums to 1), and "
            "link='softmax' squeezes them a second time; give link=None",
            RecordingWarning,
            stacklevel=2,
        )
    if link == "sigmoid" and output.numel() >= ENOUGH and _within(output):
        warnings.warn(
            "all outputs lie between 0 and 1, so that link='sigmoid' accepts every time; if they "
            "are probabilities already, give link=None and a `forward` that returns both: "
            "torch.stack([1 - p, p], dim=-1)",
            RecordingWarning,
            stacklevel=2,
        )


def _are_probabilities(output: Tensor) -> bool:
    return bool((_oddity(output) <= _tolerance(output)).all())


def _oddity(output: Tensor) -> Tensor:
    """Return how far each row (..., C) is from a distribution; one of NaN, no answer, is not."""
    rows = output.detach().float()
    sums = (rows.sum(dim=-1) - 1).abs()
    oddity = torch.maximum(sums, -rows.amin(dim=-1)).nan_to_num(nan=torch.inf)
    return oddity.masked_fill(rows.isnan().all(dim=-1), 0.0)


def _first_odd(output: Tensor) -> list[float]:
    odd = _oddity(output) > _tolerance(output)
    row: list[float] = output.detach().float()[odd][0][:4].tolist()
    return [round(number, 4) for number in row]


def _tolerance(output: Tensor) -> float:
    return max(SUM_TOLERANCE, 4 * torch.finfo(output.dtype).eps)


def _within(output: Tensor) -> bool:
    return bool(((output >= 0) & (output <= 1)).all())
