"""Runs of a network of Flax, of either kind: its `RNN` layers go on from a state and show theirs.

`RNN` takes an `initial_carry` and gives back the last carry of each sequence, so that nothing is
done here that Flax does not offer; the carry after every step is the last one of every prefix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from torch import Tensor

from markovlens.adapters.contract import State
from markovlens.adapters.jax_functions import as_jax, as_torch

OF_LSTM = ("c", "h")  # the order in which Flax carries them
Carry = dict[str, Any]  # the parts of one layer's carry by name


@dataclass(slots=True)
class Passing:
    """What the layers of a network are handed and give back while it is called once.

    Attributes:
        first: returns the carry that a layer begins in by itself, of its inputs without time.
        begin: carries by layer that they go on from; each begins by itself when None.
        is_watched: whether carries after all steps are kept.
        given: carries that the layers began in.
        after: carries after the last step, or (B, T, ...) after each if it is watched.
        backwards: the layers that read from the end of a sequence.
    """

    first: Callable[[Any, Any], Any]
    begin: dict[str, Carry] | None = None
    is_watched: bool = False
    given: dict[str, Carry] = field(default_factory=dict)
    after: dict[str, Carry] = field(default_factory=dict)
    backwards: list[str] = field(default_factory=list)

    def through(
        self, name: str, layer: Any, call: Callable[..., Any], inputs: Any, asked: dict[str, Any]
    ) -> Any:
        """Call a layer as the network does, from the state that it is to go on from."""
        how = {
            key: _setting(layer, asked, key) for key in ("return_carry", "time_major", "reverse")
        }
        time = 0 if how["time_major"] else 1
        if how["reverse"]:
            self.backwards.append(name)
        begin = asked.get("initial_carry")
        if self.begin is not None:
            begin = carry_of(self.begin[name])
        elif begin is None:
            begin = self.first(layer, jax.lax.index_in_dim(inputs, 0, time, keepdims=False))
        self.given[name] = parts_of_carry(layer.cell, begin)
        carry, outputs = call(inputs, **{**asked, "initial_carry": begin, "return_carry": True})
        kept = _of_prefixes(call, inputs, begin, how) if self.is_watched else carry
        self.after[name] = parts_of_carry(layer.cell, kept)
        return (carry, outputs) if how["return_carry"] else outputs


class FlaxRuns:
    """Calls of a network whose layers are passed through `Passing`."""

    def __init__(
        self, call: Callable[[Passing, Any], Any], first: Callable[[Any, Any], Any], row: Any
    ) -> None:
        """Keep the network.

        Args:
            call: runs the network on inputs (B, T, ...), its layers going through the `Passing`.
            first: see `Passing`.
            row: inputs (1, 1, ...), of which only shape and type count.
        """
        self._call, self._first = call, first
        self._compiled = {each.__name__: jax.jit(each) for each in (self._step, self._watch)}
        self._outputs_of = jax.jit(lambda inputs: _first_of(call(Passing(first), inputs)))
        self.layers: list[str] = []
        self.backwards = False
        self._begin = jax.jit(self._found_at_first)(row)

    def outputs(self, inputs: Tensor) -> Tensor:
        """Return what it says to whole sequences, (B, T, C) or, at their end, (B, C)."""
        return as_torch(self._outputs_of(as_jax(inputs)))

    def initial(self, batch: int) -> State:
        """Return the state of `batch` sequences that have not begun."""
        parts = {name: as_torch(self._begin[name]) for name in self._names}
        return {name: part.expand(batch, *part.shape[1:]) for name, part in parts.items()}

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B,) or (B, D), and outputs (B, C)."""
        parts = {name: as_jax(part) for name, part in state.items()}
        after, outputs = self._compiled["_step"](parts, as_jax(inputs[:, None]))
        return {name: as_torch(after[name]) for name in state}, as_torch(outputs).flatten(1)

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, ...) of a run of whole sequences, and what was said."""
        states, outputs = self._compiled["_watch"](as_jax(inputs))
        return {name: as_torch(states[name]) for name in self._names}, as_torch(outputs)

    def _found_at_first(self, row: Any) -> dict[str, Any]:
        """Return the parts (1, ...) that the layers begin in, and see which layers there are."""
        passing = Passing(self._first)
        self._call(passing, row)
        self.layers, self.backwards = list(passing.given), bool(passing.backwards)
        parts = _flat(passing.given)
        self._names = list(parts)
        return parts

    def _step(self, parts: dict[str, Any], inputs: Any) -> Any:
        begin: dict[str, Carry] = {name: {} for name in self.layers}
        for name, part in parts.items():
            layer, _, key = name.rpartition(".")
            begin[layer][key] = part
        passing = Passing(self._first, begin)
        outputs = _first_of(self._call(passing, inputs))
        return _flat(passing.after), outputs

    def _watch(self, inputs: Any) -> Any:
        """Step where that is what the network does: carries of prefixes cost a run each."""
        if self.backwards:
            passing = Passing(self._first, is_watched=True)
            outputs = _first_of(self._call(passing, inputs))
            return _flat(passing.after), outputs
        passing = Passing(self._first)
        outputs = _first_of(self._call(passing, inputs))
        over_time = jnp.swapaxes(inputs, 0, 1)[:, :, None]
        _, states = jax.lax.scan(self._one, _flat(passing.given), over_time)
        return jax.tree.map(partial(jnp.swapaxes, axis1=0, axis2=1), states), outputs

    def _one(self, parts: dict[str, Any], inputs: Any) -> Any:
        after, _ = self._step(parts, inputs)
        return after, after


def parts_of_carry(cell: Any, carry: Any) -> Carry:
    """Return the parts of a carry by name: `c` and `h` of an LSTM, `h` where there is one."""
    if not isinstance(carry, tuple):
        return {"h": carry}
    is_lstm = "LSTM" in type(cell).__name__ and len(carry) == len(OF_LSTM)
    return dict(zip(OF_LSTM if is_lstm else map(str, range(len(carry))), carry, strict=True))


def carry_of(parts: Carry) -> Any:
    """Return the carry of parts by name, as `parts_of_carry` gave them."""
    return parts["h"] if list(parts) == ["h"] else tuple(parts[key] for key in sorted(parts))


def _of_prefixes(call: Callable[..., Any], inputs: Any, begin: Any, how: dict[str, Any]) -> Any:
    """Return the carry (B, T, ...) after each step: the last one of each prefix of a sequence."""
    rows = jnp.swapaxes(inputs, 0, 1) if how["time_major"] else inputs
    rows = jnp.flip(rows, axis=1) if how["reverse"] else rows
    batch, steps = rows.shape[:2]
    lengths = jnp.tile(jnp.arange(1, steps + 1), batch)
    each = partial(jnp.repeat, repeats=steps, axis=0)
    carry, _ = call(
        each(rows),
        initial_carry=jax.tree.map(each, begin),
        seq_lengths=lengths,
        return_carry=True,
        time_major=False,
        reverse=False,
    )
    carry = jax.tree.map(lambda part: part.reshape(batch, steps, *part.shape[1:]), carry)
    return jax.tree.map(partial(jnp.flip, axis=1), carry) if how["reverse"] else carry


def _setting(layer: Any, asked: dict[str, Any], key: str) -> bool:
    """Return a setting of a layer, or of the call where that has one of its own."""
    return bool(getattr(layer, key) if asked.get(key) is None else asked[key])


def _flat(carries: dict[str, Carry]) -> dict[str, Any]:
    return {f"{name}.{key}": part for name, each in carries.items() for key, part in each.items()}


def _first_of(outputs: Any) -> Any:
    """Return the first of several outputs that is no state: what a network says stands there."""
    return jax.tree.leaves(outputs)[0]
