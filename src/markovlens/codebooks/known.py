"""What a codebook knows of its channels: which values it was made on, and what lies far outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.populations import Population, Sample, others
from markovlens.errors import EvidenceWarning, warn
from markovlens.sequences import Sequences

WIDER = 0.1  # of its width that a range is widened on either side before a value is outside
FEW = 0.05  # share of rows that may be: of 40 values of one law 2 / 41 lie outside those before
OF_CODES = "what the codes of such rows stand for is not known"
Book = TypeVar("Book", bound=Codebook)


@dataclass(frozen=True, slots=True)
class Known:
    """What one channel held where a codebook was made.

    Attributes:
        low, high: the least and the largest value; None of a channel that was always missing.
        missing: whether values were missing.
        population: how the values were spread; None of categories, of constants, and where a file
            is older.
    """

    low: float | None
    high: float | None
    missing: bool
    population: Population | None = None

    @classmethod
    def of(cls, column: np.ndarray) -> Known:
        """Return what a column (N,) holds, NaN being missing."""
        absent = np.isnan(column)
        if absent.all():
            return cls(None, None, missing=True)
        return cls(float(np.nanmin(column)), float(np.nanmax(column)), bool(absent.any()))

    @property
    def bounds(self) -> tuple[float, float]:
        """Between which a value is nothing new; of a channel that was always missing no value is.

        A channel that was constant is bounded by a tenth of its value.
        """
        if self.low is None or self.high is None:
            return np.inf, -np.inf
        margin = WIDER * ((self.high - self.low) or abs(self.low))
        return self.low - margin, self.high + margin

    def is_left(self, low: float, high: float, absent: bool) -> bool:
        """Return whether a column's least and largest value, or that some are missing, is new."""
        least, most = self.bounds
        return low < least or high > most or (absent and not self.missing)

    def __str__(self) -> str:
        """Return the range in words."""
        return f"{self.low:.4g} to {self.high:.4g}"


def known_to_plain(known: Sequence[Known]) -> list[dict[str, Any]]:
    """Return what is known as plain values, as files keep it."""
    return [asdict(each) for each in known]


def known_from_plain(plain: Sequence[Mapping[str, Any]]) -> tuple[Known, ...]:
    """Return what `known_to_plain` wrote."""
    return tuple(
        Known(**{**each, "population": Population.from_plain(each.get("population"))})
        for each in plain
    )


def with_known(codebook: Book, inputs: Sequences) -> Book:
    """Return a codebook that keeps which values each channel had in the rows it was made on.

    One that knows already, or is of a kind of your own without a field `known`, stays as it is.
    """
    if getattr(codebook, "known", None) != ():
        return codebook
    sample = Sample.of(inputs)
    known = tuple(
        replace(
            Known.of(inputs.rows[:, column]),
            population=None if channel.levels else Population.of(sample, column),
        )
        for column, channel in enumerate(inputs.channels)
    )
    return replace(codebook, known=known)  # type: ignore[type-var]


def known_of(codebook: Codebook) -> tuple[Known | None, ...]:
    """Return what a codebook knows of each of its channels; None where it does not say."""
    return getattr(codebook, "known", ()) or (None,) * len(codebook.channels)


def warn_of_unknown(codebook: Codebook, inputs: Sequences, consequence: str = OF_CODES) -> None:
    """Warn of channels whose values are unlike those that the codebook was made on.

    So are rows in other units, or with their channels in another order: their codes say nothing.
    Values lie far outside where they are beyond the known range by a tenth of its width, in more
    than a twentieth of the rows. Values inside it may be spread otherwise, see `populations`: that
    is seen on some ten sequences or more, and where most values lie elsewhere. It is not seen of
    fewer, of rows one by one, of channels that were swapped and are spread alike, of a sign that
    was turned about a middle of 0, or of an offset smaller than the spread. Categories are not
    looked at.

    Warns:
        EvidenceWarning: there are such channels, or ones that are missing and never were.
    """
    rows = inputs.rows
    if not getattr(codebook, "known", ()):
        return
    ends = np.fmin.reduce(rows), np.fmax.reduce(rows), np.isnan(rows.sum(axis=0))
    said = {
        column: _unknown(channel, known, np.ascontiguousarray(rows[:, column]))
        for column, (channel, known, low, high, absent) in enumerate(
            zip(codebook.channels, known_of(codebook), *ends, strict=True)
        )
        if known is not None and known.is_left(low, high, absent)
    }
    said |= _spread_otherwise(codebook, inputs, but=[each for each in said if said[each]])
    if any(said.values()):
        warn_of("; ".join(filter(None, said.values())), consequence)


def _spread_otherwise(codebook: Codebook, inputs: Sequences, but: Sequence[int]) -> dict[int, str]:
    """Return in words, by column, which channels are spread otherwise than they were."""
    known = [
        None if each is None or column in but else each.population
        for column, each in enumerate(known_of(codebook))
    ]
    said = {}
    for column, (low, high) in others(known, inputs).items():
        channel, population = codebook.channels[column], known[column]
        assert population is not None, "it was looked at"
        unit = f" {channel.unit}" if channel.unit else ""
        before = "{:.4g} to {:.4g}".format(*population.middle)
        said[column] = (
            f"{channel.name} is spread otherwise than where the codebook was made (half of the "
            f"values lie in {low:.4g} to {high:.4g}{unit}, there in {before}{unit})"
        )
    return said


def warn_of(said: str, consequence: str = OF_CODES) -> None:
    """Warn of what was not known of channels, and what that means, in words."""
    warn(
        f"{said}: {consequence}; look whether units and the order of channels are those of "
        "training",
        EvidenceWarning,
    )


def _unknown(channel: Channel, known: Known, column: np.ndarray) -> str:
    """Return what a column (N,) has that was not known, in words; "" if it is too little."""
    absent = np.isnan(column)
    if absent.mean() > FEW and not known.missing:
        return f"{channel.name} is missing in {absent.mean():.0%} of the rows, and never was before"
    low, high = known.bounds
    outside = ((column < low) | (column > high)).mean()
    if channel.levels or outside <= FEW:
        return ""
    seen = f"{np.nanmin(column):.4g} to {np.nanmax(column):.4g}"
    return far_outside(channel, known, f"in {outside:.0%} of the rows", seen)


def far_outside(channel: Channel, known: Known, where: str, seen: str) -> str:
    """Return in words that a channel's values lie far outside of what is known."""
    unit = f" {channel.unit}" if channel.unit else ""
    before = "it was always missing" if known.low is None else f"known {known}{unit}"
    return (
        f"{channel.name} lies far outside what the codebook was made on {where} (seen {seen}{unit}"
        f", {before})"
    )
