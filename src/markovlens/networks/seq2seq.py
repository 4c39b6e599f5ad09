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
from markovlens.recurrence.cell_states import joined
from markovlens.recurrence.cells import CELLS
from markovlens.recurrence.layers import Layer, states_of_call

OWN, ZERO, TEACHER = DECODERS = ("own", "zero", "teacher")
ORDERS = (0, 1, 2)
GATED = ("mgu", "gru", "lstm")
DEFAULTS = {"hidden": 64, "tied": True, "decoder": OWN, "order": 0}


@dataclass(frozen=True, slots=True)
class Forecasted:
    """What an encoder-decoder did with a batch of windows.

    Attributes:
        outputs: (B, Td, F), the forecast frames.
        encoder: (B, Te, D), the state after each past frame: h, and for an LSTM arcsinh(c) beside
            it, as `activations.record` has them.
        decoder: (B, Td, D), the state behind each forecast frame, likewise.
    """

    outputs: Tensor
    encoder: Tensor
    decoder: Tensor


class Seq2Seq(nn.Module):
    """An encoder-decoder of one cell (`tied`) or two.

    The decoder reads its `own` last output, or `zero`s. One of mode `teacher` is shown the true
    last frame while it is trained; who forecasts knows none, and then it reads its own output. What
    it puts out depends on `order`:

    - 0: the next frame, as Su & Shlizerman do;
    - 1: how the next frame differs from the last one (Martinez et al. 2017, "On human motion
      prediction using recurrent neural networks");
    - 2: how that difference changes: a network that says nothing goes on at the same velocity.

    Networks of order 1 and 2 read differences too, in units of `pace`, so that a movement that was
    never seen is not out of reach because its postures are new.
    """

    pace: Tensor

    def __init__(
        self,
        cell: str,
        *,
        n_channels: int,
        hidden: int,
        tied: bool = True,
        decoder: str = OWN,
        order: int = 0,
    ) -> None:
        super().__init__()
        self.encoder = CELLS[cell](n_channels, hidden)
        self.decoder = self.encoder if tied else CELLS[cell](n_channels, hidden)
        self.head = nn.Linear(hidden, n_channels)
        self.register_buffer("pace", torch.ones(n_channels))
        self.mode = decoder
        self.order = order

    def forward(self, past: Tensor, n_steps: int, *, frames: Tensor | None = None) -> Forecasted:
        """Return the forecast of the `n_steps` frames after `past` (B, Te, F).

        With the true `frames` (B, Td, F) it is what a taught decoder says: each frame from the true
        one before, which is no forecast.
        """
        shown = self.read(past)
        states, last = self.encoder(shown)
        with torch.no_grad():
            encoder = states_of_call(
                Layer("encoder", self.encoder), (shown,), {}, output=(states, last)
            )
        outputs, decoder = self.decode(
            past[:, -1], shown[:, -1], _end(last), n_steps, frames=frames
        )
        return Forecasted(outputs, encoder, decoder)

    def read(self, past: Tensor) -> Tensor:
        """Return what the encoder is shown of frames (B, T, F): them, or how they change."""
        if not self.order:
            return past
        changes = torch.diff(past, dim=1) / self.pace
        return torch.cat([changes[:, :1], changes], dim=1)

    def encode(self, shown: Tensor) -> tuple[Tensor, Any]:
        """Return h (B, Te, H) after what `read` gave, and the cell's state at the end.

        That is what `decode` begins with: (B, H), or for an LSTM a pair of them.
        """
        states, last = self.encoder(shown)
        return states, _end(last)

    def decode(
        self,
        frame: Tensor,
        shown: Tensor,
        state: Any,
        n_steps: int,
        *,
        frames: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return `n_steps` forecast frames (B, Td, F) and the states (B, Td, D) behind them.

        Args:
            frame: (B, F), the last past frame.
            shown: (B, F), what the encoder read last, which the decoder reads first.
            state: what `encode` gave, or any other state from which to go on.
            n_steps: Td.
            frames: (B, Td, F), the true frames, for a decoder that is being taught; None in tests.
        """
        states, outputs = [], []
        for step in range(n_steps):
            x = torch.zeros_like(shown) if self.mode == ZERO else shown
            state = advance(self.decoder, x, state)
            parts = state if isinstance(state, tuple) else (state,)
            states.append(joined(*parts))
            said = self.head(parts[0])
            said = shown + said if self.order == 2 else said
            outputs.append(frame + said * self.pace if self.order else said)
            after = outputs[-1] if frames is None else frames[:, step]
            shown = (after - frame) / self.pace if self.order else after
            frame = after
        return torch.stack(outputs, dim=1), torch.stack(states, dim=1)


def _end(last: Any) -> Any:
    """Return what a one-layer module returned as its last state without the axis of layers."""
    return tuple(part[0] for part in last) if isinstance(last, tuple) else last[0]


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
            zero, teacher) and `order` (0, 1, 2).
        n_channels: F.
    """
    settings = complete(spec)
    cell = settings.pop("seq2seq")
    return Seq2Seq(cell, n_channels=n_channels, **settings)


def complete(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of an encoder-decoder with its defaults filled in; raises `ConfigError`."""
    known = ("seq2seq", *DEFAULTS)
    if unknown := sorted(set(spec) - set(known)):
        raise ConfigError(
            f"model: unknown keys {unknown}; the known ones are {', '.join(known)}",
            page="bad-config",
        )
    settings = DEFAULTS | dict(spec)
    for key, values in (("seq2seq", GATED), ("decoder", DECODERS), ("order", ORDERS)):
        if settings.get(key) not in values:
            known_values = ", ".join(map(str, values))
            raise ConfigError(
                f"model: {key} {settings.get(key)!r} is unknown; choose of {known_values}",
                page="bad-config",
            )
    return settings
