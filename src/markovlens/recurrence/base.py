"""What our recurrent modules have in common: how they are called, and what their state is."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from markovlens.errors import DataError


class Recurrent(nn.Module):
    """Base of our own recurrent modules; `activations.record` knows them by it.

    A subclass keeps the names that `nn.GRU` gives to attributes (`input_size`, `hidden_size`,
    `num_layers`) and parameters (`weight_ih_l0`, ...), and returns (outputs (B, T, D), h_n). One of
    several layers runs a single one of them in `run_layer`. Of the D columns the last `n_cells` may
    be cell states.
    """

    batch_first = True
    bidirectional = False
    n_cells = 0

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers

    def run_layer(self, layer: int, x: Tensor, h: Tensor) -> Tensor:
        """Return the states (B, T, D) of one layer that reads x (B, T, E) from h (B, D) on."""
        raise DataError(
            f"{type(self).__name__}: expected `run_layer`, by which layers below the top one are "
            "run again, got a class without it; record the top layer, or give it one",
            page="closed-network",
        )

    def extra_repr(self) -> str:
        """Return what `print(model)` shows between the brackets."""
        return f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}"


class Stacked(Recurrent):
    """Layers that each run in `run_layer`, one above the other."""

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the top layer's states (B, T, D) and each layer's last state (L, B, D)."""
        if h0 is None:
            h0 = x.new_zeros(self.num_layers, len(x), self.hidden_size)
        last = []
        for layer in range(self.num_layers):
            x = self.run_layer(layer, x, h0[layer])
            last.append(x[:, -1])
        return x, torch.stack(last)


class Whole(Stacked):
    """Layers whose state is more than the h (D,) that is read out: parts side by side, h first.

    A subclass says in `parts_of` how wide each part is and gives `run_layer`, in which the inputs
    of an upper layer are h of the one below. All parts begin with zeros.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1) -> None:
        super().__init__(input_size, hidden_size, num_layers)
        self.parts = self.parts_of(hidden_size)
        self.n_cells = sum(self.parts.values()) - hidden_size

    @staticmethod
    def parts_of(hidden_size: int) -> Mapping[str, int]:
        """Return the width of each part of one layer's state, by name; the first is h."""
        raise NotImplementedError

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the top layer's states (B, T, S) and each layer's last state (L, B, S)."""
        if h0 is None:
            h0 = x.new_zeros(self.num_layers, len(x), sum(self.parts.values()))
        return super().forward(x, h0)

    def spread(self, state: Tensor) -> Tensor:
        """Return the scale (..., S) of noise that a state (..., S) stands in training.

        What normalises or scales the rest, and what merely remembers inputs, stands none.
        """
        zeros = {name: torch.zeros_like(part) for name, part in self.apart(state).items()}
        return torch.cat(list((zeros | self.shaken(self.apart(state))).values()), dim=-1)

    def shaken(self, parts: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the scale of noise of the parts that stand it, by name."""
        raise NotImplementedError

    def apart(self, state: Tensor) -> dict[str, Tensor]:
        """Return the parts of a state (..., S), by name."""
        widths = list(self.parts.values())
        return dict(zip(self.parts, state.split(widths, dim=-1), strict=True))

    def weight(self, name: str, layer: int, value: Tensor) -> None:
        """Give layer k the parameter `{name}_l{k}`."""
        self.register_parameter(f"{name}_l{layer}", nn.Parameter(value))

    def uniform(self, name: str, layer: int, *shape: int) -> None:
        """Give layer k the parameter `{name}_l{k}`, drawn uniformly from ±1/sqrt(D)."""
        bound = self.hidden_size**-0.5
        self.weight(name, layer, torch.empty(shape).uniform_(-bound, bound))

    def weights(self, layer: int, *names: str) -> list[Tensor]:
        """Return parameters of layer k."""
        return [getattr(self, f"{name}_l{layer}") for name in names]

    def width(self, layer: int) -> int:
        """Return how many numbers a layer reads at each step."""
        return self.hidden_size if layer else self.input_size

    def read(self, layer: int, x: Tensor) -> Tensor:
        """Return what a layer reads (..., E): the inputs, or h of the layer below."""
        return x[..., : self.width(layer)]
