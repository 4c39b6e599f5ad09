"""Runs of a Keras model over torch tensors, by its torch or its JAX backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from markovlens.adapters.contract import State
from markovlens.adapters.keras_layers import Held, Layer, going_on, its_own, looping, watching


class KerasRuns:
    """Calls of a model: one step from a given state, or whole sequences with all states."""

    def __init__(self, model: Any, layers: Sequence[Layer]) -> None:
        """Keep the model and its recurrent layers."""
        self._model, self._layers = model, layers
        self._call = _calls(model)

    def outputs(self, inputs: Tensor) -> Tensor:
        """Return what the model says to whole sequences, (B, T, C) or, at their end, (B, C)."""
        return self._run("outputs", {}, inputs)[1]

    def initial(self, batch: int) -> State:
        """Return the state of `batch` sequences that have not begun."""
        return {
            name: _as_tensor(part)
            for each in self._layers
            for name, part in zip(each.names, each.initial(batch), strict=True)
        }

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B,) or (B, D), and outputs (B, C)."""
        after, outputs = self._run("step", state, inputs[:, None])
        return after, outputs.flatten(1)

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, ...) of a run of whole sequences, and what was said."""
        return self._run("watch", {}, inputs)

    def _run(self, what: str, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        given = {name: part.cpu().numpy() for name, part in state.items()}
        after, outputs = self._call(_HOW[what], self._layers, given, _as_inputs(inputs))
        names = [name for each in self._layers for name in each.names if name in after]
        # JAX sorts what it is given by name.
        return {name: _as_tensor(after[name]) for name in names}, _as_tensor(outputs)


def _outputs(layers: Sequence[Layer], call: Callable[[], Any], state: dict[str, Any]) -> Any:
    with looping(layers, its_own):
        return {}, call()


def _step(layers: Sequence[Layer], call: Callable[[], Any], state: dict[str, Any]) -> Any:
    held = Held(state)
    with looping(layers, partial(going_on, held=held)):
        outputs = call()
    return held.after, outputs


def _watch(layers: Sequence[Layer], call: Callable[[], Any], state: dict[str, Any]) -> Any:
    held = Held(None)
    with looping(layers, partial(watching, held=held)):
        outputs = call()
    return held.after, outputs


_HOW: dict[str, Any] = {"outputs": _outputs, "step": _step, "watch": _watch}


def _calls(model: Any) -> Any:
    """Return a function that calls a model once, compiled where the backend is slow otherwise."""
    from keras import config

    return _compiled(model) if config.backend() == "jax" else _eager(model)


def _eager(model: Any) -> Any:
    from keras import ops, tree

    def call(how: Any, layers: Any, state: dict[str, Any], inputs: np.ndarray) -> Any:
        given = tree.map_structure(ops.convert_to_tensor, state)
        with torch.no_grad():
            return how(layers, lambda: _first(model(inputs, training=False)), given)

    return call


def _compiled(model: Any) -> Any:
    """Return the call of a model on JAX: uncompiled, a single step took 0.4 s (keras 3.15.1)."""
    import jax

    def call(how: Any, layers: Any, state: dict[str, Any], inputs: np.ndarray) -> Any:
        if not model.built:
            model(inputs)
        weights = tuple([variable.value for variable in each] for each in _variables(model))
        return compiled(how, tuple(layers), state, inputs, weights)

    def pure(how: Any, layers: Any, state: Any, inputs: Any, weights: Any) -> Any:
        return how(
            layers,
            lambda: _first(model.stateless_call(*weights, inputs, training=False)[0]),
            state,
        )

    compiled = jax.jit(pure, static_argnums=(0, 1))
    return call


def _variables(model: Any) -> tuple[list[Any], list[Any]]:
    return model.trainable_variables, model.non_trainable_variables


def _first(outputs: Any) -> Any:
    """Return the first of several outputs."""
    from keras import tree

    return tree.flatten(outputs)[0]


def _as_inputs(values: Tensor) -> np.ndarray:
    return values.cpu().numpy().astype("float32" if values.is_floating_point() else "int32")


def _as_tensor(values: Any) -> Tensor:
    # By hand: on torch Keras's own way warns of numpy 2 (keras 3.15.1).
    return values.detach().cpu() if isinstance(values, Tensor) else torch.tensor(np.asarray(values))
