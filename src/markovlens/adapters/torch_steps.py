"""Graphs of torch as what is asked by their seams, or watched where that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from markovlens.adapters.contract import State
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.reads import Reads
from markovlens.adapters.torch_layout import Laid
from markovlens.adapters.torch_seams import Runs, Seams
from markovlens.errors import DataError


class SeamSteps:
    """`contract.Stepwise` by the seams of a graph, and `watch` by the framework's own run."""

    def __init__(self, graph: Laid, example: Tensor) -> None:
        """Find the seams; raises `DataError` where they cannot be stepped."""
        self._graph, seams = graph, Seams(None)
        graph.run(example, seams)
        if seams.backward:
            raise DataError(f"{seams.backward[0]} reads backwards, too", page="reads-backwards")
        self._begin = {name: part[:1] for name, part in seams.begin.items()}
        self.step(self.initial(len(example)), example[:, 0])  # whether it runs on a single step

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        return {name: part.expand(batch, *part.shape[1:]) for name, part in self._begin.items()}

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more input, and the output (B, C)."""
        seams = Seams(state)
        outputs = self._graph.run(inputs[:, None], seams)
        return {name: seams.end[name] for name in state}, outputs[:, -1]

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the outputs of the framework's own run, which shows no states."""
        filled, count = _filled(inputs, self._graph.batch)
        return {}, _spread(self._graph.call(filled), inputs.shape[1])[:count]


class SeamTops:
    """`contract.Watched` for graphs that cannot be stepped: what their stacks return."""

    def __init__(self, graph: Laid, example: Tensor) -> None:
        """Keep the graph; raises `DataError` where it has no stack."""
        self._graph = graph
        if not self.watch(example)[0]:
            raise DataError("no recurrent operator of torch is in its graph", page="not-adaptable")

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return h (B, T, H) of the top layer of each stack, by direction, and the outputs."""
        seams = Seams(None)
        filled, count = _filled(inputs, self._graph.batch)
        outputs = self._graph.run(filled, seams)
        states = {}
        for name, whole in seams.tops.items():
            top = whole[:count]
            if name in seams.backward:
                states[f"{name}.h"], states[f"{name}.h.backward"] = top.chunk(2, dim=-1)
            else:
                states[f"{name}.h"] = top
        return states, _spread(outputs, inputs.shape[1])[:count]


def foreign_of(
    about: str,
    reads: Reads,
    runs: Runs,
    own: Callable[[Tensor], Any],
    *,
    batch: int | None = None,
    part: Callable[[Laid], tuple[Laid, str]] | None = None,
) -> Foreign:
    """Return a graph as what is asked, or watched where that cannot be.

    Args:
        about: what it is, in words.
        reads: what it reads.
        runs: it, run node by node.
        own: it, run by its framework.
        batch: the size that the first axis of its inputs was made for; None where any will do.
        part: leaves one direction of it, and says in words what is lost; all is left when None.

    Raises:
        DataError: neither can be; the message says why.
    """
    lost: tuple[str, ...] = ()
    try:
        graph, reads = Laid.learnt(runs, own, reads, batch)
        if part is not None:
            graph, limit = part(graph)
            lost = (limit,)
    except DataError as error:
        raise DataError(f"{about}: {error}", page=error.page) from error
    example = reads.made(graph.batch, 3)
    try:
        return Foreign(about, reads, SeamSteps(graph, example), lost, graph.alone)
    except DataError as error:
        reason = str(error)
    limits = (*lost, f"not asked: {reason}")
    try:
        return Foreign(about, reads, SeamTops(graph, example), limits, graph.alone)
    except DataError as error:
        raise DataError(f"{about}: {reason}", page="cannot-be-asked") from error


def _filled(inputs: Tensor, batch: int) -> tuple[Tensor, int]:
    """Return inputs, one sequence as often as a batch has places, and how many are meant."""
    if len(inputs) > 1:
        return inputs, len(inputs)
    return inputs.expand(batch, *inputs.shape[1:]), 1


def _spread(found: Tensor, steps: int) -> Tensor:
    """Return outputs (B, T, C), NaN before the one after the last step where that is all."""
    if found.shape[1] == steps or found.shape[1] != 1:
        return found
    before = found.new_full((len(found), steps - 1, found.shape[2]), torch.nan)
    return torch.cat([before, found], dim=1)
