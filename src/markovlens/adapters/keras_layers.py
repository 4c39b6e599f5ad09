"""Recurrent layers of Keras: their states by name, handed in and taken out while a model runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from markovlens.errors import DataError

OF_LSTM = ("h", "c")  # what Keras calls its two states, in its order


@dataclass(frozen=True, slots=True)
class Layer:
    """One recurrent layer.

    Attributes:
        layer: the layer of Keras.
        names: of the parts of its state, in the order in which Keras has them.
    """

    layer: Any
    names: tuple[str, ...]

    @property
    def reads_backwards(self) -> bool:
        """Whether its first step is the last of a sequence."""
        return bool(self.layer.go_backwards)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of a row that it reads; () where it was never called."""
        kernel = getattr(self.layer.cell, "kernel", None)
        return () if kernel is None else (int(kernel.shape[0]),)

    def initial(self, batch: int) -> list[Any]:
        """Return the parts (B, ...) of the state that `batch` sequences begin in."""
        from keras import tree

        return tree.flatten(self.layer.get_initial_state(batch_size=batch))

    def packed(self, parts: Sequence[Any]) -> Any:
        """Return parts in the nested lists in which the layer has them."""
        from keras import tree

        return tree.pack_sequence_as(self.layer.get_initial_state(batch_size=1), list(parts))


@dataclass(slots=True)
class Held:
    """What recurrent layers are handed, and what they end in, while a model runs once.

    Attributes:
        begin: parts of the state by name, which the layers go on from; None where each begins as it
            always does.
        after: parts (B, ...) after the last step, or (B, T, ...) after each if all are kept.
    """

    begin: dict[str, Any] | None
    after: dict[str, Any] = field(default_factory=dict)


def recurrent_layers(model: Any) -> list[Layer]:
    """Return the recurrent layers of a model in the order of their names, parts named by layer."""
    import keras

    found = [each for each in all_layers(model) if isinstance(each, keras.layers.RNN)]
    names = [each.name for each in found]
    unique = len(set(names)) == len(names)
    return [
        Layer(each, tuple(f"{name}.{part}" for part in _parts(each.cell)))
        for each, name in zip(
            found, names if unique else [each.path for each in found], strict=True
        )
    ]


def all_layers(model: Any) -> list[Any]:
    """Return a model and its layers, at every depth."""
    return list(model._flatten_layers()) if hasattr(model, "_flatten_layers") else []


def _parts(cell: Any) -> tuple[str, ...]:
    """Return the names of the parts of the state of a cell, in the order of Keras."""
    from keras import layers, tree

    if isinstance(cell, layers.StackedRNNCells):
        return tuple(f"{i}.{part}" for i, each in enumerate(cell.cells) for part in _parts(each))
    n_parts = len(tree.flatten(cell.state_size))
    if "LSTMCell" in type(cell).__name__ and n_parts == len(OF_LSTM):
        return OF_LSTM
    return ("h",) if n_parts == 1 else tuple(map(str, range(n_parts)))


@contextmanager
def looping(layers: Sequence[Layer], loop_of: Callable[[Layer], Any]) -> Iterator[None]:
    """Let the layers run another loop over time, none of them being stateful meanwhile."""
    with ExitStack() as changes:
        for each in layers:
            changes.enter_context(_replaced(each.layer, loop_of(each)))
        yield


def its_own(each: Layer) -> Any:
    """Return the loop of the layer itself."""
    return each.layer.inner_loop


@contextmanager
def _replaced(layer: Any, loop: Any) -> Iterator[None]:
    # Into the instance, past `__setattr__`, by which Keras keeps account of a layer's parts.
    own, stateful = vars(layer), layer.stateful
    own["inner_loop"], own["stateful"] = loop, False
    try:
        yield
    finally:
        del own["inner_loop"]
        own["stateful"] = stateful


def going_on(each: Layer, held: Held) -> Any:
    """Return a loop over a single step, from the state in `held`, where what follows is left."""
    from keras import ops

    layer, loop = each.layer, each.layer.inner_loop

    def stepped(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        assert held.begin is not None
        begin = [held.begin[name] for name in each.names]
        last, _, after = loop(
            sequences=sequences, initial_state=each.packed(begin), mask=None, training=training
        )
        after = _flat(after)
        if mask is not None:
            said = ops.zeros_like(last) if layer.zero_output_for_mask else _said(each, begin)
            last = _where(mask[:, 0], last, said)
            after = [_where(mask[:, 0], *pair) for pair in zip(after, begin, strict=True)]
        held.after.update(zip(each.names, after, strict=True))
        return last, last[:, None], each.packed(after)

    return stepped


def watching(each: Layer, held: Held) -> Any:
    """Return the loop of a layer, which leaves its states after each step in `held`.

    What it returns is Keras's own; the states are those of its cell, called at one step after the
    other, and stand in the order of time.
    """
    layer, loop = each.layer, each.layer.inner_loop

    def watched(sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        found = loop(sequences=sequences, initial_state=initial_state, mask=mask, training=training)
        states = _all_states(layer, sequences, initial_state, mask)
        held.after.update(zip(each.names, states, strict=True))
        return found

    return watched


def _all_states(layer: Any, sequences: Any, initial_state: Any, mask: Any) -> list[Any]:
    """Return the states (B, T, ...) of a layer after each of its steps, where they belong."""
    from keras import ops, tree

    def step(state: Any, inputs: Any) -> tuple[Any, Any]:
        row, valid = inputs
        _, after = layer.cell(row, tree.pack_sequence_as(begin, list(state)))
        after = [_where(valid, *pair) for pair in zip(_flat(after), state, strict=True)]
        return after, after

    begin = initial_state
    shape = ops.shape(sequences)[:2]
    valid = ops.ones(shape, dtype="bool") if mask is None else ops.cast(mask, "bool")
    over_time = (_time_first(sequences), _time_first(ops.reshape(valid, shape)))
    if layer.go_backwards:
        over_time = tuple(ops.flip(each, axis=0) for each in over_time)
    _, states = ops.scan(step, _flat(begin), over_time)
    back = (ops.flip(each, axis=0) for each in states) if layer.go_backwards else states
    return [_time_first(each) for each in back]


def _time_first(values: Any) -> Any:
    from keras import ops

    return ops.swapaxes(values, 0, 1)


def _said(each: Layer, begin: Sequence[Any]) -> Any:
    """Return what a layer said last: the h of its cell, of the last of stacked ones.

    Raises:
        DataError: the output of its cell may be something else than its state.
    """
    import keras

    cells = getattr(each.layer.cell, "cells", [each.layer.cell])
    known = (keras.layers.SimpleRNNCell, keras.layers.GRUCell, keras.layers.LSTMCell)
    if not isinstance(cells[-1], known):
        raise DataError(
            f"layer {each.layer.name} of Keras: what it says at masked steps is not known from the "
            f"state of {type(cells[-1]).__name__}; take the mask away, no sequence is padded here",
            page="not-adaptable",
        )
    return [part for name, part in zip(each.names, begin, strict=True) if name.endswith(".h")][-1]


def _where(valid: Any, yes: Any, no: Any) -> Any:
    """Return rows of `yes` where `valid` (B,) or (B, 1) holds, else of `no`."""
    from keras import ops

    row = ops.cast(valid, "bool")
    return ops.where(ops.reshape(row, (-1, *[1] * (len(yes.shape) - 1))), yes, no)


def _flat(state: Any) -> list[Any]:
    from keras import tree

    return tree.flatten(state)
