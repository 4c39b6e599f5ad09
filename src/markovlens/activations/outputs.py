"""What a network puts out, as distributions over classes, labels, values or a risk."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from markovlens.errors import DataError, RecordingWarning, warn
from markovlens.outputs import Output

Link = Literal["softmax", "sigmoid", "identity", "rank", "classes"] | None
LINK_OF: dict[Output, Link] = {
    Output.DISTRIBUTION: "classes",
    Output.LABELS: "sigmoid",
    Output.VALUES: "identity",
    Output.RISK: "rank",
}
"""What a network's raw outputs mean where a task has said what is asked."""
LINKS = ("softmax", "sigmoid", "identity", "rank", "classes", None)
ONE_COLUMN = (
    "for a single logit give link='sigmoid', for a real number (regression, forecast) "
    "link='identity', for a risk of which the order alone counts link='rank'"
)

SUM_TOLERANCE = 1e-3  # of probabilities that were computed in float32
CERTAIN = 16.0  # nats between logits, beyond which float32 knows no other class
ENOUGH = 16  # answers, all in 0..1, that are hardly logits


def output_of(link: Link, n_columns: int) -> Output:
    """Return what outputs of so many columns are under a link.

    Raises:
        DataError: an unknown link, or one that does not go with so many columns.
    """
    if link not in LINKS:
        raise DataError(
            f"link: expected {', '.join(map(str, LINKS))}, got {link!r}", page="unknown-name"
        )
    link = _settled(link, n_columns)
    if link in ("softmax", None) and n_columns == 1:
        raise DataError(
            f"expected an output for each of two classes or more, got one; {ONE_COLUMN}; else let "
            "`forward` return None",
            page="wrong-outputs",
        )
    if link == "rank" and n_columns != 1:
        raise DataError(
            f"expected one output, a risk, got {n_columns}; let `forward` return one of them, or "
            "give link='identity' for several values",
            page="wrong-outputs",
        )
    if link == "sigmoid" and n_columns > 1:
        return Output.LABELS
    return {"identity": Output.VALUES, "rank": Output.RISK}.get(str(link), Output.DISTRIBUTION)


def _settled(link: Link, n_columns: int) -> Link:
    """Return what `classes` is for so many columns: one alone can only be a single logit."""
    if link != "classes":
        return link
    return "sigmoid" if n_columns == 1 else "softmax"


def linked(output: Tensor, link: Link) -> Tensor:
    """Return what the network says, (..., C), of its outputs by a link.

    They are distributions (of a single logit over two classes), a probability for each label, or
    the numbers themselves.

    Raises:
        DataError: as `output_of`; logits that are NaN or infinite, values that are infinite or NaN
            in part, or numbers that are no probabilities though `link` is None.
    """
    kind = output_of(link, output.shape[-1])
    link = _settled(link, output.shape[-1])
    if kind in (Output.VALUES, Output.RISK):
        return _finite(output)
    if link == "sigmoid":
        accepted = output.float().sigmoid()
        both = accepted if kind == Output.LABELS else torch.cat([1 - accepted, accepted], dim=-1)
        return _unbroken(both, output)
    if link is None and not _are_probabilities(output):
        raise DataError(
            "expected probabilities, since link=None, got rows that are negative or do not sum to "
            f"1, such as {_first_odd(output)}; give link='softmax' if they are logits or their "
            "logarithms, link='sigmoid' for the logits of several labels (of their probabilities "
            "`torch.logit`), link='identity' if they are values, or a `forward` that returns None "
            "if there are no classes",
            page="not-a-distribution",
        )
    return (
        _unbroken(output.float().softmax(dim=-1), output) if link == "softmax" else output.float()
    )


def answered(output: Tensor, link: Link) -> Tensor:
    """Return what `linked` does, NaN throughout where that would refuse NaN or infinity.

    Of a network that is put into states of somebody's making, where its numbers may overflow, an
    answer that is none is no reason to ask no more.

    Raises:
        DataError: as `linked`, but for rows that are not finite.
    """
    broken = _is_broken(output, _settled(link, output.shape[-1]))
    if not bool(broken.any()):
        return linked(output, link)
    return linked(output.masked_fill(broken[..., None], torch.nan), link)


def _is_broken(output: Tensor, link: Link) -> Tensor:
    """Return which rows (...) of outputs (..., C) make no answer: minus infinity is a logit."""
    if link == "softmax":
        return output.float().softmax(dim=-1).isnan().any(dim=-1)
    if link == "sigmoid":
        return output.isnan().any(dim=-1)
    return ~output.isfinite().all(dim=-1)


def _finite(output: Tensor) -> Tensor:
    """Return values (..., C) as they are; rows of NaN stand for no answer.

    Raises:
        DataError: one is infinite, or a row is NaN in part.
    """
    found = output.float()
    broken = ~found.isfinite().all(dim=-1) & ~found.isnan().all(dim=-1)
    if bool(broken.any()):
        raise DataError(
            "outputs: expected finite numbers (NaN throughout for no answer), got NaN or infinity "
            f"in {int(broken.sum())} of {broken.numel()} answers of a batch; look at the network's "
            "weights and inputs, and at its range where it computes in half precision",
            page="network-gives-nan",
        )
    return found


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
            "at its range where it computes in half precision",
            page="network-gives-nan",
        )
    return found


def warn_if_squeezed_twice(output: Tensor, link: Link) -> None:
    """Warn of outputs (..., C) that are probabilities already, and would be made such again."""
    if bool(output.isnan().all()):
        return
    link = _settled(link, output.shape[-1])
    if link == "softmax" and output.shape[-1] > 1 and _are_probabilities(output):
        warn(
            "the outputs are probabilities already (none negative, each row sums to 1), and "
            "link='softmax' squeezes them a second time; give link=None",
            RecordingWarning,
        )
    if link == "softmax" and _is_certain(output):
        some = ", ".join(f"{value:.4g}" for value in output.flatten(0, -2)[0, :4].tolist())
        warn(
            f"as logits the outputs (such as {some}) make one and the same class certain at every "
            "step; if they are values (regression, forecast), give link='identity'",
            RecordingWarning,
        )
    if link == "sigmoid" and output.numel() >= ENOUGH and _within(output):
        both = "link=None and a `forward` that returns both: torch.stack([1 - p, p], dim=-1)"
        advice = both if output.shape[-1] == 1 else "a `forward` that returns torch.logit(p)"
        warn(
            "all outputs lie between 0 and 1, so that link='sigmoid' accepts every time; if they "
            f"are probabilities already, give {advice}",
            RecordingWarning,
        )


def _is_certain(output: Tensor) -> bool:
    """Return whether logits (..., C) leave one class alone any chance, the same one throughout."""
    rows = output.detach().float().flatten(0, -2)
    if rows.shape[1] < 2 or len(rows) < ENOUGH or not bool(rows.isfinite().all()):
        return False
    best = rows.topk(2, dim=1)
    apart = best.values[:, 0] - best.values[:, 1]
    return bool((apart > CERTAIN).all() and (best.indices[:, 0] == best.indices[0, 0]).all())


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
