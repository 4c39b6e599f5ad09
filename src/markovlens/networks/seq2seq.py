"""Encoder-decoders that read the past of a movement and forecast its future.

After Su & Shlizerman (2020): one GRU is encoder and decoder (`tied`), the decoder starts from the
encoder's last state, its first input is the last past frame and every later one its own output, and
frames are a linear function of the state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from markovlens.errors import ConfigError
from markovlens.networks.cells import CELLS

OWN, ZERO, TEACHER = DECODERS = ("own", "zero", "teacher")
GATED = ("mgu", "gru", "lstm")
DEFAULTS = {"hidden": 64, "tied": True, "decoder": OWN, "residual": False}


@dataclass(frozen=True, slots=True)
class Forecasted:
    """What an encoder-decoder did with a batch of windows.

    Attributes:
        outputs: (B, Td, F), the forecast frames.
        encoder: (B, Te, D), the hidden state after each past frame.
        decoder: (B, Td, D), the hidden state behind each forecast frame.
    """

    outputs: Tensor
    encoder: Tensor
    decoder: Tensor


class Seq2Seq(nn.Module):
    """An encoder-decoder of one cell (`tied`) or two.

    The decoder reads its `own` last output, `zero`s, or the true last frame (`teacher`). With
    `residual` the readout is what changes from the decoder's last frame to the next (Martinez et
    al. 2017, "On human motion prediction using recurrent neural networks") and not the frame itself.
    """

    def __init__(
        self,
        cell: str,
        *,
        n_channels: int,
        hidden: int,
        tied: bool = True,
        decoder: str = OWN,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.encoder = CELLS[cell](n_channels, hidden)
        self.decoder = self.encoder if tied else CELLS[cell](n_channels, hidden)
        self.head = nn.Linear(hidden, n_channels)
        self.mode = decoder
        self.residual = residual

    def forward(self, past: Tensor, future: Tensor) -> Forecasted:
        """Return the forecast of `future` (B, Td, F) from `past` (B, Te, F).

        Only its length is taken from `future`, and its frames where the decoder is taught by them.
        """
        encoder, state = self.encode(past)
        frames = future if self.mode == TEACHER else None
        outputs, decoder = self.decode(past[:, -1], state, future.shape[1], frames=frames)
        return Forecasted(outputs, encoder, decoder)

    def encode(self, past: Tensor) -> tuple[Tensor, Any]:
        """Return the states (B, Te, D) of `past` (B, Te, F), and the cell's state at its end.

        That is what `decode` begins with: (B, D), or for an LSTM a pair of them.
        """
        states, last = self.encoder(past)
        return states, tuple(part[0] for part in last) if isinstance(last, tuple) else last[0]

    def decode(
        self, frame: Tensor, state: Any, n_steps: int, *, frames: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return `n_steps` forecast frames (B, Td, F) and the states (B, Td, D) behind them.

        Args:
            frame: (B, F), the last past frame.
            state: what `encode` gave, or any other state from which to go on.
            n_steps: Td.
            frames: (B, Td, F), the true frames, for a decoder that is taught.
        """
        states, outputs = [], []
        shown = torch.zeros_like(frame) if self.mode == ZERO else frame
        for step in range(n_steps):
            state = advance(self.decoder, shown, state)
            states.append(state[0] if isinstance(state, tuple) else state)
            change = self.head(states[-1])
            frame = frame + change if self.residual else change
            outputs.append(frame)
            if self.mode == TEACHER and frames is not None:
                frame = frames[:, step]
            shown = shown if self.mode == ZERO else frame
        return torch.stack(outputs, dim=1), torch.stack(states, dim=1)


def advance(cell: nn.Module, x: Tensor, state: Any) -> Any:
    """Return the state of a one-layer cell after one step of x (B, F), quicker than the module."""
    if isinstance(cell, nn.GRU | nn.LSTM):
        weights = (cell.weight_ih_l0, cell.weight_hh_l0, cell.bias_ih_l0, cell.bias_hh_l0)
        step: Any = torch.gru_cell if isinstance(cell, nn.GRU) else torch.lstm_cell
        return step(x, state, *weights)
    return cell(x[:, None], state[None])[1][0]


def build(spec: Mapping[str, Any], *, n_channels: int) -> Seq2Seq:
    """Return an untrained model, its weights drawn from torch's global generator.

    Args:
        spec: `seq2seq` (the cell: mgu, gru, lstm) and, if wanted, `hidden`, `tied`, `decoder` (own,
            zero, teacher) and `residual`.
        n_channels: F.
    """
    settings = complete(spec)
    cell = settings.pop("seq2seq")
    return Seq2Seq(cell, n_channels=n_channels, **settings)


def complete(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of an encoder-decoder with its defaults filled in; raises `ConfigError`."""
    known = ("seq2seq", *DEFAULTS)
    if unknown := sorted(set(spec) - set(known)):
        raise ConfigError(f"model: unknown keys {unknown}; the known ones are {', '.join(known)}")
    settings = DEFAULTS | dict(spec)
    for key, values in (("seq2seq", GATED), ("decoder", DECODERS)):
        if settings.get(key) not in values:
            raise ConfigError(
                f"model: {key} {settings.get(key)!r} is unknown; choose of {', '.join(values)}"
            )
    return settings
