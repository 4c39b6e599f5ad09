"""Ragged sequences: one flat array and the length of each sequence, never padded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.arguments import with_known_settings
from markovlens.arrays import as_array, check_codes, check_names
from markovlens.channels import Channel, channels_of, named_channels
from markovlens.errors import DataError
from markovlens.spelling import code
from markovlens.tabular import listed


@with_known_settings
@dataclass(frozen=True, slots=True, repr=False)
class Sequences:
    """`lengths.size` sequences laid end to end.

    Attributes:
        values: the steps of all sequences: symbols, integers (N,), or rows, floats (N, D), of which
            NaN is a missing value. Floats (N,) are rows of one channel.
        lengths: int array (S,), the number of steps of each sequence, all at least 1.
        channels: what the D columns of rows are, each a `Channel` or a name; where nothing is said
            the names of a pandas table's columns, else x1, x2, ... Symbols have none.
    """

    values: np.ndarray
    lengths: np.ndarray
    channels: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        """Check once, here, what every other function relies on."""
        channels = named_channels(self.values, self.channels)
        values = _checked(as_array("values", self.values))
        lengths = check_lengths(self.lengths, n_steps=len(values))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "lengths", lengths)
        object.__setattr__(self, "channels", channels_of(values, channels, lengths))

    @classmethod
    def from_list(
        cls, sequences: Sequence[np.ndarray | Sequence], channels: tuple[Channel | str, ...] = ()
    ) -> Sequences:
        """Return `Sequences` from a list of arrays (T_i, ...) of one kind and trailing shape.

        Raises:
            DataError: no sequence, or sequences that do not fit together; text is for
                `from_strings`.
        """
        _refuse_text("a list of arrays", sequences)
        sequences = listed("arrays", sequences)
        if not sequences:
            said = "expected at least one sequence, got an empty list"
            raise DataError(said, page="nothing-there")
        for sequence in sequences:
            channels = tuple(named_channels(sequence, channels))
        arrays = [_part(number, sequence) for number, sequence in enumerate(sequences)]
        kinds = {(array.dtype.kind == "f", array.shape[1:]) for array in arrays}
        if len(kinds) > 1:
            shown = sorted({f"{array.dtype} (T, ...) of {array.shape[1:]}" for array in arrays})
            raise DataError(
                f"expected sequences of one kind and trailing shape, got {' and '.join(shown)}; "
                "integers are symbols, floats signals",
                page="wrong-shape",
            )
        lengths = np.array([len(array) for array in arrays])
        return cls(np.concatenate(arrays), lengths, channels)

    @classmethod
    def from_strings(
        cls, strings: Sequence[str | Sequence[str]], symbols: Sequence[str]
    ) -> Sequences:
        """Return `Sequences` of symbols, each as its place in `symbols`.

        Args:
            strings: each a text, read a character a symbol, or a list of tokens.
            symbols: the alphabet: names of the V symbols, a text for one character each.

        Raises:
            DataError: no string, an empty one, or a symbol that is not in the alphabet.
        """
        code_of = {name: code for code, name in enumerate(check_names("symbols", symbols))}
        if isinstance(strings, str):
            raise DataError(
                f"expected a list of strings, got {strings!r}; one string is [string]",
                page="wrong-kind",
            )
        tokens = [listed("symbols", string) for string in listed("strings", strings)]
        if not tokens:
            raise DataError(
                "expected a list of strings, got []; one string is [string]", page="nothing-there"
            )
        values = [
            code(symbol, code_of, number, place)
            for number, string in enumerate(tokens)
            for place, symbol in enumerate(string)
        ]
        return cls(np.array(values, dtype=np.int64), np.array([len(each) for each in tokens]))

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.lengths)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield each sequence as a view (T_i, ...)."""
        for start, length in zip(self.starts, self.lengths, strict=True):
            yield self.values[start : start + length]

    def __getitem__(self, which: slice) -> Sequences:
        """Return a part of the sequences, as a slice of a list; `select` takes numbers."""
        return self.select(sliced(which, len(self), "sequences"))

    def __repr__(self) -> str:
        """Return how many sequences and steps there are, and of what."""
        what = f"rows of {', '.join(map(str, self.channels))}" if self.channels else "symbols"
        return f"Sequences: {len(self)} of {self.n_steps} steps in all, {what}"

    @property
    def n_steps(self) -> int:
        """Number of steps N of all sequences together."""
        return len(self.values)

    @property
    def starts(self) -> np.ndarray:
        """Row (S,) at which each sequence begins."""
        return starts_of(self.lengths)

    @property
    def are_symbols(self) -> bool:
        """Whether the values are symbols, and no rows."""
        return _are_codes(self.values)

    @property
    def rows(self) -> np.ndarray:
        """The values as rows, float (N, D); raises `DataError` for symbols."""
        if not self.channels:
            got = f"{self.values.dtype} {self.values.shape}"
            said = f"expected rows of channels, floats (N, D), got {got}"
            raise DataError(said, page="wrong-dtype")
        return self.values.reshape(self.n_steps, -1).astype(np.float64, copy=False)

    def reversed(self) -> Sequences:
        """Return all sequences, each from its end, as the backward half of a network reads."""
        rows = np.repeat(self.starts + self.lengths - 1, self.lengths) - steps_of(self.lengths)
        return Sequences(self.values[rows], self.lengths, self.channels)

    def select(self, indices: np.ndarray) -> Sequences:
        """Return the sequences at `indices` (M,), in that order."""
        values = self.values[rows_of(self.lengths, indices)]
        return Sequences(values, self.lengths[np.asarray(indices)], self.channels)


_FOR_TEXT = "text is for `Sequences.from_strings(strings, symbols)`"


def _refuse_text(what: str, given: Any, where: str = "") -> None:
    if isinstance(given, str):
        said = f"expected {what}, got the text {given!r}{where}; {_FOR_TEXT}"
        raise DataError(said, page="wrong-kind")


def _checked(values: np.ndarray) -> np.ndarray:
    """Return values that are signals, or symbols (integers that are not negative)."""
    if values.dtype.kind in "US":
        raise DataError(
            f"expected integers or floats, got dtype {values.dtype}; {_FOR_TEXT}",
            page="wrong-dtype",
        )
    if values.dtype.kind not in "iuf":
        raise DataError(
            f"expected integers (symbols) or floats (signals), got dtype {values.dtype}; "
            "convert them, as with `values.astype(int)`",
            page="wrong-dtype",
        )
    return check_codes("symbols", values, stop=None) if _are_codes(values) else values


def _are_codes(values: np.ndarray) -> bool:
    return values.dtype.kind in "iu" and values.ndim == 1


def _part(number: int, sequence: np.ndarray | Sequence) -> np.ndarray:
    """Return one sequence of a list as an array."""
    _refuse_text("arrays", sequence, f" at {number}")
    array = as_array(f"sequence {number}", sequence)
    if not len(array):
        said = f"expected lengths of at least 1, got an empty sequence at {number}"
        raise DataError(said, page="nothing-there")
    return _checked(array)


def check_lengths(lengths: np.ndarray, *, n_steps: int) -> np.ndarray:
    """Return `lengths` as int64 (S,) after checking that they partition `n_steps` rows.

    Raises:
        DataError: no sequence, a length below 1, or a sum other than `n_steps`.
    """
    lengths = as_array("lengths", lengths)
    if lengths.ndim != 1 or not lengths.size:
        found = f"shape {lengths.shape}" if lengths.size else "none"
        said = f"expected a 1-d array of sequence lengths, got {found}"
        raise DataError(said, page="wrong-shape")
    if not np.issubdtype(lengths.dtype, np.integer):
        raise DataError(f"expected integer lengths, got dtype {lengths.dtype}", page="wrong-dtype")
    if lengths.min() < 1:
        place = int(lengths.argmin())
        what = "an empty sequence" if not lengths[place] else f"{lengths[place]}"
        said = f"expected lengths of at least 1, got {what} at {place}; leave it out"
        raise DataError(said, page="nothing-there")
    if lengths.sum() != n_steps:
        raise DataError(
            f"lengths sum to {lengths.sum()} but there are {n_steps} rows; "
            "give one length per sequence",
            page="counts-differ",
        )
    return lengths.astype(np.int64)


def sliced(which: slice, count: int, name: str) -> np.ndarray:
    """Return the places of a slice of so many sequences; raises `DataError` for a number."""
    if not isinstance(which, slice):
        raise DataError(
            f"expected a slice of {name}, as in {name}[:100], got {which!r}; "
            f"{name}.select([3, 7]) takes them by number",
            page="wrong-kind",
        )
    return np.arange(count)[which]


def starts_of(lengths: np.ndarray) -> np.ndarray:
    """Return the first row (S,) of each sequence."""
    return np.concatenate([[0], np.cumsum(lengths)[:-1]])


def steps_of(lengths: np.ndarray) -> np.ndarray:
    """Return the position (N,) of each row within its sequence, from 0."""
    return np.arange(lengths.sum()) - np.repeat(starts_of(lengths), lengths)


def rows_of(lengths: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return the rows of the sequences at `indices`, in that order.

    Raises:
        DataError: there is no such sequence, or none is asked for.
    """
    try:
        places = np.asarray(indices)
        chosen = lengths[places if places.size else places.astype(int)]
    except (IndexError, ValueError) as error:
        raise DataError(
            f"expected places of the {len(lengths)} sequences, counted from 0, got others "
            f"({error})",
            page="out-of-range",
        ) from error
    if chosen.ndim != 1:
        raise DataError(
            f"expected a list of places of the {len(lengths)} sequences, got {indices}; one of "
            "them is [3]",
            page="wrong-kind",
        )
    if not chosen.size:
        raise DataError(
            f"expected at least one sequence, got none of {len(lengths)}; take places from 0 to "
            f"{len(lengths) - 1}, as a slice up to [:{len(lengths)}] does",
            page="nothing-there",
        )
    return np.repeat(starts_of(lengths)[places], chosen) + steps_of(chosen)


def by_step(lengths: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for each step t, the sequences (S_t,) longer than t and their rows (S_t,) at t.

    A recursion over time then handles all sequences at once, and none is padded.
    """
    starts = starts_of(lengths)
    longest_first = np.argsort(-lengths, kind="stable")
    alive = np.searchsorted(-lengths[longest_first], -np.arange(lengths.max()), side="left")
    for step, count in enumerate(alive):
        active = longest_first[:count]
        yield active, starts[active] + step


def groups_of_one_length(lengths: np.ndarray) -> list[np.ndarray]:
    """Return the indices (G,) of the sequences of each length, shorter ones first."""
    order = np.argsort(lengths, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)


def batches_of_one_length(lengths: np.ndarray, batch_size: int = 256) -> Iterator[np.ndarray]:
    """Yield the indices (B,) of up to `batch_size` sequences of the same length, until all came."""
    for group in groups_of_one_length(lengths):
        yield from np.array_split(group, -(-len(group) // batch_size))
