"""An encoder-decoder whose decoder is started by hand, on plain arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from markovlens.networks.seq2seq import Seq2Seq

Decode = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def decoder_of(model: Seq2Seq, *, n_steps: int) -> Decode:
    """Return a function of starts (M, S) and first inputs (M, 2F), as `ends_of` gives them.

    It returns `n_steps` outputs (M, Td, F) and decoder states (M, Td, D). A decoder that is taught
    goes on by itself here, since there is nothing that could teach it.
    """
    halves = 2 if isinstance(model.decoder, torch.nn.LSTM) else 1

    def decode(starts: np.ndarray, firsts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = tuple(_tensor(part) for part in np.split(starts, halves, axis=1))
        frame, shown = (_tensor(part) for part in np.split(firsts, 2, axis=1))
        with torch.no_grad():
            outputs, states = model.decode(frame, shown, parts if halves > 1 else parts[0], n_steps)
        return outputs.numpy(), states.numpy()

    return decode


def ends_of(model: Seq2Seq, past: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the encoder leaves the decoder after past frames (N, Te, F).

    The starts are (N, D), of an LSTM the hidden and the cell state side by side; the first inputs
    are the last frame and what the encoder read last, side by side.
    """
    with torch.no_grad():
        frames = _tensor(past)
        shown = model.read(frames)
        _, state = model.encode(shown)
    starts = torch.cat(state, dim=1) if isinstance(state, tuple) else state
    return starts.numpy(), torch.cat([frames[:, -1], shown[:, -1]], dim=1).numpy()


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
