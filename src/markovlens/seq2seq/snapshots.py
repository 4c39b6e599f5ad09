"""Hidden states of an encoder-decoder as snapshots, and their POD (Su & Shlizerman 2020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.embedding.pod import POD, pod
from markovlens.errors import DataError

SHARES = (0.9, 0.95, 0.99)  # of the variance
ENCODER, DECODER, JOINT = "encoder", "decoder", "joint"
PARTS = (ENCODER, DECODER, JOINT)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The states of one encoder-decoder on N windows.

    Attributes:
        encoder: float (N, Te, D), after each input frame.
        decoder: float (N, Td, D), after each predicted frame.
        labels: int (N,), the class of each window, 0..C-1.
        classes: names of the C classes.
    """

    encoder: np.ndarray
    decoder: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check that the parts are of the same windows and units."""
        windows = {len(self.encoder), len(self.decoder), len(self.labels)}
        units = {self.encoder.shape[-1], self.decoder.shape[-1]}
        if len(windows) > 1 or len(units) > 1 or self.encoder.ndim != 3 or self.decoder.ndim != 3:
            raise DataError(
                "expected encoder (N, Te, D), decoder (N, Td, D) and N labels, got "
                f"{self.encoder.shape}, {self.decoder.shape} and {self.labels.shape}",
                page="counts-differ",
            )

    def part(self, name: str) -> np.ndarray:
        """Return the states (N, T, D) of `encoder`, `decoder` or `joint` (one after the other)."""
        if name == JOINT:
            return np.concatenate([self.encoder, self.decoder], axis=1)
        return self.encoder if name == ENCODER else self.decoder

    def select(self, indices: np.ndarray) -> Snapshots:
        """Return the windows at `indices` (M,), in that order."""
        return Snapshots(
            self.encoder[indices], self.decoder[indices], self.labels[indices], self.classes
        )


def flat(states: np.ndarray) -> np.ndarray:
    """Return states (N, T, D) as snapshots (N*T, D) in float64."""
    return np.asarray(states, dtype=np.float64).reshape(-1, states.shape[-1])


def bases(snapshots: Snapshots, *, n_components: int | None = None) -> dict[str, POD]:
    """Return the POD of the encoder's states, the decoder's, and both together."""
    return {name: pod(flat(snapshots.part(name)), n_components=n_components) for name in PARTS}


def gap(snapshots: Snapshots) -> np.ndarray:
    """Return, for each window (N,), how far the decoder's first state is from the encoder's last.

    The unit is the window's own median step of the decoder, so that 1 means that the decoder goes
    on where the encoder ended; NaN for a decoder that stands still.
    """
    jump = np.linalg.norm(snapshots.decoder[:, 0] - snapshots.encoder[:, -1], axis=-1)
    steps = np.linalg.norm(np.diff(snapshots.decoder, axis=1), axis=-1)
    usual = np.median(steps, axis=1)
    return np.divide(jump, usual, out=np.full(len(jump), np.nan), where=usual > 0)


def participation(energies: np.ndarray) -> float:
    """Return the participation ratio 1 / sum(share^2) of energies (D,): 1 to D modes in use."""
    squares = float(np.square(energies).sum())
    return 1 / squares if squares > 0 else np.nan


def energy_rows(found: dict[str, POD]) -> Iterator[dict[str, Any]]:
    """Yield a row for each part and mode: its share of the variance, and that of all up to it."""
    for part, basis in found.items():
        total = np.cumsum(basis.energies)
        for mode, (share, upto) in enumerate(zip(basis.energies, total, strict=True), start=1):
            yield {
                "part": part,
                "mode": mode,
                "n_units": len(basis.energies),
                "energy": float(share),
                "cumulative": float(upto),
            }


def modes_rows(found: dict[str, POD]) -> Iterator[dict[str, Any]]:
    """Yield a row for each part: modes for 90, 95 and 99 % of the variance, participation ratio."""
    for part, basis in found.items():
        modes = {f"modes_{100 * share:.0f}": basis.modes_for(share) for share in SHARES}
        n_units = len(basis.energies)
        yield {"part": part, "n_units": n_units, **modes} | {
            "participation": participation(basis.energies)
        }
