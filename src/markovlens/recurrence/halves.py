"""One direction of a network that reads in both: the other says what it says on average.

A network of bidirectional layers is no state machine: what it answers at a step depends on what
comes later. Each direction by itself is one. What a layer gets from the other direction is set to
its mean over the steps of sample inputs (mean ablation), in every layer and before the head, which
only changes biases; what is left is a plain network of one direction. Where a network makes use of
the state that a direction ends in, the other's is its mean over the sample sequences.

`args` are those of torch's operators `lstm`, `gru`, `rnn_tanh`, `rnn_relu` (torch 2.13): inputs,
first states, weights, has_biases, num_layers, dropout, train, bidirectional, batch_first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

Operator = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Half:
    """One direction of a stack of bidirectional layers.

    Attributes:
        weights: of torch's operator, all layers, with biases; what the other direction says on
            average is in the biases of all layers but the first.
        mean: (D,), what the other says at the top.
        ends: (L, H) for each part of the state (h, and c of an LSTM): where the other ends.
        backward: which direction is left; the backward one is to be read from the end.
    """

    weights: tuple[Tensor, ...]
    mean: Tensor
    ends: tuple[Tensor, ...]
    backward: bool

    def asked(self, args: Sequence[Any]) -> list[Any]:
        """Return the arguments for this direction alone, of those for both."""
        read, begun, _, _, n_layers, _, _, _, batch_first = args
        own = self.begun(begun)
        return [read, own, list(self.weights), True, n_layers, 0.0, False, False, batch_first]

    def begun(self, both: Any) -> Any:
        """Return this direction's first state, of that of both, one or several (2 L, B, H)."""
        if isinstance(both, Tensor):
            return both[int(self.backward) :: 2].contiguous()
        return tuple(self.begun(each) for each in both)

    def said(self, found: Sequence[Any]) -> tuple[Any, ...]:
        """Return what both would return, of what this direction does: outputs, last states."""
        output, *last = found
        whole = [self._both(*each) for each in zip(last, self.ends, strict=True)]
        if isinstance(output, PackedSequence):
            return output._replace(data=self._beside(output.data)), *whole
        return self._beside(output), *whole

    def _beside(self, own: Tensor) -> Tensor:
        other = self.mean.expand(*own.shape[:-1], -1)
        return torch.cat([other, own] if self.backward else [own, other], dim=-1)

    def _both(self, own: Tensor, end: Tensor) -> Tensor:
        other = end[:, None].expand_as(own)
        return torch.stack([other, own] if self.backward else [own, other], dim=1).flatten(0, 1)


class OneDirection(nn.Module):
    """Stands where bidirectional layers of torch stood: what they return, of one direction."""

    def __init__(self, rnn: nn.RNNBase, half: Half) -> None:
        """Make the layers of one direction, named `own`, in place of both."""
        super().__init__()
        self.own, self._half = module_of(rnn, half), half
        self.input_size, self.hidden_size = rnn.input_size, rnn.hidden_size
        self.num_layers, self.proj_size = rnn.num_layers, rnn.proj_size
        self.bidirectional, self.batch_first = True, rnn.batch_first

    def flatten_parameters(self) -> None:
        """Do nothing: what a network calls for the sake of speed."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        """Return what the layers returned: outputs (B, T, 2 H), and the last states (2 L, B, H)."""
        output, last = self.own(input, None if hx is None else self._half.begun(hx))
        if isinstance(last, Tensor):
            return self._half.said([output, last])
        output, *whole = self._half.said([output, *last])
        return output, tuple(whole)


class Means:
    """What the other direction says and ends in on average, in each layer, over several calls."""

    def __init__(self, *, backward: bool) -> None:
        """Begin with none.

        Args:
            backward: which direction is to be left.
        """
        self._backward = backward
        self._args: Sequence[Any] = ()
        self._said: list[_Mean] = []
        self._ended: list[list[_Mean]] = []

    def add(self, operator: Operator, args: Sequence[Any], counted: Tensor | None = None) -> None:
        """Run both directions once more, layer by layer.

        Args:
            operator: one of torch's, called with `args`.
            args: of both directions.
            counted: (B, T) or as inputs are laid out, the steps over which means are taken; all
                when None.
        """
        n_layers = args[4]
        if not self._args:
            n_parts = 1 if isinstance(args[1], Tensor) else len(args[1])
            self._said = [_Mean() for _ in range(n_layers)]
            self._ended = [[_Mean() for _ in range(n_layers)] for _ in range(n_parts)]
        self._args, read = args, args[0]
        for layer in range(n_layers):
            read, *ended = operator(read, *_one_layer(args, layer))
            others = read.chunk(2, dim=-1)[1 - self._backward]
            self._said[layer].add(others.flatten(0, 1) if counted is None else others[counted])
            for means, both in zip(self._ended, ended, strict=True):
                means[layer].add(both[1 - self._backward])

    def half(self) -> Half | None:
        """Return the direction that is left; None where nothing was run."""
        if not self._args:
            return None
        means = [each.mean for each in self._said]
        ends = tuple(torch.stack([each.mean for each in part]) for part in self._ended)
        return Half(_weights(self._args, means, self._backward), means[-1], ends, self._backward)


class _Mean:
    """The mean (D,) of rows (M, D) that come one after the other."""

    def __init__(self) -> None:
        self.mean, self._count = torch.zeros(()), 0

    def add(self, rows: Tensor) -> None:
        self._count += len(rows)
        if len(rows):
            found = rows.mean(dim=0)
            share = len(rows) / self._count
            self.mean = found if share == 1 else self.mean + (found - self.mean) * share


def arguments_of(rnn: nn.RNNBase, read: Tensor, begun: Any = None) -> list[Any]:
    """Return the arguments of torch's operator for a module that reads a batch."""
    if begun is None:
        batch = read.shape[0 if rnn.batch_first else 1]
        widths = [rnn.proj_size or rnn.hidden_size, rnn.hidden_size]
        zeros = [read.new_zeros(2 * rnn.num_layers, batch, width) for width in widths]
        begun = zeros if isinstance(rnn, nn.LSTM) else zeros[0]
    weights = list(chain(*rnn.all_weights))
    return [read, begun, weights, rnn.bias, rnn.num_layers, 0.0, False, True, rnn.batch_first]


def operator_of(rnn: nn.RNNBase) -> Operator:
    """Return torch's operator that a module calls."""
    found: Operator = getattr(torch, rnn.mode.lower())
    return found


def module_of(rnn: nn.RNNBase, half: Half) -> Any:
    """Return one direction of a module as a module of its kind."""
    options: dict[str, Any] = {"batch_first": rnn.batch_first}
    if isinstance(rnn, nn.LSTM):
        options["proj_size"] = rnn.proj_size
    if isinstance(rnn, nn.RNN):
        options["nonlinearity"] = rnn.nonlinearity
    sizes = (rnn.input_size, rnn.hidden_size, rnn.num_layers)
    kind: Any = type(rnn)
    # On no device, so that nothing is drawn: torch's random state is left as it was.
    found = kind(*sizes, **options, device="meta", dtype=half.mean.dtype)
    found = found.to_empty(device=half.mean.device)
    with torch.no_grad():
        for own, weight in zip(chain(*found.all_weights), half.weights, strict=True):
            own.copy_(weight)
    return found.eval()


def half(
    rnn: nn.LSTM | nn.GRU, samples: Tensor, counted: Tensor, *, backward: bool
) -> tuple[nn.LSTM | nn.GRU, Tensor]:
    """Return one direction of a module, and the mean (D,) of what the other says at the top.

    Args:
        rnn: bidirectional layers, `batch_first`.
        samples: vectors (B, T, E) in the order in which the forward direction reads.
        counted: (B, T), the steps over which means are taken: not what is filled up with.
        backward: which direction is left; the backward one is to be read from the end.
    """
    means = Means(backward=backward)
    with torch.no_grad():
        means.add(operator_of(rnn), arguments_of(rnn, samples), counted)
    found = means.half()
    assert found is not None, "it was run"
    return module_of(rnn, found), found.mean


def half_of_linear(linear: nn.Linear, mean: Tensor, *, backward: bool) -> nn.Linear:
    """Return what a head reads of one direction, the other being at its mean (D,)."""
    size = len(mean)
    own, others = linear.weight[:, :size], linear.weight[:, size:]
    if backward:
        own, others = others, own
    found = nn.Linear(size, linear.out_features)
    with torch.no_grad():
        found.weight.copy_(own)
        found.bias.copy_(linear.bias + others @ mean)
    return found


def _one_layer(args: Sequence[Any], layer: int) -> list[Any]:
    """Return the arguments after the first of one layer of a stack, both directions."""
    _, begun, weights, has_biases, n_layers, _, _, _, batch_first = args
    width = len(weights) // n_layers
    own = list(weights[layer * width : (layer + 1) * width])
    places = slice(2 * layer, 2 * layer + 2)
    first = begun[places] if isinstance(begun, Tensor) else [each[places] for each in begun]
    return [first, own, has_biases, 1, 0.0, False, True, batch_first]


def _weights(args: Sequence[Any], means: Sequence[Tensor], backward: bool) -> tuple[Tensor, ...]:
    """Return the weights of one direction, its biases with what the other says on average."""
    _, _, weights, has_biases, n_layers, *_ = args
    width = len(weights) // (2 * n_layers)
    found: list[Tensor] = []
    for layer in range(n_layers):
        begin = (2 * layer + backward) * width
        reads, keeps, *rest = weights[begin : begin + width]
        nothing = reads.new_zeros(len(reads))
        biases = rest[:2] if has_biases else [nothing, nothing]
        if layer:
            columns = reads.chunk(2, dim=1)
            reads, others = columns[int(backward)], columns[1 - backward]
            biases = [biases[0] + others @ means[layer - 1], biases[1]]
        found += [reads, keeps, *biases, *rest[2 if has_biases else 0 :]]
    return tuple(each.detach() for each in found)
