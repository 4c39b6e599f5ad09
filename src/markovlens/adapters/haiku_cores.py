"""Recurrent cores of Haiku, which live inside a function that builds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import haiku as hk
import jax

from markovlens.adapters.foreign import Foreign
from markovlens.adapters.jax_functions import OnJax
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError
from markovlens.sequences import Sequences


@dataclass(frozen=True, slots=True)
class Core:
    """A core of Haiku with its parameters: what `adapt` takes.

    Attributes:
        build: returns the core, as inside the function that was transformed:
            `lambda: hk.DeepRNN([hk.LSTM(8), hk.Linear(2)])`.
        params: what `init` gave and training made of it, by the names that `build` gives.
        before: what is made of inputs (B,) or (B, D) of one step before the core reads them; may
            build modules, too.
    """

    build: Callable[[], Any]
    params: Mapping[str, Any]
    before: Callable[[Any], Any] | None = None


def adapt_haiku(model: Any, *, like: Sequences | None = None) -> Foreign:
    """Return a core of Haiku as what is asked step by step.

    Parts of the state are named as Haiku nests them: `hidden` and `cell` of an LSTM, `0.hidden` of
    the first core of a `DeepRNN`.

    Args:
        model: a `Core`.
        like: inputs such as it reads: a core does not say it.

    Raises:
        DataError: something of Haiku that is no `Core`, no `like`, or parameters of other names.
    """
    if not isinstance(model, Core):
        raise DataError(
            f"{type(model).__name__} of Haiku: expected its core and parameters, "
            "markovlens.adapters.haiku_cores.Core(build, params): the functions that were "
            "transformed do not show their state",
            page="not-adaptable",
        )
    if like is None:
        raise DataError(
            "a core of Haiku: expected `like`, sequences such as it reads", page="like-missing"
        )

    def one(inputs: Any, state: Any) -> Any:
        row = inputs if model.before is None else model.before(inputs)
        outputs, following = model.build()(row, state)
        return following, outputs

    first = hk.without_apply_rng(hk.transform(lambda batch: model.build().initial_state(batch)))
    stepped = hk.without_apply_rng(hk.transform(one))
    reads = Reads.like(like)
    network = OnJax(
        lambda batch: first.apply({}, batch),
        lambda state, inputs: stepped.apply(model.params, inputs, state),
    )
    _check(model, network, stepped, reads)
    return Foreign("core of Haiku", reads, network)


def _check(model: Core, network: OnJax, stepped: Any, reads: Reads) -> None:
    """Raise `DataError` unless the parameters have the names and shapes that the core looks up."""
    inputs = reads.made(1, 1).numpy()[:, 0]
    wanted = jax.eval_shape(stepped.init, jax.random.key(0), inputs, network.begin(1))
    shapes = {name: jax.tree.map(lambda each: each.shape, each) for name, each in wanted.items()}
    for name, each in shapes.items():
        found = jax.tree.map(lambda part: part.shape, dict(model.params.get(name, {})))
        if found != each:
            raise DataError(
                f"a core of Haiku: expected parameters {name} of shapes {each}, got "
                f"{found or 'none'}; there are {', '.join(model.params) or 'none at all'}: give "
                "`build` that makes the same modules, at the same level, as what was trained",
                page="weights-do-not-fit",
            )
