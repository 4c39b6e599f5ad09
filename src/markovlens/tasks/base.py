"""What a task is: sequences with targets in three splits and, where it is known, the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.arguments import with_known_settings
from markovlens.arrays import check_codes
from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.keyed import with_keys
from markovlens.machines.machine import Machine
from markovlens.machines.words import shown
from markovlens.outputs import Output, check_targets, has_target
from markovlens.sequences import Sequences, rows_of, steps_of
from markovlens.trace import NO_TARGET

SPLITS = ("train", "valid", "test")


@with_known_settings
@dataclass(frozen=True, slots=True, repr=False)
class Split:
    """Sequences of one split.

    Attributes:
        inputs: symbols, `Sequences` of int (N,), or rows of channels, float (N, D).
        targets: int (N,), the right class after each step, -1 where none is asked for; of labels,
            values and a risk (N, C), as `outputs.check_targets` says, which a `Task` makes of (N,).
        truth: int (N,), the true latent state after each step, -1 throughout where unknown.
    """

    inputs: Sequences
    targets: np.ndarray
    truth: np.ndarray

    def __post_init__(self) -> None:
        """Check that targets and truth have a row for each step."""
        for name in ("targets", "truth"):
            if len(getattr(self, name)) != self.inputs.n_steps:
                raise DataError(
                    f"expected {self.inputs.n_steps} {name}, got {len(getattr(self, name))}",
                    page="counts-differ",
                )

    def __repr__(self) -> str:
        """Return what is read, and at how many steps something is asked for."""
        return f"Split: {self.inputs!r}, asked at {has_target(self.targets).sum()}"

    def select(self, indices: np.ndarray) -> Split:
        """Return the sequences at `indices` (M,), in that order."""
        rows = rows_of(self.inputs.lengths, indices)
        return Split(self.inputs.select(indices), self.targets[rows], self.truth[rows])

    def head(self, length: int) -> Split:
        """Return the first `length` steps of each sequence, all of those that are shorter."""
        rows = steps_of(self.inputs.lengths) < length
        lengths = np.minimum(self.inputs.lengths, length)
        inputs = Sequences(self.inputs.values[rows], lengths, self.inputs.channels)
        return Split(inputs, self.targets[rows], self.truth[rows])


@dataclass(frozen=True, slots=True)
class Source:
    """A hidden Markov source that writes the inputs; `tasks.markov` has its exact Bayes filter.

    Attributes:
        initial: (K,), distribution of the latent state that writes the first symbol.
        transition: (K, K), rows sum to 1.
        emission: (K, V), distribution of the symbol each latent state writes.
    """

    initial: np.ndarray
    transition: np.ndarray
    emission: np.ndarray


@with_keys(splits="splits")
@with_known_settings
@dataclass(frozen=True, slots=True, repr=False)
class Task:
    """A problem that networks are trained on or judged by.

    Attributes:
        name: as in the config.
        family: `formal`, `markov`, `sentiment` or `pronunciation`.
        symbols: names of the V input symbols, none where the inputs are rows.
        classes: names of the C output classes, labels or values; a value's holds its unit.
        splits: `train`, `valid`, `test`.
        gate: what a network must reach on validation data to count as trained: accuracy, of other
            kinds of output their measure (`outputs.MEASURE_OF`).
        machine: the true minimal machine, None where there is none or it is unknown.
        source: the hidden Markov source, None for the other tasks.
        channels: what the D columns of rows are, none where the inputs are symbols.
        output: what is asked for: one of the classes, labels, values or a risk.
        horizon: steps by which what is asked for lies ahead of the step it is asked at; 0 where it
            is of the step itself.
    """

    name: str
    family: str
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    splits: dict[str, Split]
    gate: float
    machine: Machine | None = None
    source: Source | None = None
    channels: tuple[Channel, ...] = ()
    output: Output = Output.DISTRIBUTION
    horizon: int = 0

    def __repr__(self) -> str:
        """Return its name, what is asked of what, and how many sequences a split has."""
        read = ", ".join(map(str, self.channels)) or f"{len(self.symbols)} symbols"
        sizes = ", ".join(f"{len(part.inputs)} {name}" for name, part in self.splits.items())
        return f"Task: {self.name}, {self.output} {shown(self.classes)} of {read}; {sizes}"

    def __post_init__(self) -> None:
        """Check that the three splits are there, and that all in them has a name."""
        if tuple(self.splits) != SPLITS:
            raise DataError(
                f"expected the splits {SPLITS}, got {tuple(self.splits)}", page="unknown-name"
            )
        for split, part in self.splits.items():
            where = f"task {self.name}, split {split}"
            self._check_inputs(where, part.inputs)
            asked = self._targets_in_form(where, part.targets)
            if asked is not part.targets:
                splits = self.splits | {split: replace(part, targets=asked)}
                object.__setattr__(self, "splits", splits)

    def _targets_in_form(self, where: str, targets: np.ndarray) -> np.ndarray:
        try:
            return check_targets(targets, len(self.classes), self.output)
        except DataError as error:
            raise DataError(f"{where}: {error}", page=error.page) from error

    def _check_inputs(self, where: str, inputs: Sequences) -> None:
        if inputs.channels != self.channels:
            raise DataError(
                f"{where}: expected {_named(self.channels)}, got {_named(inputs.channels)}; give "
                "the task the channels of its splits",
                page="unknown-name",
            )
        if self.channels and self.symbols:
            raise DataError(
                f"task {self.name}: expected symbols or channels, got both; a stream of symbols "
                "beside channels is a channel with `levels`",
                page="channels-differ",
            )
        if not self.channels:
            check_codes(f"{where}: symbols", inputs.values, stop=len(self.symbols))


def no_targets(n_steps: int) -> np.ndarray:
    """Return a column (N,) that says at each step: unknown or not asked for."""
    return np.full(n_steps, NO_TARGET, dtype=np.int32)


def split_generators(seeds: np.random.SeedSequence) -> dict[str, np.random.Generator]:
    """Return a random generator of its own for each split, so that no split depends on another."""
    children = seeds.spawn(len(SPLITS))
    return {
        split: np.random.default_rng(child) for split, child in zip(SPLITS, children, strict=True)
    }


def choose(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one index (M,) a row of `weights` (M, C), drawn in proportion to that row."""
    reached = np.cumsum(weights, axis=1)
    # Divided by the last, so that rounding leaves no gap below 1 into which a draw could fall.
    reached /= reached[:, -1:]
    return (rng.random((len(weights), 1)) >= reached).sum(axis=1)


def _named(channels: tuple[Channel, ...]) -> str:
    return f"rows of {', '.join(map(str, channels))}" if channels else "symbols"
