"""What was recorded from a network while it read sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from markovlens.arguments import with_known_settings
from markovlens.arrays import as_array, check_codes, check_names, check_numbers
from markovlens.channels import Channel, channels_of
from markovlens.errors import DataError
from markovlens.outputs import NO_TARGET as NO_TARGET
from markovlens.outputs import (
    Output,
    check_decides,
    check_outputs,
    check_targets,
    has_target,
)
from markovlens.sequences import Sequences, check_lengths, rows_of, sliced
from markovlens.spelling import count, inflected

COLUMNS = ("inputs", "outputs", "targets", "truth")  # beside the states
NAMES = ("symbols", "classes", "channels", "output", "origin")  # what is the same at all steps

ASSUMED = "assumed"  # key of an origin: what was not said and is taken as usual
_COUNTED = {
    Output.DISTRIBUTION: ("class", "classes"),
    Output.LABELS: ("label", "labels"),
    Output.VALUES: ("value", "values"),
    Output.RISK: ("risk", "risks"),
}


@with_known_settings
@dataclass(frozen=True, slots=True, repr=False)
class Trace:
    """Activations of one layer, with all that happened at the same steps.

    Lists and torch tensors are taken as arrays.

    Attributes:
        states: float (N, D), the hidden state after each step.
        inputs: int (N,), the symbol read at each step, 0 .. V-1; what is unknown is a symbol of
            its own. Rows are floats (N, D), and then there are `channels` in place of `symbols`.
        outputs: float (N, C), the network's output after each step, of the kind `output`; a row of
            NaN where the network gives no output.
        targets: what is right at each step: int (N,), the class, -1 where the task asks for none;
            of other kinds of output as `outputs.check_targets` says.
        truth: int (N,), the true latent state after each step, -1 throughout where unknown.
        lengths: int (S,), steps of each sequence.
        symbols: names of the V input symbols.
        classes: names of the C output classes, labels or values; a name may hold a unit.
        channels: what the D columns of rows are, as in `Sequences`.
        output: what the outputs are: a distribution over classes, labels, values or a risk.
        origin: of what it is a recording, as far as is known: `network`, `layer`, `link`, and of a
            run's file `task`, `model` and `seed`. Traces of other origins are not mixed.
    """

    states: np.ndarray
    inputs: np.ndarray
    outputs: np.ndarray
    targets: np.ndarray
    truth: np.ndarray
    lengths: np.ndarray
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    channels: tuple[Channel, ...] = ()
    output: Output = Output.DISTRIBUTION
    origin: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that all arrays have a row for each step, and that each code has a name."""
        for name in ("states", *COLUMNS):
            object.__setattr__(self, name, as_array(name, getattr(self, name)))
        for name in ("symbols", "classes"):
            object.__setattr__(self, name, check_names(name, getattr(self, name)))
        n_steps = len(self.states)
        for name in COLUMNS:
            if len(getattr(self, name)) != n_steps:
                raise DataError(
                    f"expected {n_steps} rows of {name}, got {len(getattr(self, name))}",
                    page="counts-differ",
                )
        object.__setattr__(self, "lengths", check_lengths(self.lengths, n_steps=n_steps))
        self._check_codes()
        channels = channels_of(self.inputs, self.channels, self.lengths)
        object.__setattr__(self, "channels", channels)
        _check_states(self.states)

    def _check_codes(self) -> None:
        if self.inputs.ndim == 1 and (self.symbols or self.inputs.dtype.kind != "f"):
            check_codes("inputs", self.inputs, stop=len(self.symbols))
        object.__setattr__(self, "output", Output(self.output))
        check_outputs(self.outputs, len(self.classes), self.output)
        # Classes are the outputs'; of a network without any, none is known.
        n_columns = len(self.classes) if self.has_output.any() else None
        targets = check_targets(self.targets, n_columns, self.output)
        object.__setattr__(self, "targets", targets)
        check_codes("truth", self.truth, lowest=-1, stop=None, advice="-1 is an unknown state")

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.lengths)

    def __getitem__(self, which: slice) -> Trace:
        """Return a part of the sequences, as a slice of a list; `select` takes numbers."""
        return self.select(sliced(which, len(self), "traces"))

    def __repr__(self) -> str:
        """Return its sequences, the width of its states, what is read and what is answered."""
        read = ", ".join(map(str, self.channels)) or count(len(self.symbols), "symbol")
        return (
            f"Trace: {len(self)} {inflected(len(self), 'sequence')} of {self.n_steps} "
            f"{inflected(self.n_steps, 'step')} in all, states of {self.states.shape[1]} "
            f"{inflected(self.states.shape[1], 'number')}, reads {read}, {self._answers}"
        )

    @property
    def _answers(self) -> str:
        """What is answered, in words, and at how many steps."""
        if not self.has_output.any():
            return "answers nothing"
        answered = int(self.has_output.sum())
        meant = ", its outputs taken as logits" if self.origin.get(ASSUMED) == "link" else ""
        said = count(len(self.classes), *_COUNTED[self.output])
        return f"answers {said} at {answered} {inflected(answered, 'step')}{meant}"

    @property
    def n_steps(self) -> int:
        """Number of steps N."""
        return len(self.states)

    @property
    def reads_symbols(self) -> bool:
        """Whether the inputs are symbols, and no signals."""
        return self.inputs.ndim == 1 and self.inputs.dtype.kind in "iu"

    @property
    def sequences(self) -> Sequences:
        """The inputs as `Sequences`."""
        return Sequences(self.inputs, self.lengths, self.channels)

    @property
    def has_output(self) -> np.ndarray:
        """Bool (N,), whether the network gave an output at that step."""
        return ~np.isnan(self.outputs[:, 0])

    @property
    def has_target(self) -> np.ndarray:
        """Bool (N,), whether something is asked for at that step."""
        return has_target(self.targets)

    @property
    def decisions(self) -> np.ndarray:
        """Int (N,), the network's most likely class, -1 where it gives no output.

        Raises:
            DataError: its outputs are no distributions over classes.
        """
        check_decides(self.output)
        chosen = np.nan_to_num(self.outputs, nan=-1.0).argmax(-1)
        return np.where(self.has_output, chosen, NO_TARGET)

    @property
    def knows_truth(self) -> bool:
        """Whether the task knows its latent state."""
        return bool((self.truth >= 0).any())

    def select(self, indices: np.ndarray) -> Trace:
        """Return the trace of the sequences at `indices` (M,), in that order."""
        rows = rows_of(self.lengths, indices)
        parts = {name: getattr(self, name)[rows] for name in ("states", *COLUMNS)}
        return replace(self, **parts, lengths=self.lengths[np.asarray(indices)])

    def of_label(self, name: str) -> Trace:
        """Return the trace of one of several labels, as a decision between `not NAME` and `NAME`.

        Raises:
            DataError: the outputs are no labels, or there is none of this name.
        """
        if self.output != Output.LABELS or name not in self.classes:
            raise DataError(
                f"expected one of the labels of a trace, got {name!r} for {self.output} of "
                f"{', '.join(self.classes)}",
                page="unknown-name",
            )
        column = self.classes.index(name)
        given = self.outputs[:, column]
        return replace(
            self,
            outputs=np.stack([1 - given, given], axis=1),
            targets=self.targets[:, column],
            classes=(f"not {name}", name),
            output=Output.DISTRIBUTION,
        )


def _check_states(states: np.ndarray) -> None:
    if states.ndim != 2:
        raise DataError(
            f"expected states (N, D), a row for each step of all sequences, got {states.shape}",
            page="wrong-shape",
        )
    bad = ~np.isfinite(check_numbers("states", states)).all(axis=-1)
    if bad.any():
        raise DataError(
            f"expected finite activations, got {bad.sum()} steps with NaN or infinity, "
            f"the first at row {bad.argmax()}; look at the network's weights and inputs",
            page="not-finite",
        )


def joined(traces: Sequence[Trace]) -> Trace:
    """Return the sequences of several traces of one network, one trace after another."""
    parts: dict[str, Any] = {
        name: np.concatenate([getattr(trace, name) for trace in traces])
        for name in ("states", "lengths", *COLUMNS)
    }
    return replace(traces[0], **parts)
