"""A noise-driven rectified network as three matrices: run it, linearise it, change it.

The analyses of this stage need neither torch nor gradients, only many steps of many runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from markovlens.errors import DataError

BLOCK = 64  # steps whose noise is drawn at once: few calls, little memory


@dataclass(frozen=True, slots=True)
class Episode:
    """Runs of a network, each from its own start and with its own noise.

    Attributes:
        states: float32 (B, T, H), hidden states after each step.
        logits: float32 (B, T, C), the readout of each state.
        symbols: int (B, T), the symbol of each step: drawn from softmax(logits).
    """

    states: np.ndarray
    logits: np.ndarray
    symbols: np.ndarray

    @property
    def likeliest(self) -> np.ndarray:
        """The symbol that each state favours, int (B, T)."""
        return self.logits.argmax(axis=-1)


@dataclass(frozen=True, slots=True)
class NoisyNetwork:
    """The network h_t = relu(W h_{t-1} + U x_t), logits A h_t, with x_t ~ N(0, amplitude² I).

    There are no biases (Torre et al. 2025), so that h_t scales with the amplitude of the noise and
    the likeliest symbol does not depend on it; symbols drawn from the softmax do.

    Attributes:
        recurrent: W, float32 (H, H).
        drive: U, float32 (H, d).
        readout: A, float32 (C, H).
    """

    recurrent: np.ndarray
    drive: np.ndarray
    readout: np.ndarray

    def __post_init__(self) -> None:
        """Check that the three matrices belong together."""
        hidden = len(self.recurrent)
        shapes = self.recurrent.shape, self.drive.shape[:1], self.readout.shape[1:]
        if shapes != ((hidden, hidden), (hidden,), (hidden,)):
            raise DataError(
                f"expected matrices (H, H), (H, d) and (C, H), got {shapes}", page="wrong-shape"
            )

    @property
    def n_units(self) -> int:
        """Number H of hidden units."""
        return len(self.recurrent)

    def check_finite(self) -> None:
        """Raise `DataError` where a weight is NaN or infinite, which is no growth of states."""
        for name in ("recurrent", "drive", "readout"):
            if not np.isfinite(getattr(self, name)).all():
                raise DataError(
                    f"{name}: expected finite weights, got NaN or infinity; the training that made "
                    "them went astray: leave this network out, or train it anew",
                    page="not-finite",
                )

    def noise(self, n_runs: int, n_steps: int, rng: np.random.Generator) -> np.ndarray:
        """Return unit noise, float32 (B, T, d)."""
        shape = (n_runs, n_steps, self.drive.shape[1])
        return rng.standard_normal(shape, dtype=np.float32)

    def step(self, states: np.ndarray, noise: np.ndarray | None = None) -> np.ndarray:
        """Return the states (..., H) after one step from `states`; without noise if None."""
        return np.maximum(self.drives(states, noise), 0)

    def drives(self, states: np.ndarray, noise: np.ndarray | None = None) -> np.ndarray:
        """Return what each unit receives in one step from `states`, before rectification."""
        received = states @ self.recurrent.T
        return received if noise is None else received + noise @ self.drive.T

    def follow(self, noise: np.ndarray, *, start: np.ndarray | None = None) -> np.ndarray:
        """Return the states (B, T, H) under given noise (B, T, d), from `start` (B, H) or 0."""
        states = np.empty((*noise.shape[:2], self.n_units), dtype=np.float32)
        now = np.zeros_like(states[:, 0]) if start is None else start
        pushed = noise @ self.drive.T
        for step in range(noise.shape[1]):
            now = np.maximum(now @ self.recurrent.T + pushed[:, step], 0)
            states[:, step] = now
        return states

    def run(
        self,
        n_runs: int,
        n_steps: int,
        rng: np.random.Generator,
        *,
        start: np.ndarray | None = None,
        amplitude: float = 1.0,
        warmup: int = 0,
    ) -> Episode:
        """Return runs of the network with fresh noise.

        Args:
            n_runs: B.
            n_steps: T, recorded steps.
            rng: of the noise and of the symbols.
            start: (B, H), states to start from; 0 where None.
            amplitude: standard deviation of the noise.
            warmup: steps before the first that is recorded.

        Raises:
            DataError: weights are not finite, or the states grow without bound.
        """
        self.check_finite()
        blocks = []
        for noise in self._noise_blocks(n_runs, warmup + n_steps, rng):
            with np.errstate(over="ignore", invalid="ignore"):  # growth is an error of its own
                blocks.append(self.follow(amplitude * noise, start=start))
            start = blocks[-1][:, -1]
        states = np.concatenate(blocks, axis=1)[:, warmup:]
        if not np.isfinite(states).all():
            raise DataError(
                f"the states grow without bound within {n_steps} steps of noise", page="not-finite"
            )
        logits = states @ self.readout.T
        return Episode(states, logits, draw_symbols(logits, rng))

    def _noise_blocks(
        self, n_runs: int, n_steps: int, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        for first in range(0, n_steps, BLOCK):
            yield self.noise(n_runs, min(BLOCK, n_steps - first), rng)

    def jacobians(self, states: np.ndarray, noise: np.ndarray | None = None) -> np.ndarray:
        """Return d h_{t+1} / d h_t, (N, H, H), at states (N, H): rows of silent units are 0."""
        active = self.drives(states, noise) > 0
        return active[:, :, None] * self.recurrent

    def scaled(
        self, units: np.ndarray, *, recurrent: float = 1.0, drive: float = 1.0
    ) -> NoisyNetwork:
        """Return the network in which what `units` receive is multiplied, from states or noise."""
        weights, inputs = self.recurrent.copy(), self.drive.copy()
        weights[units] *= recurrent
        inputs[units] *= drive
        return replace(self, recurrent=weights, drive=inputs)


def draw_symbols(logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return symbols drawn from softmax(logits) over the last axis (Gumbel's way)."""
    return (logits + rng.gumbel(size=logits.shape)).argmax(axis=-1)
