"""What was recorded from a network while it read sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.errors import DataError
from markovlens.sequences import Sequences, check_lengths, rows_of

NO_TARGET = -1


@dataclass(frozen=True, slots=True)
class Trace:
    """Activations of one layer, with all that happened at the same steps.

    Attributes:
        states: float (N, D), the hidden state after each step.
        inputs: int (N,), the symbol read at each step.
        outputs: float (N, C), the network's output distribution after each step; a row of NaN
            where the network gives no output.
        targets: int (N,), the right class at each step, -1 where the task asks for none.
        truth: int (N,), the true latent state after each step, -1 throughout where unknown.
        lengths: int (S,), steps of each sequence.
        symbols: names of the V input symbols.
        classes: names of the C output classes.
    """

    states: np.ndarray
    inputs: np.ndarray
    outputs: np.ndarray
    targets: np.ndarray
    truth: np.ndarray
    lengths: np.ndarray
    symbols: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that all arrays have a row for each step and that no activation is missing."""
        n_steps = len(self.states)
        for name in ("inputs", "outputs", "targets", "truth"):
            if len(getattr(self, name)) != n_steps:
                raise DataError(
                    f"expected {n_steps} rows of {name}, got {len(getattr(self, name))}"
                )
        object.__setattr__(self, "lengths", check_lengths(self.lengths, n_steps=n_steps))
        bad = ~np.isfinite(self.states).all(axis=-1)
        if bad.any():
            raise DataError(
                f"expected finite activations, got {bad.sum()} steps with NaN or infinity, "
                f"the first at row {bad.argmax()}; look at the network's weights and inputs"
            )

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.lengths)

    @property
    def n_steps(self) -> int:
        """Number of steps N."""
        return len(self.states)

    @property
    def sequences(self) -> Sequences:
        """The inputs as `Sequences`."""
        return Sequences(self.inputs, self.lengths)

    @property
    def has_output(self) -> np.ndarray:
        """Bool (N,), whether the network gave an output at that step."""
        return ~np.isnan(self.outputs[:, 0])

    @property
    def decisions(self) -> np.ndarray:
        """Int (N,), the network's most likely class, -1 where it gives no output."""
        chosen = np.nan_to_num(self.outputs, nan=-1.0).argmax(-1)
        return np.where(self.has_output, chosen, NO_TARGET)

    @property
    def knows_truth(self) -> bool:
        """Whether the task knows its latent state."""
        return bool((self.truth >= 0).any())

    def select(self, indices: np.ndarray) -> Trace:
        """Return the trace of the sequences at `indices` (M,), in that order."""
        rows = rows_of(self.lengths, np.asarray(indices))
        parts = {
            name: getattr(self, name)[rows]
            for name in ("states", "inputs", "outputs", "targets", "truth")
        }
        return replace(self, **parts, lengths=self.lengths[indices])
