"""A torch network made `Stepwise` by its recurrent modules: states are put in and taken out there.

The network is called as ever, on one input or on several. Hooks hand each recurrent module the
state that it is to go on from, and keep the one that it ends in. Whether that is all the network
keeps is not taken on trust: read in two parts, it must say what it says in one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.adapters.contract import State, one_by_one
from markovlens.adapters.failures import explaining
from markovlens.adapters.precision import alike, rounding_of
from markovlens.errors import DataError
from markovlens.recurrence.base import Whole
from markovlens.recurrence.kinds import is_cell, n_directions, parts_of
from markovlens.recurrence.layers import recurrent_modules
from markovlens.recurrence.replay import STATES, argument
from markovlens.recurrence.watchable import check_eager, eagerly
from markovlens.sequences import Sequences

LOGITS = "logits"  # under which name networks that return a mapping mostly answer


Forward = Callable[[nn.Module, Tensor], Any]


class Stepping:
    """The two functions of `contract.Stepwise`, and `read`, of one torch network.

    A part of the state is named by its module and what `kinds.parts_of` says, `rnn.h` or `rnn.c`:
    (B, L, D) of a module of L layers, (B, D) of a cell.
    """

    def __init__(
        self, model: nn.Module, example: Tensor, forward: Forward = nn.Module.__call__
    ) -> None:
        """Find the recurrent modules, and check that their states are all that is kept.

        Args:
            model: the network, put into evaluation mode.
            example: inputs (B, T, ...) of at least two sequences and two steps.
            forward: how the network is called, see `activations.reading.Reading`.

        Raises:
            DataError: no recurrent module, one that reads backwards too or is not called once for
                each step; outputs that are not (B, T, C); or a network that goes on otherwise from
                the states of its modules than it did.
        """
        check_eager(model)
        self._model, self._forward = model.eval(), forward
        self._modules = _recurrent(model)
        self._places = {path: _place_of_state(each) for path, each in self._modules.items()}
        self._answers_all = True
        self._begin = self._found_at_first(example)
        self._check(example)

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        return {name: part.expand(batch, *part.shape[1:]) for name, part in self._begin.items()}

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state (each part (B, ...)) after inputs (B,) or (B, D), and outputs (B, C)."""
        state, outputs = self._run(state, inputs[:, None])
        return state, outputs[:, -1]

    def read(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B, T, ...), and the outputs (B, T, C) on the way."""
        if self._answers_all:
            return self._run(state, inputs)
        return one_by_one(self, state, inputs)

    def _found_at_first(self, example: Tensor) -> dict[str, Tensor]:
        """Return the state (1, ...) that the network hands to its modules at the first step."""
        with self._hooked(None) as passing, torch.no_grad():
            outputs = _answers(self._forward(self._model, example))
        self._answers_all = outputs is None or (outputs.ndim == 3 and outputs.shape[1] > 1)
        begin = {name: part for each in passing for name, part in each.begin.items()}
        for name, part in begin.items():
            if len(part) != len(example):
                raise DataError(
                    f"state {name}: expected one for each of {len(example)} sequences, got "
                    f"{len(part)}; does its module lack batch_first=True?",
                    page="depends-on-its-batch",
                )
        return {name: part[:1] for name, part in begin.items()}

    def _run(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        with self._hooked(state) as passing, torch.no_grad():
            outputs = _answers(self._forward(self._model, inputs))
        for each in passing:
            each.check_calls(inputs.shape[1])
        after = {name: part for each in passing for name, part in each.end.items()}
        return after, _oriented(outputs, inputs)

    @contextmanager
    def _hooked(self, state: State | None) -> Iterator[list[_Passing]]:
        """Hand `state` to the modules; None leaves them what the network hands to them."""
        passing = [
            _Passing(path, module, state, self._places[path])
            for path, module in self._modules.items()
        ]
        with ExitStack() as hooks, eagerly():
            for each in passing:
                before = each.module.register_forward_pre_hook(each.enter, with_kwargs=True)
                after = each.module.register_forward_hook(each.leave)
                hooks.callback(before.remove)
                hooks.callback(after.remove)
            yield passing

    def _check(self, example: Tensor) -> None:
        """Raise `DataError` unless the network is the same read in one go and step by step."""
        begin = self.initial(len(example))
        wanted, whole = self.read(begin, example)
        found, stepwise = one_by_one(self, begin, example)
        pairs = [(found[name], wanted[name]) for name in wanted] + [(stepwise, whole)]
        eps = rounding_of(self._model)
        if not all(alike(each, other, eps) for each, other in pairs):
            raise DataError(
                f"{type(self._model).__name__} can be recorded but not asked: begun again from the "
                "states of its recurrent modules it goes on otherwise, so that it keeps more than "
                "these; give it `initial` and `step`, see "
                "markovlens.adapters.contract.Stepwise",
                page="cannot-be-asked",
            )


def stepping(model: nn.Module, example: Tensor, forward: Forward) -> Stepping:
    """Return the network as `Stepping` does; why it fails on the example is said in words."""
    with explaining(model, example.cpu().numpy()):
        return Stepping(model, example, forward)


def inputs_for(model: nn.Module, like: Sequences | None) -> np.ndarray:
    """Return inputs (2, 3, ...) to try a network on: of those given, or symbols, or rows."""
    if like is not None:
        return np.resize(like.values, (2, 3, *like.values.shape[1:]))
    tables = [each for each in model.modules() if isinstance(each, nn.Embedding)]
    if not tables and isinstance(model, nn.RNNBase | nn.RNNCellBase):
        return np.linspace(-1.0, 1.0, 6 * model.input_size).reshape(2, 3, model.input_size)
    return np.arange(6).reshape(2, 3) % min((each.num_embeddings for each in tables), default=1)


class _Passing:
    """What one recurrent module is given and gives back while the network is called once."""

    def __init__(
        self, path: str, module: nn.Module, state: State | None, place: tuple[int, str]
    ) -> None:
        self.path, self.module, self._state, self._place = path, module, state, place
        self.begin: dict[str, Tensor] = {}
        self.end: dict[str, Tensor] = {}
        self.n_calls = 0

    def enter(self, module: nn.Module, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Put the state in at the first call; a cell's loop hands it on itself."""
        self.n_calls += 1
        if self.n_calls > 1:
            return None
        position, name = self._place
        self._given = argument(position, STATES, args, kwargs)
        if self._state is None:
            return None
        wanted = self._as_argument(self._state)
        if position < len(args):
            return (*args[:position], wanted, *args[position + 1 :]), kwargs
        return args, {**kwargs, name: wanted}

    def leave(self, module: nn.Module, args: tuple, output: Any) -> None:
        """Keep the state after the call, and what it was before the first."""
        last = output if is_cell(module) else output[1]
        self.end = self._named(last)
        if self.n_calls == 1:
            given = {} if self._given is None else self._named(self._given)
            zeros = {name: torch.zeros_like(part) for name, part in self.end.items()}
            self.begin = zeros | given

    def check_calls(self, n_steps: int) -> None:
        """Raise `DataError` unless the module ran once over all steps, or was called at each."""
        wanted = n_steps if is_cell(self.module) else 1
        if self.n_calls != wanted:
            raise DataError(
                f"module {self.path or type(self.module).__name__}: expected {wanted} call of "
                f"{n_steps} steps, got {self.n_calls}; give the network `initial` and `step`, see "
                "markovlens.adapters.contract.Stepwise",
                page="cannot-be-asked",
            )

    def _named(self, state: Any) -> dict[str, Tensor]:
        parts = state if isinstance(state, tuple) else (state,)
        if isinstance(self.module, Whole):
            parts = tuple(self.module.apart(state).values())
        return {
            name: part if is_cell(self.module) else part.transpose(0, 1)
            for name, part in zip(self._names(), parts, strict=True)
        }

    def _as_argument(self, state: State) -> Any:
        parts = [state[name] for name in self._names()]
        if not is_cell(self.module):
            parts = [part.transpose(0, 1).contiguous() for part in parts]
        if isinstance(self.module, Whole):
            return torch.cat(parts, dim=-1)
        return parts[0] if len(parts) == 1 else tuple(parts)

    def _names(self) -> list[str]:
        return [f"{self.path}.{part}".lstrip(".") for part in parts_of(self.module)]


def _recurrent(model: nn.Module) -> dict[str, nn.Module]:
    """Return the recurrent modules by path; raises `DataError` if there are none, or backward."""
    found = recurrent_modules(model)
    if not found:
        raise DataError(
            f"{type(model).__name__} cannot be asked: it has no recurrent module that is known; "
            "give it `initial` and `step`, see markovlens.adapters.contract.Stepwise",
            page="cannot-be-asked",
        )
    for path, module in found.items():
        if n_directions(module) > 1:
            raise DataError(
                f"{path or type(model).__name__} reads backwards, too: what it says depends on "
                "what comes later, and it cannot be asked step by step",
                page="reads-backwards",
            )
    return found


def _place_of_state(module: nn.Module) -> tuple[int, str]:
    """Return position and name of the argument of a module's call that is its state."""
    names = list(inspect.signature(module.forward).parameters)
    name = next(name for name in STATES if name in names)
    return names.index(name), name


def first_of(output: Any) -> Any:
    """Return the answer of what a network returned: a tuple begins with it, a mapping names it."""
    if isinstance(output, Mapping):
        return output.get(LOGITS, output)
    return output[0] if isinstance(output, tuple) else output


def answered(model: nn.Module, inputs: Tensor, forward: Forward) -> Tensor:
    """Return what a network answers to inputs (B, T, ...) in one run, as `Stepping.read` does.

    Raises:
        DataError: it answers something else than outputs (B, T, C) or (B, C).
    """
    with torch.no_grad(), eagerly(), explaining(model, inputs.cpu().numpy()):
        return _oriented(_answers(forward(model, inputs)), inputs)


def _answers(output: Any) -> Tensor | None:
    found = first_of(output)
    if found is not None and not isinstance(found, Tensor):
        raise DataError(
            f"expected outputs (B, T, C) or (B, C) to ask the network, got {type(found).__name__}; "
            "give a `forward` that returns them",
            page="wrong-outputs",
        )
    return found


def _oriented(outputs: Tensor | None, inputs: Tensor) -> Tensor:
    """Return outputs (B, T, C), T being 1 where there is one after the last step only."""
    batch, steps = inputs.shape[:2]
    if outputs is None:
        return torch.full((batch, steps, 1), torch.nan)
    if outputs.ndim == 2 and len(outputs) == batch:
        outputs = outputs[:, None]
    if outputs.ndim != 3 or outputs.shape[0] != batch or outputs.shape[1] not in (1, steps):
        raise DataError(
            f"expected outputs ({batch}, {steps}, C) or ({batch}, C) to ask the network, got "
            f"{tuple(outputs.shape)}; give a `forward` that returns them so",
            page="wrong-outputs",
        )
    return outputs
