"""What a network puts out: a distribution over classes, labels, values or a risk."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from markovlens.arrays import check_codes, check_distributions
from markovlens.errors import DataError

NO_TARGET = -1
TIME_AND_EVENT = 2  # columns of a risk's targets where times may be censored
HALF = 0.5  # a label is on above it; a pair without an order counts so much


class Output(StrEnum):
    """What the C columns of a network's outputs are."""

    DISTRIBUTION = "distribution"
    """Probabilities of C classes, of which one is right; each row sums to 1."""
    LABELS = "labels"
    """A probability for each of C labels, of which any number may be right."""
    VALUES = "values"
    """Real numbers, as of a regression or a forecast."""
    RISK = "risk"
    """One number of which only the order counts, as of a survival model: the higher, the sooner."""


ACCURACY = "accuracy"
VARIANCE, CONCORDANCE, LABEL = "variance_explained", "concordance", "balanced_agreement_label"
MEASURE_OF = {Output.VALUES: VARIANCE, Output.RISK: CONCORDANCE, Output.LABELS: LABEL}
"""By what answers of a kind that makes no decisions are judged."""
_COUNTING = "take a method that counts (hmm, hmm_input, gmm, kmeans, grid, lisor_k)"
_NO_DECISION = {
    Output.LABELS: "several labels at once are no decision between classes; look at one of them "
    f"alone, `trace.of_label(name)`, or {_COUNTING}",
    Output.VALUES: f"values are no decision between classes; {_COUNTING}, or let `forward` return "
    "probabilities of ranges of the value",
    Output.RISK: f"a risk is no decision between classes; {_COUNTING}, or let `forward` return "
    "probabilities of ranges of the risk",
}


def check_decides(output: Output) -> None:
    """Raise `DataError`, which says what to do, where outputs of this kind make no decision."""
    if output != Output.DISTRIBUTION:
        raise DataError(
            f"expected outputs that decide: {_NO_DECISION[output]}", page="needs-decisions"
        )


def check_machine_decides(output: Output) -> None:
    """Raise `DataError` for a machine whose answers, of this kind, are no decisions."""
    if output != Output.DISTRIBUTION:
        raise DataError(
            f"expected a machine that decides between classes, got one that answers with {output}: "
            "use `predict`, which gives its answers",
            page="needs-decisions",
        )


def check_outputs(outputs: np.ndarray, n_columns: int, output: Output) -> np.ndarray:
    """Return outputs (N, C) as they are; rows of NaN are steps without an output.

    Raises:
        DataError: a wrong number of columns, a row that is NaN in part or infinite, or one that is
            none of its kind.
    """
    if output == Output.DISTRIBUTION:
        return check_distributions(outputs, n_columns)
    if outputs.ndim != 2 or outputs.dtype.kind != "f" or outputs.shape[1] != n_columns:
        raise DataError(
            f"outputs: expected real numbers (N, {n_columns}), a column for each of the "
            f"{n_columns} names in `classes`, got {outputs.dtype} {outputs.shape}",
            page="wrong-outputs",
        )
    if output == Output.RISK and n_columns != 1:
        raise DataError(
            f"outputs: expected one risk, got {n_columns} columns; give one of them",
            page="wrong-outputs",
        )
    _check_rows(outputs, output)
    return outputs


def _check_rows(outputs: np.ndarray, output: Output) -> None:
    wrong = ~np.isfinite(outputs).all(axis=1) & ~np.isnan(outputs).all(axis=1)
    expected = "finite numbers"
    if output == Output.LABELS:
        wrong |= ((outputs < 0) | (outputs > 1)).any(axis=1)
        expected = "probabilities, each from 0 to 1"
    if wrong.any():
        row = int(wrong.argmax())
        shown = ", ".join(f"{value:.4g}" for value in outputs[row, :4])
        raise DataError(
            f"outputs: expected rows of {expected}, or wholly NaN (no output), got {wrong.sum()} "
            f"others, the first at row {row}: {shown}; look at the network's weights and inputs",
            page="not-a-distribution",
        )


def check_targets(targets: np.ndarray, n_columns: int | None, output: Output) -> np.ndarray:
    """Return what is right at each step, in the one form for outputs of this kind.

    Args:
        targets: of distributions int (N,), -1 where none is asked for; of labels int (N, C), 1 or
            0, -1 where unknown; of values float (N, C), NaN where unknown, one column may be (N,);
            of a risk float (N, 1), the higher the sooner, or (N, 2): time to the event, and 1 where
            it came or 0 where the time is censored. Of every kind integers of -1 alone for none.
        n_columns: C; None where it is not known.
        output: the kind.

    Raises:
        DataError: they are of another form.
    """
    if output == Output.DISTRIBUTION and targets.dtype.kind == "f":
        raise DataError(
            f"targets: expected classes, since outputs are a distribution, got {targets.dtype} "
            f"{targets.shape}; if they are values (regression, forecast), record with "
            "link='identity'; whole numbers become classes by `targets.astype(int)`, with -1 in "
            "place of NaN",
            page="wrong-targets",
        )
    if output == Output.DISTRIBUTION:
        nothing = f"{NO_TARGET} is no target, and others are columns of outputs"
        return check_codes("targets", targets, lowest=NO_TARGET, stop=n_columns, advice=nothing)
    if targets.dtype.kind in "iu" and (targets == NO_TARGET).all():
        empty = NO_TARGET if output == Output.LABELS else np.nan
        return np.full((len(targets), n_columns or 1), empty)
    found = targets[:, None] if targets.ndim == 1 else targets
    if output == Output.LABELS:
        _check_labels(found, n_columns)
    else:
        _check_numbers(found, n_columns, output)
    return found


def _check_labels(targets: np.ndarray, n_columns: int | None) -> None:
    fits = targets.dtype.kind in "iu" and n_columns in (None, targets.shape[1])
    if not fits or targets.min(initial=0) < NO_TARGET or targets.max(initial=0) > 1:
        raise DataError(
            f"targets: expected 1 or 0 for each label and -1 where it is unknown, int (N, "
            f"{n_columns}), got {targets.dtype} {targets.shape}",
            page="wrong-targets",
        )


def _check_numbers(targets: np.ndarray, n_columns: int | None, output: Output) -> None:
    widths = (1, TIME_AND_EVENT) if output == Output.RISK else (n_columns or targets.shape[1],)
    if targets.dtype.kind != "f" or targets.shape[1] not in widths:
        raise DataError(
            f"targets: expected real numbers (N, {' or '.join(map(str, widths))}), NaN where "
            f"unknown, got {targets.dtype} {targets.shape}",
            page="wrong-targets",
        )
    if np.isinf(targets).any():
        row = int(np.isinf(targets).any(axis=1).argmax())
        raise DataError(
            f"targets: expected finite numbers or NaN, got {targets[row]} at row {row}",
            page="wrong-targets",
        )
    if output == Output.RISK and targets.shape[1] == TIME_AND_EVENT:
        events = targets[~np.isnan(targets).any(axis=1), 1]
        if not np.isin(events, (0, 1)).all():
            raise DataError(
                "targets: expected time to the event, then 1 where it came and 0 where the time is "
                f"censored, got {events[~np.isin(events, (0, 1))][0]:g} in the second column",
                page="wrong-targets",
            )


def is_answered(outputs: np.ndarray) -> np.ndarray:
    """Return at which steps (N,) outputs (N, C) are an answer: a row with NaN is none."""
    return ~np.isnan(outputs).any(axis=1)


def left_out(count: int, total: int, what: str) -> str:
    """Say how many of some things are left out since a network did not answer; "" if none are.

    Put into states that it never reaches by itself, a network may compute numbers beyond the
    largest of its floats.
    """
    if not count:
        return ""
    return f"{count} of {total} {what} are left out: the network's answers there are not finite"


def numbers_of(targets: np.ndarray) -> np.ndarray:
    """Return targets (N, C) as real numbers, NaN where nothing is asked for."""
    if targets.dtype.kind == "f":
        return targets
    return np.where(targets == NO_TARGET, np.nan, targets).astype(np.float64)


def has_target(targets: np.ndarray) -> np.ndarray:
    """Return at which steps (N,) something is asked for, whatever kind the targets are of."""
    known = ~np.isnan(targets) if targets.dtype.kind == "f" else targets != NO_TARGET
    return known if known.ndim == 1 else known.any(axis=1)
