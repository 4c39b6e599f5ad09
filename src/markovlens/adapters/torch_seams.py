"""Graphs of torch that are run node by node, with their state put in and taken out at the seams.

A seam is a call of one of torch's recurrent operators, which takes the state that it goes on from
as an argument and returns the state that it ends in. A cell in a loop is one seam called often: the
state goes in at the first call, and comes out of the last; in between the graph hands it on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from markovlens.adapters.contract import State
from markovlens.errors import DataError, reason_of
from markovlens.recurrence.halves import Half

# By operator: what the parts of its state are. Of a stack they are (L * directions, B, H).
STACKS = {
    "lstm": "hc",
    "gru": "h",
    "rnn_tanh": "h",
    "rnn_relu": "h",
    "quantized_lstm": "hc",
    "quantized_gru": "h",
}
CELLS = {"lstm_cell": "hc", "gru_cell": "h", "rnn_tanh_cell": "h", "rnn_relu_cell": "h"}
BIDIRECTIONAL, BATCH_FIRST = 7, 8  # positions among a stack's arguments
HX = 1


class Seams:
    """What passes the seams of a graph while it is run once.

    Attributes:
        begin, end: the state that the graph itself begins with, and that it ends in.
        tops: what each stack returns of every step (B, T, directions * H), by name.
        backward: names of seams that read backwards, too.
        halves: what is left of those of which one direction is, by name.
    """

    def __init__(self, state: State | None) -> None:
        self._state = state
        self._names: dict[Hashable, str] = {}
        self.begin: dict[str, Tensor] = {}
        self.end: dict[str, Tensor] = {}
        self.tops: dict[str, Tensor] = {}
        self.backward: list[str] = []
        self.halves: Mapping[str, Half] = {}

    def call(
        self, key: Hashable, operator: str, function: Callable[..., Any], args: Sequence[Any]
    ) -> Any:
        """Return what the operator returns, called at the seam `key`.

        Raises:
            DataError: it reads packed sequences.
        """
        parts, is_stack = (STACKS | CELLS)[operator], operator in STACKS
        if is_stack and not isinstance(args[BATCH_FIRST], bool):
            raise DataError(
                f"{operator} reads packed sequences; export the network without packing",
                page="not-adaptable",
            )
        is_first = key not in self._names
        if is_first:
            self._names[key] = _name(operator, list(self._names.values()))
        name = self._names[key]
        half = self.halves.get(name)
        args = args if half is None else half.asked(args)
        if is_first:
            args = self._entered(name, args, parts, is_stack=is_stack)
        found = function(*args)
        self._leave(name, args, found, parts, is_stack=is_stack)
        return found if half is None else half.said(found)

    def _entered(
        self, name: str, args: Sequence[Any], parts: str, *, is_stack: bool
    ) -> Sequence[Any]:
        """Keep the state that the graph hands over, and hand over ours in its stead."""
        given = args[HX] if isinstance(args[HX], list | tuple) else [args[HX]]
        for part, values in zip(parts, given, strict=True):
            self.begin[f"{name}.{part}"] = _ours(values, is_stack=is_stack)
        if self._state is None:
            return args
        ours = [self._state[f"{name}.{part}"] for part in parts]
        laid = [each.transpose(0, 1).contiguous() if is_stack else each for each in ours]
        return [args[0], laid if len(laid) > 1 else laid[0], *args[HX + 1 :]]

    def _leave(
        self, name: str, args: Sequence[Any], found: Any, parts: str, *, is_stack: bool
    ) -> None:
        last = found[1:] if is_stack else found if isinstance(found, tuple | list) else [found]
        for part, values in zip(parts, last, strict=True):
            self.end[f"{name}.{part}"] = _ours(values, is_stack=is_stack)
        if is_stack:
            self.tops[name] = found[0] if args[BATCH_FIRST] else found[0].transpose(0, 1)
            if args[BIDIRECTIONAL] and name not in self.backward:
                self.backward.append(name)


class Runs(Protocol):
    """A graph that is run node by node on inputs (B, T, ...), past `seams`."""

    def __call__(self, inputs: Tensor, seams: Seams) -> Any:
        """Return what it answers."""
        ...


def running(runs: Runs, inputs: Tensor, seams: Seams) -> Any:
    """Return what a graph answers; raises `DataError` where it fails."""
    try:
        with torch.no_grad():
            return runs(inputs, seams)
    except DataError:
        raise
    except Exception as error:  # whatever a graph does that was made for other sizes
        raise DataError(
            f"it fails on inputs {tuple(inputs.shape)} ({reason_of(error)})", page="network-fails"
        ) from error


def answer_of(output: Any) -> Tensor:
    """Return the answer among what a graph returns: the first, or that named for its logits."""
    found = output[0] if isinstance(output, tuple | list) else output
    if isinstance(found, dict):
        found = found.get("logits", next(iter(found.values())))
    if not isinstance(found, Tensor) or found.ndim not in (2, 3):
        raise DataError(
            f"expected outputs (B, T, C) or (B, C), got {type(found).__name__}",
            page="wrong-outputs",
        )
    return found


def _name(operator: str, before: Sequence[str]) -> str:
    kind = operator.removeprefix("quantized_").removesuffix("_cell").partition("_")[0]
    return f"{kind}{sum(name.rstrip('0123456789') == kind for name in before)}"


def _ours(values: Tensor, *, is_stack: bool) -> Tensor:
    return values.transpose(0, 1) if is_stack else values
