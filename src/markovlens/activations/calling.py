"""A network that is called on batches: states and outputs of each step, in the order of the input.

Nothing is trusted to be where it usually is. What the axes mean follows from sizes, and where two
meanings fit, as for as many sequences as steps, from a small batch of other sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.activations.isolation import Snapshot, has_drawn, seed_all
from markovlens.activations.layout import ANSWERS, OF_TORCHS_LAYERS, STATES, Layout
from markovlens.activations.outputs import linked, output_of, warn_if_squeezed_twice
from markovlens.activations.reading import Reading
from markovlens.activations.watching import Recorder
from markovlens.adapters.precision import as_array, reference_of, suited
from markovlens.adapters.stepping import LOGITS, first_of
from markovlens.errors import DataError
from markovlens.outputs import Output
from markovlens.recurrence.kinds import is_cell, is_stack
from markovlens.recurrence.layers import Layer

OUTPUTS = "outputs"
TF32_EPS = 2.0**-10  # of products on a GPU, for numbers that are float32 before and after


class Batch(NamedTuple):
    """What a network did on B sequences of T steps.

    Attributes:
        states: float32 or float64 (B, T, D) for each layer.
        outputs: float32 (B, T, C), rows of NaN where the network gives none.
    """

    states: dict[str, np.ndarray]
    outputs: np.ndarray


class _Raw(NamedTuple):
    states: dict[str, Tensor]
    output: Tensor | None


class Calls:
    """Calls of one network that is hooked by a recorder, each from the state it was found in."""

    def __init__(self, model: nn.Module, recorder: Recorder, how: Reading) -> None:
        self.snapshot = Snapshot(model)
        self._model, self._recorder, self._how = model, recorder, how
        self._like = reference_of(model)
        self._answers = Layout(ANSWERS)
        self._states = {layer.name: Layout(_candidates(layer)) for layer in recorder.watched}
        self._dtypes = {each.dtype for each in model.parameters() if each.is_floating_point()}
        self._wary = how.verify
        self.output = Output.DISTRIBUTION  # of what was seen so far
        self._saw_several = False

    @property
    def steps_before(self) -> int:
        """Steps that the network puts in front of each sequence."""
        return self._how.steps_before

    def reseed(self) -> None:
        """Begin torch's random numbers anew."""
        seed_all(self._how.seed)

    def has_drawn(self) -> bool:
        """Return whether any random numbers were drawn since the last `reseed`."""
        return has_drawn(self._how.seed)

    @property
    def eps(self) -> float:
        """The relative rounding error of the coarsest numbers that were seen in the network."""
        dtypes = self._dtypes | {torch.float32}  # in which a recording is kept
        if torch.is_autocast_enabled(self._like.device.type):
            dtypes = dtypes | {torch.get_autocast_dtype(self._like.device.type)}
        tf32 = self._like.device.type == "cuda" and torch.backends.cudnn.allow_tf32
        return max(*(torch.finfo(dtype).eps for dtype in dtypes), TF32_EPS if tf32 else 0.0)

    def read(self, values: np.ndarray, *, fresh: bool = True) -> Batch:
        """Return states and outputs of sequences (B, T, ...).

        Args:
            values: the symbols or signals.
            fresh: whether what the network kept of earlier calls is put back before.

        Raises:
            DataError: a layer or an output without a place for every step, or with several.
        """
        raw = self._call(values, fresh=fresh)
        sizes = self._sizes(values)
        if self._is_squeezed(raw.output, sizes) and not self._saw_several:
            self._probe(values)  # one sequence does not show which axis it has lost
        self._see(raw, sizes)
        meant = self._meanings(raw, sizes)
        if any(len(found) > 1 for found in meant.values()):
            failure = self._probe(values)
            if isinstance(failure, DataError):
                raise failure
            meant = self._meanings(raw, sizes)
        for label, found in meant.items():
            if len(found) > 1:
                raise _ambiguous(label, found[0], sizes)
        steps = slice(self._how.steps_before, self._how.steps_before + sizes["T"])
        states = {name: as_array(meant[f"layer {name}"][0][:, steps]) for name in raw.states}
        return Batch(states, self._distributions(meant.get(OUTPUTS), sizes, steps))

    def _call(self, values: np.ndarray, *, fresh: bool = True) -> _Raw:
        if fresh:
            self.snapshot.restore()
        try:
            output = self._how.forward(self._model, suited(values, self._like))
            states = self._recorder.joined()
        finally:
            self._recorder.clear()
        output = first_of(output)
        if output is not None and not isinstance(output, Tensor):
            raise _strange(_kind(output), self._sizes(values))
        seen = [*states.values(), *([] if output is None else [output])]
        self._dtypes.update(value.dtype for value in seen if value.is_floating_point())
        return _Raw(states, output)

    def _sizes(self, values: np.ndarray) -> dict[str, int]:
        added = self._how.steps_before + self._how.steps_after
        return {"B": len(values), "T": values.shape[1], "S": values.shape[1] + added}

    def _see(self, raw: _Raw, sizes: Mapping[str, int]) -> None:
        ran = _ran(sizes)
        for name, value in raw.states.items():
            if not self._states[name].see(value, ran):
                raise _misfit(name, value, sizes)
        if raw.output is not None:
            value = self._unsqueezed(raw.output, sizes)
            if not self._answers.see(value, sizes):
                raise _strange(tuple(value.shape), sizes)
        self._saw_several |= sizes["B"] > 1

    def _is_squeezed(self, output: Tensor | None, sizes: Mapping[str, int]) -> bool:
        """Return whether the batch axis may be lost, which `squeeze` takes from one sequence."""
        return output is not None and sizes["B"] == 1 and not self._answers.fits(output, sizes)

    def _unsqueezed(self, output: Tensor, sizes: Mapping[str, int]) -> Tensor:
        lost = self._saw_several and self._is_squeezed(output, sizes)
        return output[None] if lost else output

    def _meanings(self, raw: _Raw, sizes: Mapping[str, int]) -> dict[str, list[Tensor]]:
        """Return all that states and outputs may be, as (B, steps, C)."""
        ran = _ran(sizes)
        found = {f"layer {n}": self._states[n].meanings(v, ran) for n, v in raw.states.items()}
        if raw.output is not None:
            found[OUTPUTS] = self._answers.meanings(self._unsqueezed(raw.output, sizes), sizes)
        return found

    def _probe(self, values: np.ndarray) -> Exception | None:
        """Learn what the axes mean from a small batch of other sizes; return why it failed."""
        failure: Exception | None = None
        for other in _of_other_sizes(values):
            try:
                self._see(self._call(other), self._sizes(other))
                return None
            except Exception as error:  # such as for a length that the network was not made for
                failure = error
        return failure

    def _distributions(
        self, answers: list[Tensor] | None, sizes: Mapping[str, int], steps: slice
    ) -> np.ndarray:
        """Return what is said (B, T, C) after each step; NaN where there is no answer."""
        if answers is None:
            return np.full((sizes["B"], sizes["T"], 1), np.nan, dtype=np.float32)
        if self._wary:  # the first batch shows it
            warn_if_squeezed_twice(answers[0], self._how.link)
            self._wary = False
        self.output = output_of(self._how.link, answers[0].shape[-1])
        found = linked(answers[0], self._how.link).cpu().numpy()
        if found.shape[1] in (sizes["T"], sizes["S"]):
            return found if found.shape[1] == sizes["T"] else found[:, steps]
        rows = np.full((sizes["B"], sizes["T"], found.shape[2]), np.nan, dtype=np.float32)
        rows[:, -1:] = found
        return rows


def _kind(output: Any) -> str:
    if isinstance(output, Mapping):
        return f"a mapping of {', '.join(map(str, output))}, none of them {LOGITS!r}"
    return type(output).__name__


def _ran(sizes: Mapping[str, int]) -> dict[str, int]:
    """Return the sizes for a layer, whose steps are all that it ran."""
    return {**sizes, "T": sizes["S"]}


def _candidates(layer: Layer) -> tuple[str, ...]:
    known = is_stack(layer.module) or is_cell(layer.module)
    return OF_TORCHS_LAYERS if known else STATES


def _of_other_sizes(values: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a few of the sequences with a step more, then as they are."""
    n_sequences, length = values.shape[:2]
    count = next(n for n in range(2, 6) if n not in (n_sequences, length, length + 1))
    few = values[np.arange(count) % n_sequences]
    yield np.concatenate([few, few[:, -1:]], axis=1)
    yield few


def _strange(got: Any, sizes: Mapping[str, int]) -> DataError:
    batch, steps = sizes["B"], sizes["T"]
    return DataError(
        f"expected outputs ({batch}, {steps}, C) or ({batch}, C), got {got}; give `forward` to say "
        "how the network is called and what its output is: C numbers after each symbol, or after "
        "the last one only, the same C in every batch",
        page="wrong-outputs",
    )


def _misfit(name: str, value: Tensor, sizes: Mapping[str, int]) -> DataError:
    batch, steps, symbols = sizes["B"], sizes["S"], sizes["T"]
    found = tuple(value.shape[:2])
    advice = "is it called once, or once a step, on the whole batch?"
    if found == (steps, batch):
        advice = "it runs over the batch as if that were time: does it lack batch_first=True?"
    elif found == (1, batch):
        advice = "give one sequence alone in a list, [rows], as an array (n, T) is n of them"
    elif found[0] == batch and symbols < found[1] < 2 * symbols:
        added = found[1] - symbols
        advice = (
            f"if the network puts a start token or a warm-up in front, give steps_before={added}; "
            f"if it adds steps behind, steps_after={added}"
        )
    return DataError(
        f"layer {name}: expected states of {batch} sequences of {steps} steps, got {found[0]} of "
        f"{found[1]}; {advice}",
        page="not-a-row-a-step",
    )


def _ambiguous(label: str, value: Tensor, sizes: Mapping[str, int]) -> DataError:
    return DataError(
        f"{label}: cannot tell which axis is which in {tuple(value.shape)}, of {sizes['B']} "
        f"sequences of {sizes['T']} steps, and the network takes no other sizes; give another "
        "`batch_size`, or a `forward` that returns (B, T, C)",
        page="not-a-row-a-step",
    )
