"""Networks that read rows, asked about codes: each code by examples of it, real training rows.

A code stands for many rows, and the network need not do the same on all of them. So it is asked
several times: copies of it stand side by side, and each reads a row of its own wherever a code
comes. A copy with its rows is a network that reads symbols, as any other; what most copies decide
is the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.base import Codebook
from markovlens.errors import DataError
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.trace import Trace

if TYPE_CHECKING:  # whoever hands over a network has torch
    from markovlens.activations.basis import Basis
    from markovlens.activations.oracle import Askable

N_COPIES = 5  # odd, so that two classes are never equally often decided
N_TRIED, N_TRIED_STEPS = 50, 4  # random words of codes that are coded again


@dataclass(frozen=True, slots=True)
class Exemplars:
    """Rows that stand for codes.

    Attributes:
        rows: float (M, V, D), a training row of each of V codes for each of M copies of the
            network.
        known: bool (V,), whether a training row has the code.
        channels: what the D columns are.
        names: the rules of the codes.
        refusal: why words of these codes cannot be put to the network; empty if they can.
    """

    rows: np.ndarray
    known: np.ndarray
    channels: tuple[Channel, ...]
    names: tuple[str, ...]
    refusal: str = ""

    def of(self, inputs: Sequences) -> Sequences:
        """Return codes (N,) as the rows (M * N, D) that the copies read, one after another.

        Raises:
            DataError: a code has no row, or no row alone stands for one.
        """
        if self.refusal:
            raise DataError(self.refusal, page="needs-a-codebook")
        absent = ~self.known[inputs.values]
        if absent.any():
            code = int(inputs.values[absent.argmax()])
            raise DataError(
                f"code {code} ({self.names[code]}): no training row has it, so that there is no "
                "example to ask the network by; give a codebook fitted on these rows",
                page="needs-a-codebook",
            )
        rows = self.rows[:, inputs.values].reshape(-1, self.rows.shape[2])
        return Sequences(rows, np.tile(inputs.lengths, len(self.rows)), self.channels)


def draw_exemplars(
    trace: Trace, codebook: Codebook, *, seed: int, n_copies: int = N_COPIES
) -> Exemplars:
    """Return rows of a trace, drawn at random among those of each code.

    What is static comes from one sequence for each copy, so that a copy never changes its age
    within a word. Where words of these rows are not coded as they should be, since a code depends
    on what came before or on what is static, `Exemplars.refusal` says so.
    """
    rng = np.random.default_rng(seed)
    inputs = trace.sequences
    codes = codebook.encode(inputs)
    rows = np.full((n_copies, len(codebook.names), inputs.rows.shape[1]), np.nan)
    for code in np.unique(codes):
        having = np.flatnonzero(codes == code)
        drawn = rng.choice(having, n_copies, replace=len(having) < n_copies)
        rows[:, code] = inputs.rows[drawn]
    static = np.flatnonzero([channel.static for channel in inputs.channels])
    owners = rng.choice(inputs.starts, n_copies)
    rows[:, :, static] = inputs.rows[owners][:, None, static]
    known = np.isin(np.arange(len(codebook.names)), codes)
    found = Exemplars(rows, known, inputs.channels, codebook.names)
    return replace(found, refusal=_refusal(found, codebook, rng))


def _refusal(exemplars: Exemplars, codebook: Codebook, rng: np.random.Generator) -> str:
    """Return why random words of known codes are not coded as they were meant, "" if they are."""
    words = rng.choice(np.flatnonzero(exemplars.known), (N_TRIED, N_TRIED_STEPS))
    inputs = Sequences(words.ravel(), np.full(N_TRIED, N_TRIED_STEPS))
    found = codebook.encode(exemplars.of(inputs))
    if np.array_equal(found, np.tile(inputs.values, len(exemplars.rows))):
        return ""
    return (
        "the codes depend on more than one row, or on static channels, so that no row alone stands "
        "for a code and the network cannot be asked about words of codes; give a codebook of "
        "single rows that change"
    )


class CodedOracle:
    """A network that reads rows, asked about codes, as `Oracle` is about symbols.

    Its whole state is those of its M copies side by side, (S, M * F). An answer is the mean output
    of the copies that decide as most do; of labels, values and a risk that of all copies.
    """

    def __init__(
        self, network: Askable, exemplars: Exemplars, output: Output = Output.DISTRIBUTION
    ) -> None:
        """Keep the network, the rows by which it is asked, and what its outputs are."""
        self.network, self.exemplars, self._output = network, exemplars, output
        self.basis: Basis | None = network.basis

    @property
    def n_copies(self) -> int:
        """Copies M of the network."""
        return len(self.exemplars.rows)

    @property
    def n_features(self) -> int:
        """Numbers in a whole state, those of all copies."""
        return self.n_copies * self.network.n_features

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output distribution (N, C) after each code."""
        return self._voted(self.network.outputs(self.exemplars.of(inputs)))

    def states_after(self, inputs: Sequences) -> np.ndarray:
        """Return the whole state (S, M * F) after the last code of each sequence."""
        return self._beside(self.network.states_after(self.exemplars.of(inputs)))

    def resume(self, states: np.ndarray, inputs: Sequences) -> np.ndarray:
        """Return the outputs (N, C) of reading sequence i from `states[i]` (S, M * F)."""
        return self._voted(self.network.resume(self._apart(states), self.exemplars.of(inputs)))

    def advance(
        self, states: np.ndarray | None, symbols: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the outputs (S, C) and whole states (S, M * F) after one code (S,) more."""
        inputs = Sequences(symbols, np.ones(len(symbols), dtype=np.int64))
        before = None if states is None else self._apart(states)
        outputs, after = self.network.advance(before, self.exemplars.of(inputs).rows)
        return self._voted(outputs), self._beside(after)

    def observe(self, states: np.ndarray) -> np.ndarray:
        """Return what a trace would hold (S, D) of whole states, on average over copies."""
        seen = self.network.observe(self._apart(states))
        mean: np.ndarray = self._by_copy(seen).mean(axis=0)
        return mean

    def read_out(self, states: np.ndarray) -> np.ndarray | None:
        """Return the outputs (N, C) of points in a trace's coordinates, as `Oracle` does."""
        return self.network.read_out(states)

    def _voted(self, outputs: np.ndarray) -> np.ndarray:
        by_copy = self._by_copy(outputs)
        if self._output == Output.DISTRIBUTION:
            return voted(by_copy)
        mean: np.ndarray = by_copy.mean(axis=0)
        return mean

    def _by_copy(self, rows: np.ndarray) -> np.ndarray:
        return rows.reshape(self.n_copies, -1, rows.shape[1])

    def _beside(self, states: np.ndarray) -> np.ndarray:
        """Return states (M * S, F) of the copies, one after another, side by side (S, M * F)."""
        return np.hstack(list(self._by_copy(states)))

    def _apart(self, states: np.ndarray) -> np.ndarray:
        """Return what `_beside` put together."""
        return np.concatenate(np.split(states, self.n_copies, axis=1))


def voted(outputs: np.ndarray) -> np.ndarray:
    """Return the mean output (N, C) of those of M copies (M, N, C) that decide as most of them do.

    A step at which a copy gives no output has none.
    """
    known = ~np.isnan(outputs).any(axis=(0, 2))
    decided = np.nan_to_num(outputs, nan=-1.0).argmax(axis=2)  # (M, N)
    votes = (decided[..., None] == np.arange(outputs.shape[2])).sum(axis=0)
    agrees = decided == votes.argmax(axis=1)
    mean: np.ndarray = np.einsum("mn,mnc->nc", agrees / agrees.sum(axis=0), np.nan_to_num(outputs))
    return np.where(known[:, None], mean, np.nan)
