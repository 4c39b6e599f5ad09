"""Machines whose moves follow the row itself, by a softmax of its channels.

Beside its law such a machine has a matrix for each code of its codebook, as any machine of rows:
the law's mean over the training rows of that code. That is what is drawn, hardened and lumped;
rows are run by the law.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import softmax

from markovlens.channels import Channel, channels_to_plain
from markovlens.codebooks.base import check_channels
from markovlens.codebooks.known import warn_of_unknown
from markovlens.errors import DataError
from markovlens.listed import check_listed
from markovlens.machines.machine import BELIEF, Machine
from markovlens.machines.words import shown
from markovlens.sequences import Sequences, by_step

PARTS = ("mean", "scale", "intercept", "coefficients", "start_intercept", "start_coefficients")
OF_LAW = (
    "in the softmax that moves the machine a missing value counts as the mean in training, and one "
    "far outside is an extrapolation"
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SoftLaw:
    """P(next j | state i, row u) = softmax_j(intercept[i, j] + coefficients[i, j] . z(u)).

    z(u) are the features of the row in standard deviations from their mean; a missing value counts
    as the mean. A channel with levels gives a feature of 0 or 1 for each.

    Attributes:
        channels: what the columns of rows are.
        mean, scale: (P,), of the features, in the units of their channels.
        intercept, coefficients: (K, K) and (K, K, P).
        start_intercept, start_coefficients: (K,) and (K, P), of the state after a first row.
    """

    channels: tuple[Channel, ...]
    mean: np.ndarray
    scale: np.ndarray
    intercept: np.ndarray
    coefficients: np.ndarray
    start_intercept: np.ndarray
    start_coefficients: np.ndarray

    def __repr__(self) -> str:
        """Return how many states it moves, and by which channels."""
        return f"SoftLaw: moves {self.n_states} states by {', '.join(map(str, self.channels))}"

    @property
    def n_states(self) -> int:
        """Number of states K."""
        return len(self.start_intercept)

    def standard(self, inputs: Sequences) -> np.ndarray:
        """Return the standardised features (N, P) of rows; raises `DataError` for others."""
        check_channels(self.channels, inputs)
        standard = (row_features(inputs) - self.mean) / self.scale
        return np.nan_to_num(standard, nan=0.0)

    def moves(self, standard: np.ndarray) -> np.ndarray:
        """Return the matrix (N, K, K) of each row of standardised features (N, P)."""
        logits = self.intercept + np.moveaxis(self.coefficients @ standard.T, -1, 0)
        return np.asarray(softmax(logits, axis=-1))

    def starts(self, standard: np.ndarray) -> np.ndarray:
        """Return the distribution (N, K) of the state after each row, read first."""
        return np.asarray(
            softmax(self.start_intercept + standard @ self.start_coefficients.T, axis=-1)
        )

    def permuted(self, order: np.ndarray) -> SoftLaw:
        """Return the law whose state j is state `order[j]` of this one."""
        return SoftLaw(
            self.channels,
            self.mean,
            self.scale,
            self.intercept[order][:, order],
            self.coefficients[order][:, order],
            self.start_intercept[order],
            self.start_coefficients[order],
        )

    def table(self) -> pd.DataFrame:
        """Return what each feature does to each move, a row for each.

        Columns: `state`, `next`, `feature`, `unit`, and what one more unit (`per_unit`) or one more
        standard deviation (`per_sd`) of the feature adds to the log-odds, in nats, of moving to
        `next` over staying in `state`; `odds_per_sd` is the factor on the odds.
        """
        size = np.arange(self.n_states)
        over_staying = self.coefficients - self.coefficients[size, size][:, None]
        rows = [
            (i, j, feature.name, feature.unit, over_staying[i, j, f])
            for i in size
            for j in size
            if i != j
            for f, feature in enumerate(features_of(self.channels))
        ]
        table = pd.DataFrame(rows, columns=["state", "next", "feature", "unit", "per_sd"])
        spread = np.tile(self.scale, self.n_states * (self.n_states - 1))
        return table.assign(
            per_unit=table["per_sd"] / spread, odds_per_sd=np.exp(table["per_sd"].to_numpy(float))
        )

    def explained(self, most: int = 5) -> tuple[str, ...]:
        """Return the strongest effects in words, such as what a mmHg does to the odds of a move."""
        table = self.table()
        strongest = table["per_sd"].abs().sort_values(ascending=False, kind="stable").index[:most]
        effects: list[dict[str, Any]] = table.loc[strongest].to_dict("records")  # type: ignore[assignment]
        return tuple(map(_in_words, effects))


def _in_words(effect: Mapping[str, Any]) -> str:
    """Return a row of `SoftLaw.table` as a sentence."""
    return (
        f"state {effect['state']} to {effect['next']}: one more {effect['unit'] or 'unit'} of "
        f"{effect['feature']} multiplies the odds over staying by "
        f"{np.exp(effect['per_unit']):.3g} (a standard deviation by {effect['odds_per_sd']:.3g})"
    )


@dataclass(frozen=True, slots=True, repr=False)
class SoftMachine(Machine):
    """A machine that runs on rows by a law and, where it is given codes, by its matrices.

    Attributes:
        law: how a row moves it; the other attributes are those of `Machine`.
    """

    law: SoftLaw = field(kw_only=True)

    def __post_init__(self) -> None:
        """Check that the law and the matrices have as many states."""
        Machine.__post_init__(self)
        if self.law.n_states != self.n_states:
            raise DataError(
                f"machine law: expected one of {self.n_states} states, as initial has columns, got "
                f"{self.law.n_states}",
                page="unsound-machine",
            )

    @property
    def carries(self) -> str:
        """A belief: each row leaves every state some chance."""
        return BELIEF

    @property
    def plain(self) -> Machine:
        """The machine of its matrices alone, which reads rows by the codebook."""
        return Machine(*(getattr(self, each.name) for each in fields(Machine)))

    def _reads(self) -> str:
        channels = ", ".join(map(str, self.law.channels))
        return f"moves by a softmax of {channels} (drawn by codes {shown(self.symbols)})"

    def look_at(self, inputs: Sequences) -> None:
        """Raise `DataError` unless inputs are what it reads; warn of rows unlike those before."""
        if self.codebook is not None:
            check_channels(self.codebook.channels, inputs)
            warn_of_unknown(self.codebook, inputs, OF_LAW)

    def walk(self, inputs: Sequences) -> np.ndarray:
        """Return the state (N,) after each step when the likeliest move is made at each."""
        if _are_codes(inputs):
            return Machine.walk(self, inputs)
        self.look_at(inputs)
        law, standard = self.law, self.law.standard(inputs)
        state = np.empty(inputs.n_steps, dtype=int)
        for step, (_, rows) in enumerate(by_step(inputs.lengths)):
            if step == 0:
                state[rows] = law.starts(standard[rows]).argmax(axis=-1)
            else:
                moves = law.moves(standard[rows])
                state[rows] = moves[np.arange(len(rows)), state[rows - 1]].argmax(axis=-1)
        return state

    def _advance(self, inputs: Sequences, start: np.ndarray | None) -> np.ndarray:
        if _are_codes(inputs):
            return Machine._advance(self, inputs, start)
        self.look_at(inputs)
        law, standard = self.law, self.law.standard(inputs)
        belief = np.empty((inputs.n_steps, self.n_states))
        for step, (active, rows) in enumerate(by_step(inputs.lengths)):
            if step == 0 and start is None:
                belief[rows] = law.starts(standard[rows])
                continue
            before = start[active] if step == 0 and start is not None else belief[rows - 1]
            belief[rows] = np.einsum("si,sij->sj", before, law.moves(standard[rows]))
        return belief


def plain(machine: Machine) -> Machine:
    """Return the machine of the matrices alone; the machine itself where there is no law."""
    return machine.plain if isinstance(machine, SoftMachine) else machine


def features_of(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """Return what the features of rows are: channels, and the levels of those that have some."""
    return tuple(
        feature
        for each in channels
        for feature in (
            [Channel(f"{each.name} = {level}") for level in each.levels] if each.levels else [each]
        )
    )


def row_features(inputs: Sequences) -> np.ndarray:
    """Return the features (N, P) of rows, NaN where the channel is missing."""
    columns = []
    for channel, values in zip(inputs.channels, inputs.rows.T, strict=True):
        if channel.levels:
            hot = (values[:, None] == np.arange(len(channel.levels))).astype(float)
            columns.append(np.where(np.isnan(values)[:, None], np.nan, hot))
        else:
            columns.append(values[:, None])
    return np.hstack(columns)


def law_to_dict(law: SoftLaw) -> dict[str, Any]:
    """Return a law as plain values."""
    arrays = {name: getattr(law, name).tolist() for name in PARTS}
    return {"channels": channels_to_plain(law.channels), **arrays}


def law_from_dict(kept: Mapping[str, Any], channels: tuple[Channel, ...]) -> SoftLaw:
    """Return the law that `law_to_dict` wrote."""
    found = {name: np.array(kept[name], dtype=float) for name in PARTS}
    size = len(found["start_intercept"])
    found["coefficients"] = found["coefficients"].reshape(size, size, -1)
    return SoftLaw(channels, **found)


def _are_codes(inputs: Sequences) -> bool:
    """Return whether inputs are codes in place of rows; raises `DataError` of no `Sequences`."""
    check_listed(inputs)
    return inputs.are_symbols
