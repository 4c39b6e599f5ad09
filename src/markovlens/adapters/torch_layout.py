"""How graphs of torch lay out inputs and answers: which axis is the batch, and which is time.

Torch's recurrent modules read (T, B, ...) unless they are told otherwise, and a graph does not say
which of the two it was made for. What changes when some of its inputs do, says it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from markovlens.adapters.axes import Axes, corner, is_transposed, moved_along, sizes_of
from markovlens.adapters.reads import Reads
from markovlens.adapters.torch_seams import Runs, Seams, answer_of, running
from markovlens.errors import DataError


@dataclass(frozen=True)
class Laid:
    """How a graph wants its inputs, and gives its answers.

    Attributes:
        runs: it, run node by node.
        own: it, run by its framework.
        time_first: whether it reads (T, B, ...), as torch's modules do without `batch_first`.
        axes: of its answer.
        batch: how many sequences it was made for; 2 where any number.
        alone: whether it takes one sequence at a time, as often as that.
    """

    runs: Runs
    own: Callable[[Tensor], Any]
    time_first: bool
    axes: Axes
    batch: int
    alone: bool

    @classmethod
    def learnt(
        cls, runs: Runs, own: Callable[[Tensor], Any], reads: Reads, batch: int | None
    ) -> tuple[Laid, Reads]:
        """Return how a graph is laid out, and what it reads, learnt from a few runs.

        Args:
            runs, own: as above.
            reads: what it reads, with `n_steps` of the second axis of its inputs.
            batch: the size that the first axis was made for; None where any will do.

        Raises:
            DataError: it has no recurrent operator, or no answer at the rate of its inputs.
        """
        _check_seams(runs, reads.made(*sizes_of(batch, reads.n_steps)[0]))
        time_first = _is_time_first(runs, reads, sizes_of(batch, reads.n_steps)[0])
        if time_first:
            batch, reads = reads.n_steps, replace(reads, n_steps=batch)
        sizes = sizes_of(batch, reads.n_steps)
        found = cls(runs, own, time_first, Axes(None), sizes[0][0], batch is not None)
        axes = Axes.learnt(found.answered, reads, sizes)
        if axes is None:
            raise DataError(
                "expected outputs (B, T, C) or (B, C), its own have axes that are neither; what "
                "runs at another rate than its inputs has no answer for each of them",
                page="wrong-outputs",
            )
        return replace(found, axes=axes), reads

    def answered(self, inputs: Tensor) -> Tensor:
        """Return what it answers to inputs (B, T, ...), laid out as it is."""
        return answer_of(running(self.runs, self._as_read(inputs), Seams(None)))

    def run(self, inputs: Tensor, seams: Seams) -> Tensor:
        """Return what it answers, run node by node on inputs (B, T, ...)."""
        return self._laid(running(self.runs, self._as_read(inputs), seams))

    def call(self, inputs: Tensor) -> Tensor:
        """Return what it answers by its framework's own run of inputs (B, T, ...)."""
        return self._laid(self.own(self._as_read(inputs)))

    def _as_read(self, inputs: Tensor) -> Tensor:
        return inputs.transpose(0, 1).contiguous() if self.time_first else inputs

    def _laid(self, output: Any) -> Tensor:
        """Return outputs (B, T, C), or (B, 1, C) where there is one after the last step only."""
        return self.axes.by_step(answer_of(output))


def _check_seams(runs: Runs, laid: Tensor) -> None:
    """Raise `DataError` for a graph in which there is no state to be seen."""
    if not _ends(runs, laid):
        raise DataError(
            "no recurrent operator of torch is in its graph: tracing takes cells apart; script "
            "it (torch.jit.script), or record the eager module",
            page="not-adaptable",
        )


def _is_time_first(runs: Runs, reads: Reads, size: tuple[int, int]) -> bool:
    """Return whether a graph takes the second axis of what it reads for the sequences."""
    laid = reads.made(*size)
    try:
        one, other = (_ends(runs, each) for each in (laid, reads.changed(laid, corner(laid))))
    except DataError:  # why it fails is said where it is made use of
        return False
    moved = set().union(*(moved_along(one[name], other[name], 0) for name in one))
    return is_transposed(laid, moved)


def _ends(runs: Runs, inputs: Tensor) -> dict[str, Tensor]:
    seams = Seams(None)
    running(runs, inputs, seams)
    return seams.end
