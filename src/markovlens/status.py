"""How a number came about: the one closed vocabulary of every table with a column `status`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import pandas as pd

from markovlens.errors import DataError


class Status(StrEnum):
    """What became of a row; the words why are in the column `reason`, empty where all is well."""

    OK = "ok"
    """The number is there, and rests on all that it should rest on."""
    PARTIAL = "partial"
    """The number is there, but some seeds have none."""
    NOT_CONVERGED = "not_converged"
    """A fit that was stopped at its bound of iterations, or because its likelihood fell; it is used
    like any other."""
    DROPPED = "dropped"
    """A fit that was given up because others did better; its numbers are those at that time."""
    DUPLICATE = "duplicate"
    """A budget whose machine was not kept: another budget gave one of the same size."""
    FAILED = "failed"
    """It was tried, and there is no number."""
    SKIPPED = "skipped"
    """It was not tried, because it means nothing here or cannot be asked."""


class Scope(StrEnum):
    """Whose a row is, in tables that have a row a seed and one for all of them."""

    SEED = "seed"
    NETWORK = "network"
    """Of all seeds of a (task, model); its cell in the column `seed` is empty."""


def check_statuses(table: pd.DataFrame, *, of: str) -> None:
    """Raise `DataError` unless the column `status` of a table, if it has one, is of `Status`.

    Args:
        table: about to be written.
        of: names the table in the message.
    """
    if "status" not in table:
        return
    unknown = sorted({str(value) for value in table["status"]} - set(Status))
    if unknown:
        raise DataError(
            f"{of}: expected a status of {', '.join(Status)}, got {', '.join(unknown[:3])}; "
            "words belong in the column `reason`"
        )


def of_seeds(missing: Sequence[tuple[str, str]], n_seeds: int) -> dict[str, str]:
    """Return status and reason of what is merged over seeds, of which some have no number.

    Args:
        missing: status and reason of each seed without a number.
        n_seeds: all that were tried.
    """
    if not missing:
        return {"status": Status.OK, "reason": ""}
    status, reason = missing[0]
    merged = Status(status) if len(missing) == n_seeds else Status.PARTIAL
    words = f"{len(missing)} of {n_seeds} seeds {status}: {reason}"
    return {"status": merged, "reason": words}
