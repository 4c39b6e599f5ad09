"""One direction of a bidirectional network, and how often it answers as the whole does.

What the other direction says is held at its mean over sequences that are given, see
`recurrence.halves`: in the modules of a copy, or at the seams of a graph; of ONNX in
`adapters.onnx_halves`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from markovlens.adapters.precision import reference_of, suited
from markovlens.adapters.stepping import Forward, answered
from markovlens.adapters.torch_layout import Laid
from markovlens.adapters.torch_seams import BIDIRECTIONAL, STACKS, Runs, Seams, running
from markovlens.arguments import check_choice
from markovlens.errors import DataError, reason_of
from markovlens.recurrence.halves import Half, Means, OneDirection, arguments_of, operator_of
from markovlens.recurrence.kinds import n_directions
from markovlens.recurrence.layers import recurrent_modules
from markovlens.recurrence.replay import INPUTS, STATES, argument
from markovlens.sequences import Sequences, batches_of_one_length, rows_of

Direction = Literal["forward", "backward"]
Answers = Callable[[Tensor], Tensor]
PLAIN = (nn.RNN, nn.GRU, nn.LSTM)


def half_of_module(
    model: nn.Module, direction: Direction, like: Sequences | None, forward: Forward
) -> tuple[nn.Module, str]:
    """Return a copy of a network in which one direction is left, and what is lost, in words.

    Raises:
        ConfigError: no such direction.
        DataError: no `like`, no bidirectional layers, or directions that cannot be parted.
    """
    given = checked_direction(direction, like)
    backward = direction == "backward"
    model = _copied(model.eval())
    both = _bidirectional(model, backward=backward)
    like_what = reference_of(model)
    batches = [suited(each, like_what) for each in batches_of(given)]
    means = {path: Means(backward=backward) for path in both}
    hooks = [
        each.register_forward_hook(_hearing(means[path]), with_kwargs=True)
        for path, each in both.items()
    ]
    wanted = [answered(model, each, forward) for each in batches]
    for hook in hooks:
        hook.remove()
    parted = _replaced(model, {both[path]: _half(path, means[path]) for path in both})
    found = (answered(parted, as_read(each, backward), forward) for each in batches)
    return parted, limit_of(direction, wanted, [as_read(each, backward) for each in found])


def half_of_graph(graph: Laid, direction: Direction, like: Sequences | None) -> tuple[Laid, str]:
    """Return a graph of which one direction is left, and what is lost, in words.

    Raises:
        ConfigError, DataError: as `half_of_module`.
    """
    given = checked_direction(direction, like)
    backward = direction == "backward"
    batches = [suited(each, torch.empty(0)) for each in batches_of(given)]
    hearing = _Hearing(backward=backward)
    for each in batches:
        hearing.again()
        graph.run(each, hearing)
    _check_parts(hearing.means, hearing.onward, backward=backward)
    halves = {name: _half(name, means) for name, means in hearing.means.items()}
    runs = _Parted(graph.runs, halves)
    parted = replace(graph, runs=runs, own=lambda inputs: running(runs, inputs, Seams(None)))
    found = [as_read(parted.call(as_read(each, backward)), backward) for each in batches]
    return parted, limit_of(direction, [graph.call(each) for each in batches], found)


@dataclass(frozen=True)
class _Parted:
    """A graph with one direction at some of its seams; it is `torch_seams.Runs`."""

    runs: Runs
    halves: Mapping[str, Half]

    def __call__(self, inputs: Tensor, seams: Seams) -> Any:
        seams.halves = self.halves
        return self.runs(inputs, seams)


class _Hearing(Seams):
    """Takes means of what the other direction says at each seam."""

    def __init__(self, *, backward: bool) -> None:
        super().__init__(None)
        self._backward = backward
        self.means: dict[str, Means] = {}
        self.onward: list[str] = []

    def again(self) -> None:
        """Be ready for another run."""
        super().__init__(None)

    def call(
        self, key: Hashable, operator: str, function: Callable[..., Any], args: Sequence[Any]
    ) -> Any:
        """Do what a seam does, and hear it."""
        found = super().call(key, operator, function, args)
        name = self._names[key]
        if operator not in STACKS or not args[BIDIRECTIONAL]:
            self.onward.append(name)
        elif operator.startswith("quantized"):
            raise DataError(
                f"{name} is quantised, and its directions cannot be parted", page="reads-backwards"
            )
        else:
            means = self.means.setdefault(name, Means(backward=self._backward))
            means.add(function, args)
        return found


def checked_direction(direction: str, like: Sequences | None) -> Sequences:
    """Return `like`; raises `DataError` without it, `ConfigError` for no direction."""
    check_choice("direction", direction, get_args(Direction))
    if like is None:
        raise DataError(
            "direction: expected `like`, sequences such as it reads, over which the other "
            "direction's mean is taken",
            page="like-missing",
        )
    return like


def batches_of(like: Sequences) -> Iterator[Any]:
    """Yield the sequences as arrays (B, T, ...) of one length each."""
    for indices in batches_of_one_length(like.lengths):
        values = like.values[rows_of(like.lengths, indices)]
        yield values.reshape(len(indices), -1, *values.shape[1:])


def as_read(values: Tensor, backward: bool) -> Tensor:
    """Return values (B, T, ...) in the order in which a half reads, or back from that."""
    return values.flip(1) if backward else values


def _copied(model: nn.Module) -> nn.Module:
    try:
        return deepcopy(model)
    except Exception as error:  # whatever somebody's own module raises
        raise DataError(
            f"{type(model).__name__} cannot be copied, as is needed to leave one direction "
            f"({reason_of(error)}); give it freshly loaded",
            page="reads-backwards",
        ) from error


def _bidirectional(model: nn.Module, *, backward: bool) -> dict[str, Any]:
    """Return the bidirectional modules; raises `DataError` where they cannot be parted."""
    modules = recurrent_modules(model)
    both = {path: each for path, each in modules.items() if n_directions(each) > 1}
    _check_parts(both, [path for path in modules if path not in both], backward=backward)
    for path, each in both.items():
        if type(each) not in PLAIN:
            raise DataError(
                f"{path or 'it'} is {type(each).__name__}, whose directions cannot be parted; only "
                "those of torch's plain RNN, GRU and LSTM can",
                page="reads-backwards",
            )
    return both


def _check_parts(both: Mapping[str, Any], onward: Sequence[str], *, backward: bool) -> None:
    if not both:
        raise DataError(
            "direction: the network has no bidirectional layers, and is one machine as it is; "
            "adapt it without `direction`",
            page="reads-backwards",
        )
    if backward and onward:
        raise DataError(
            f"{onward[0]} reads forward alone beside layers that read both ways, so that no half "
            "of the network reads from the end; its forward direction can be had",
            page="reads-backwards",
        )


def _hearing(means: Means) -> Callable[..., None]:
    """Return a hook that takes means of what a module's other direction says."""

    def hear(module: Any, args: tuple, kwargs: dict[str, Any], output: Any) -> None:
        read, begun = argument(0, INPUTS, args, kwargs), argument(1, STATES, args, kwargs)
        if not isinstance(read, Tensor):
            read, _ = nn.utils.rnn.pad_packed_sequence(read, batch_first=module.batch_first)
        means.add(operator_of(module), arguments_of(module, read, begun))

    return hear


def _half(name: str, means: Means) -> Half:
    found = means.half()
    if found is None:
        raise DataError(
            f"{name} is not called on `like`, so that its directions cannot be parted",
            page="reads-backwards",
        )
    return found


def _replaced(model: nn.Module, halves: Mapping[nn.Module, Half]) -> nn.Module:
    """Return a network with one direction in the place of modules, at all paths of each."""
    parted: dict[nn.Module, nn.Module] = {
        each: OneDirection(each, half)
        for each, half in halves.items()
        if isinstance(each, nn.RNNBase)
    }
    if model in parted:
        return parted[model]
    for path, module in list(model.named_modules(remove_duplicate=False)):
        if module in parted:
            model.set_submodule(path, parted[module])
    return model


def limit_of(direction: Direction, wanted: Sequence[Tensor], found: Sequence[Tensor]) -> str:
    """Return in words which share of the whole network's answers (B, T, C) a half gives."""
    rows = [each.flatten(0, 1) for each in wanted]
    counted = torch.cat([~each.isnan().any(dim=-1) for each in rows])
    same = torch.cat(
        [
            _chosen(each) == _chosen(said.flatten(0, 1))
            for each, said in zip(rows, found, strict=True)
        ]
    )[counted]
    what = "which output is largest" if rows[0].shape[-1] > 1 else "on which side of 0 it is"
    kept = (
        f"it keeps {float(same.double().mean()):.1%} of {len(same)} answers of the whole network "
        f"on `like` ({what})"
        if len(same)
        else "how many answers of the whole network it keeps is not known, it gives none"
    )
    order = "; give it sequences from their end (`Sequences.reversed`)"
    return (
        f"the {direction} direction alone, the other at its mean over `like`: {kept}"
        f"{order if direction == 'backward' else ''}"
    )


def _chosen(rows: Tensor) -> Tensor:
    return rows.argmax(dim=-1) if rows.shape[-1] > 1 else rows[:, 0] > 0
