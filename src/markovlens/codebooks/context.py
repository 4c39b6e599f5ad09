"""What of the past a row is read with: itself, its change, or the rows before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.arguments import check_choice, check_whole
from markovlens.channels import Channel
from markovlens.errors import ConfigError
from markovlens.sequences import Sequences, steps_of

ROW, CHANGE, WINDOW = "row", "change", "window"
KINDS = (ROW, CHANGE, WINDOW)


@dataclass(frozen=True, slots=True)
class Context:
    """How rows become features.

    Before the first row of a sequence stand rows like it: there nothing has changed yet.

    Attributes:
        kind: `row`, the row alone; `change`, the row and its difference to the one before;
            `window`, the row and those before it.
        n_rows: rows of a window, this one counted.
    """

    kind: str = ROW
    n_rows: int = 2

    def __post_init__(self) -> None:
        """Check the kind and the number."""
        check_choice("context", self.kind, KINDS)
        check_whole("n_rows", self.n_rows, least=1)

    @classmethod
    def named(cls, name: str) -> Context:
        """Return the context of a name: `row`, `change`, `window_3` of three rows, and so on."""
        kind, _, number = str(name).partition("_")
        found = cls(kind, int(number)) if number.isdecimal() else cls(name)
        if str(found) != name:
            raise ConfigError(
                f"context: expected row, change, or window_3 of three rows, got {name!r}; windows "
                "alone have a number of rows, and need one",
                page="unknown-name",
            )
        return found

    def __str__(self) -> str:
        """Return its name."""
        return f"{WINDOW}_{self.n_rows}" if self.kind == WINDOW else self.kind

    def features(self, inputs: Sequences) -> np.ndarray:
        """Return the features, float (N, F), of rows (N, D), missing where one of them is."""
        rows = inputs.rows
        if self.kind == ROW:
            return rows
        before = [_earlier(rows, inputs.lengths, back) for back in range(1, self._reach + 1)]
        return np.hstack([rows, rows - before[0]] if self.kind == CHANGE else [rows, *before])

    def names(self, channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
        """Return what the features are, as channels of their own."""
        if self.kind == ROW:
            return channels
        if self.kind == CHANGE:
            return channels + tuple(
                replace(each, name=f"change of {each.name}", levels=()) for each in channels
            )
        steps = ["1 step", *(f"{back} steps" for back in range(2, self._reach + 1))]
        return channels + tuple(
            replace(each, name=f"{each.name} {step} before")
            for step in steps[: self._reach]
            for each in channels
        )

    @property
    def _reach(self) -> int:
        return 1 if self.kind == CHANGE else self.n_rows - 1


def _earlier(rows: np.ndarray, lengths: np.ndarray, back: int) -> np.ndarray:
    """Return the row `back` steps before each, the first row of the sequence where none is."""
    step = steps_of(lengths)
    earlier: np.ndarray = rows[np.arange(len(rows)) - np.minimum(step, back)]
    return earlier
