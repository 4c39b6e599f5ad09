"""Continuous sequences cut into windows: a network reads the past and forecasts the future."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.errors import DataError
from markovlens.tasks.base import SPLITS
from markovlens.tasks.skeleton import Skeleton

SMALLEST_SCALE = 1e-4  # below it a channel is taken for constant and only centred


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of one split, in units of `Forecast.scale` about `Forecast.mean`.

    Attributes:
        past: float32 (N, Te, F), what the encoder reads.
        future: float32 (N, Td, F), what follows it and is to be forecast.
        label: int32 (N,), the class of the movement.
        group: int32 (N,), the recording a window was cut from: windows of one group overlap or
            are alike, so that groups and not windows are what may be resampled.
        start: int32 (N,), the frame of the recording at which the window begins.
    """

    past: np.ndarray
    future: np.ndarray
    label: np.ndarray
    group: np.ndarray
    start: np.ndarray

    def __post_init__(self) -> None:
        """Check that all arrays have a row for each window and no value is missing."""
        n_windows = len(self.past)
        for name in ("future", "label", "group", "start"):
            if len(getattr(self, name)) != n_windows:
                raise DataError(
                    f"expected {n_windows} rows of {name}, got {len(getattr(self, name))}",
                    page="counts-differ",
                )
        if not (np.isfinite(self.past).all() and np.isfinite(self.future).all()):
            raise DataError(
                "expected finite windows, got NaN or infinity; look at the recordings",
                page="not-finite",
            )

    def __len__(self) -> int:
        """Return the number of windows N."""
        return len(self.past)


@dataclass(frozen=True, slots=True)
class Forecast:
    """A problem for encoder-decoders: forecast the future of a movement.

    Attributes:
        name: as in the config.
        family: `planar`, `motion` or `watch`.
        channels: names of the F channels.
        classes: names of the kinds of movement.
        splits: `train`, `valid`, `test`.
        mean: (F,), of the training frames, in the units of the recordings.
        scale: (F,), their standard deviation; 1 for a channel that does not vary.
        rate: frames a second.
        gate: the validation error at which a network counts as trained: mean square of the
            difference, in units of `scale`.
        skeleton: how a frame becomes a stick figure, None where it is not a body's.
    """

    name: str
    family: str
    channels: tuple[str, ...]
    classes: tuple[str, ...]
    splits: dict[str, Windows]
    mean: np.ndarray
    scale: np.ndarray
    rate: float
    gate: float
    skeleton: Skeleton | None = None

    def __post_init__(self) -> None:
        """Check that the three splits are there, with the same channels and only known classes."""
        if tuple(self.splits) != SPLITS:
            raise DataError(
                f"expected the splits {SPLITS}, got {tuple(self.splits)}", page="unknown-name"
            )
        width = len(self.channels)
        for split, part in self.splits.items():
            where = f"task {self.name}, split {split}"
            if not len(part):
                raise DataError(
                    f"{where}: expected windows, got none; make them shorter", page="nothing-there"
                )
            if part.past.shape[2] != width or part.future.shape[2] != width:
                raise DataError(
                    f"{where}: expected {width} channels, got {part.past.shape[2]}",
                    page="channels-differ",
                )
            if part.label.min() < 0 or part.label.max() >= len(self.classes):
                raise DataError(
                    f"{where}: expected labels 0..{len(self.classes) - 1}", page="unknown-symbol"
                )

    def restore(self, values: np.ndarray) -> np.ndarray:
        """Return scaled values (..., F), such as forecasts, in the units of the recordings."""
        return np.asarray(values * self.scale + self.mean)

    def stick_figures(self, values: np.ndarray) -> np.ndarray:
        """Return the joints (..., J, 3) in metres of scaled frames (..., F); `DataError` if none.

        The bones between them are `skeleton.bones`.
        """
        if self.skeleton is None:
            raise DataError(
                f"task {self.name} has no skeleton; human_motion has", page="unknown-name"
            )
        return self.skeleton.positions(self.restore(values))


@dataclass(frozen=True, slots=True)
class Recording:
    """One stretch of frames that belongs to one split.

    Attributes:
        frames: float (T, F).
        label: the class of its movement.
        group: its number among all recordings.
        first: number of its first frame, where it is a part of a longer one.
    """

    frames: np.ndarray
    label: int
    group: int
    first: int = 0


def cut(recordings: list[Recording], *, past: int, future: int, stride: int) -> Windows:
    """Return all windows of past + future frames, begun every `stride` frames of each recording.

    Nothing is padded: what is left at the end of a recording is not used.
    """
    length = past + future
    starts = [np.arange(0, len(r.frames) - length + 1, stride) for r in recordings]
    rows = [
        np.lib.stride_tricks.sliding_window_view(r.frames, length, axis=0)[begin].swapaxes(1, 2)
        for r, begin in zip(recordings, starts, strict=True)
        if len(begin)
    ]
    width = recordings[0].frames.shape[1]
    frames = np.concatenate(rows) if rows else np.empty((0, length, width))
    counts = [len(begin) for begin in starts]
    columns = (
        np.repeat([r.label for r in recordings], counts),
        np.repeat([r.group for r in recordings], counts),
        np.concatenate([r.first + begin for r, begin in zip(recordings, starts, strict=True)]),
    )
    label, group, start = (column.astype(np.int32) for column in columns)
    frames = frames.astype(np.float32)
    return Windows(frames[:, :past], frames[:, past:], label, group, start)


def standardise(
    splits: dict[str, Windows],
) -> tuple[dict[str, Windows], np.ndarray, np.ndarray]:
    """Return the windows with mean 0 and standard deviation 1, and both, of the training windows.

    A channel that hardly varies (below `SMALLEST_SCALE`) is only centred.
    """
    train = np.concatenate([splits["train"].past, splits["train"].future], axis=1)
    mean, scale = (
        np.asarray(statistic(train, axis=(0, 1), dtype=np.float64))
        for statistic in (np.mean, np.std)
    )
    scale = np.where(scale < SMALLEST_SCALE, 1.0, scale)
    return {name: _scaled(part, mean, scale) for name, part in splits.items()}, mean, scale


def standing_still(windows: Windows) -> np.ndarray:
    """Return the forecast (N, Td, F) that nothing moves any more: the zero-velocity baseline.

    Martinez et al. (2017) showed that it beats many a network.
    """
    return np.repeat(windows.past[:, -1:], windows.future.shape[1], axis=1)


def moving_on(windows: Windows) -> np.ndarray:
    """Return the forecast (N, Td, F) that the last step is repeated: constant velocity."""
    step = windows.past[:, -1:] - windows.past[:, -2:-1]
    steps = np.arange(1, windows.future.shape[1] + 1, dtype=np.float32)
    return np.asarray(windows.past[:, -1:] + step * steps[:, None])


def squared_error(forecast: np.ndarray, windows: Windows) -> np.ndarray:
    """Return the mean square of the difference at each horizon (Td,), over windows and channels."""
    return np.square(forecast.astype(np.float64) - windows.future).mean(axis=(0, 2))


def _scaled(part: Windows, mean: np.ndarray, scale: np.ndarray) -> Windows:
    past, future = (
        ((values - mean) / scale).astype(np.float32) for values in (part.past, part.future)
    )
    return Windows(past, future, part.label, part.group, part.start)
