"""What networks that listen are given: spectra as their packages make them."""

from __future__ import annotations

import numpy as np

LINEAR_BELOW, LINEAR_STEP = 1000.0, 200 / 3  # Hz, Hz per mel: Slaney's scale is linear at first
LOG_STEP = np.log(6.4) / 27  # and logarithmic above


def frames(sound: np.ndarray, *, size: int, hop: int, count: int) -> np.ndarray:
    """Return stretches (T, size) of samples (N,), the middle of each `hop` after the one before.

    What lies before the beginning or behind the end is silence.
    """
    padded = np.concatenate([np.zeros(size // 2), sound, np.zeros(size)])
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:count]


def mel_filters(n_filters: int, *, size: int, rate: int) -> np.ndarray:
    """Return triangles (F, size // 2 + 1) of equal area, evenly spaced on Slaney's mel scale.

    Source: Slaney 1998, Auditory Toolbox.
    """
    edges = _hertz(np.linspace(0, _mel(rate / 2), n_filters + 2))
    places = np.fft.rfftfreq(size, 1 / rate)
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (places - low) / (middle - low), (high - places) / (high - middle)
    return np.asarray(np.clip(np.minimum(rising, falling), 0, None) * 2 / (high - low))


def log_filters(
    per_octave: int, *, size: int, rate: int, lowest: float, highest: float
) -> np.ndarray:
    """Return triangles (F, size // 2) that sum to 1, evenly spaced on a logarithmic scale.

    Tuned to 440 Hz; where bins of the spectrum are wider than the spacing, each is used once.
    """
    first, last = (np.log2(each / 440) * per_octave for each in (lowest, highest))
    tones = 440 * 2 ** (np.arange(np.floor(first), np.ceil(last)) / per_octave)
    tones = tones[(tones >= lowest) & (tones <= highest)]
    places = np.arange(size // 2) * rate / (size // 2 * 2)
    bins = np.unique(np.abs(places[:, None] - tones).argmin(axis=0))
    found = np.zeros((len(bins) - 2, len(places)))
    for row, (begin, top, end) in zip(
        found, zip(bins, bins[1:], bins[2:], strict=False), strict=True
    ):
        top, end = (begin, begin + 1) if end - begin < 2 else (top, end)
        row[begin:top] = np.linspace(0, 1, top - begin, endpoint=False)
        row[top:end] = np.linspace(1, 0, end - top, endpoint=False)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _mel(hertz: float) -> float:
    if hertz < LINEAR_BELOW:
        return hertz / LINEAR_STEP
    return float(LINEAR_BELOW / LINEAR_STEP + np.log(hertz / LINEAR_BELOW) / LOG_STEP)


def _hertz(mel: np.ndarray) -> np.ndarray:
    bend = LINEAR_BELOW / LINEAR_STEP
    return np.where(mel < bend, mel * LINEAR_STEP, LINEAR_BELOW * np.exp(LOG_STEP * (mel - bend)))
