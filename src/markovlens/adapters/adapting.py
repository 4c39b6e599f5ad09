"""A foreign network, made into ours and looked at before it is believed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from markovlens.adapters.checking import (
    LOOKS_AHEAD,
    check_steps,
    looks_ahead,
    mixes,
    restarts_otherwise,
    steps_otherwise,
    varies,
)
from markovlens.adapters.contract import (
    Guarded,
    ReadsOn,
    State,
    Stepwise,
    Watched,
    looped,
    one_by_one,
    watched,
)
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.longer import tried_longer
from markovlens.adapters.making import made, own, refuse_direction
from markovlens.adapters.reads import Reads
from markovlens.adapters.registry import (
    adapter_of,
    adapter_of_file,
    adapters,
    is_path,
    known_suffixes,
)
from markovlens.adapters.trials import trials_of
from markovlens.arguments import check_path, with_known_arguments
from markovlens.errors import DataError
from markovlens.listed import Listed, sequences_of
from markovlens.recurrence.watchable import check_eager, check_made
from markovlens.sequences import Sequences


@dataclass(frozen=True, slots=True, repr=False)
class Adapted:
    """A foreign network that can be recorded, and asked if `why_not_asked` is empty.

    It is `contract.Stepwise`, and has `read` and `watch` too: all inputs are symbols (B, T) or rows
    (B, T, D), outputs (B, T, C) whatever a `link` makes distributions of.

    Attributes:
        foreign: what the adapter made.
        limits: what it cannot do, each in words.
        why_not_asked: why it can be watched only; empty where it can be asked.
    """

    foreign: Foreign
    limits: tuple[str, ...] = ()
    why_not_asked: str = ""
    _shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _shows_all: bool = True

    @property
    def about(self) -> str:
        """What it is, in words."""
        return self.foreign.about

    @property
    def reads(self) -> Reads:
        """What it reads at each step."""
        return self.foreign.reads

    @property
    def parts(self) -> dict[str, tuple[int, ...]]:
        """The shape of each named part of the state of one sequence."""
        return dict(self._shapes)

    def __repr__(self) -> str:
        """Return what it is, reads, keeps and cannot do."""
        kept = ", ".join(f"{name} {'x'.join(map(str, each))}" for name, each in self.parts.items())
        asked = "watched only" if self.why_not_asked else "asked step by step"
        limits = "".join(f"; {each}" for each in self.limits)
        return f"Adapted: {self.about}, reads {self.reads}, keeps {kept}, {asked}{limits}"

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        return Guarded(self._stepwise).initial(batch)

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more input (B,) or (B, D), and the output (B, C)."""
        self.reads.check_step(inputs)
        with torch.no_grad():
            return self._each(Guarded(self._stepwise).step, state, inputs)

    def read(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after inputs (B, T, ...), and the outputs (B, T, C) on the way."""
        self.reads.check_kind(inputs)
        network = self._stepwise
        with torch.no_grad():
            if isinstance(network, ReadsOn):
                return self._each(network.read, state, inputs)
            return one_by_one(self, state, inputs)

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the states (B, T, ...) by part after each of inputs (B, T, ...), and outputs.

        It is the framework's own run, or steps where that does not show the whole state.

        Raises:
            DataError: inputs of another kind than it reads; or states or outputs that are not one
                for each of the steps.
        """
        if not self._shows_all:
            return looped(self, inputs)
        self.reads.check(inputs)
        with torch.no_grad():
            each = inputs.split(1) if self.foreign.alone else [inputs]
            states, outputs = _joined([watched(self.foreign.network, one) for one in each])
        check_steps(self.about, inputs, {**states, "its outputs": outputs})
        return states, outputs

    @property
    def _stepwise(self) -> Stepwise:
        network = self.foreign.network
        if self.why_not_asked or not isinstance(network, Stepwise):
            why = self.why_not_asked or "its adapter can only watch it"
            said = f"{self.about} can be recorded, not asked: {why}"
            raise DataError(said, page="cannot-be-asked")
        return network

    def _each(
        self, function: Callable[..., tuple[State, Tensor]], state: State, inputs: Tensor
    ) -> tuple[State, Tensor]:
        if not self.foreign.alone:
            return function(state, inputs)
        rows = range(len(inputs))
        alone = [{name: part[row : row + 1] for name, part in state.items()} for row in rows]
        return _joined([function(alone[row], inputs[row : row + 1]) for row in rows])


@with_known_arguments
def adapt(model: Any, *, like: Listed | None = None, **options: Any) -> Adapted:
    """Return a foreign network, or the one in a file, as what can be recorded and asked.

    It is checked on a few inputs: that it does the same twice, that later inputs leave earlier
    states alone, that sequences side by side do not affect each other, that single steps are the
    whole run, and that it goes on from a recorded state as if nothing had happened. Where it fails
    but can be watched still, `limits` says so in words.

    Args:
        model: an object of a framework that an adapter knows, or the path of a file.
        like: inputs such as it reads, to try it on, `Sequences` or a list of arrays; made ones when
            None.
        **options: of the adapter; see the page `docs/frameworks.md`. Of bidirectional networks of
            torch and ONNX, `direction` ("forward" or "backward") leaves one, which can be asked.

    Raises:
        DataError: nobody knows what it is, it is damaged, or it fails so that nothing that were
            recorded of it would be true; the message says which.
        ConfigError: an option that its adapter has not.
    """
    check_made(model)
    if isinstance(model, Adapted):
        if "direction" in options:
            raise DataError(
                "direction: expected the network itself, got one that is adapted already; adapt "
                "the network once more, with `direction`",
                page="reads-backwards",
            )
        return model
    given = None if like is None else sequences_of(like, name="like")
    if is_path(model):
        check_path(path := Path(model))
        return checked(made(adapter_of_file(path), path, given, options), given)
    adapter = adapter_of(model)
    if adapter is not None:
        return checked(made(adapter, model, given, options), given)
    if isinstance(model, Stepwise):
        refuse_direction("an object with `initial` and `step`", options)
        return checked(own(model, given), given)
    names = ", ".join(each.name for each in adapters())
    raise DataError(
        f"expected a network of {names}, a file that ends in {known_suffixes() or 'a known suffix'}"
        f", or an object with `initial` and `step`, got {type(model).__module__}."
        f"{type(model).__name__}; see markovlens.adapters.contract.Stepwise",
        page="not-adaptable",
    )


def network_of(model: Any, like: Sequences | None = None) -> nn.Module | Stepwise:
    """Return a network as it is recorded: torch's eager modules as they are, others adapted."""
    check_made(model)
    if isinstance(model, Stepwise):
        return model
    adapter = None if is_path(model) else adapter_of(model)
    if not is_path(model) and (adapter is None or adapter.is_hooked):
        check_eager(model)
        return model
    return adapt(model, like=like)


def checked(foreign: Foreign, like: Sequences | None = None) -> Adapted:
    """Return a network with what it cannot do, found out on a few inputs.

    Raises:
        DataError: it fails so that it can neither be asked nor watched.
    """
    trials, reasons = trials_of(Adapted(foreign), foreign.reads, like)
    if any(varies(Adapted(foreign), inputs) for inputs, _ in trials):
        raise DataError(
            f"{foreign.about}: the same inputs give other states or outputs the second time, so "
            "that no recording of it were true; turn dropout and noise off (evaluation mode)",
            page="states-vary",
        )
    limits = [*foreign.limits, *reasons]
    if not foreign.alone and any(mixes(Adapted(foreign), inputs) for inputs, _ in trials):
        limits.append("sequences side by side change each other's states: it is run one at a time")
        foreign = replace(foreign, alone=True)
    network = Adapted(foreign)
    reasons = list(dict.fromkeys(why for each in trials for why in _why_not_asked(network, *each)))
    if not reasons:
        why = partial(_why_not_asked, network)
        reasons, unknown = tried_longer(network, foreign.reads, like, why)
        limits += unknown
    if reasons and not isinstance(foreign.network, Watched):
        instead = f"; {foreign.instead}" if foreign.instead else ""
        said = f"{foreign.about} cannot be adapted: {'; '.join(reasons)}{instead}"
        raise DataError(said, page="not-adaptable")
    return _described(Adapted(foreign, (*limits, *reasons), "; ".join(reasons)), trials[0][0][:1])


def _described(network: Adapted, inputs: Tensor) -> Adapted:
    """Return a network with the parts of its state, and whether its own run shows all of them.

    Raises:
        DataError: there is nothing to be seen of it.
    """
    states, outputs = network.watch(inputs)
    shapes = {name: tuple(part.shape[2:]) for name, part in states.items()}
    if network.why_not_asked:
        if not shapes:
            said = f"{network.about} shows no states: {'; '.join(network.limits)}"
            raise DataError(said, page="not-adaptable")
        return replace(network, _shapes=shapes)
    whole = {name: tuple(part.shape[1:]) for name, part in network.initial(1).items()}
    shows_all = shapes.keys() >= whole.keys() and not bool(outputs.isnan().any())
    shows_all &= network.reads.n_steps is None  # steps know no length
    return replace(network, _shapes=whole, _shows_all=shows_all)


def _why_not_asked(network: Adapted, inputs: Tensor, others: Tensor) -> list[str]:
    """Return why a network cannot be asked, in words; nothing where it can."""
    reasons = []
    if looks_ahead(network, inputs, others):
        reasons.append(LOOKS_AHEAD)
    if not isinstance(network.foreign.network, Stepwise):
        return reasons or [
            "it can only be watched: its adapter has no way to begin it from a state"
        ]
    if steps_otherwise(network, inputs):
        reasons.append("read step by step it does something else than in one run")
    if restarts_otherwise(network, inputs):
        reasons.append("begun again from its state it goes on otherwise: it keeps more than that")
    return reasons


def _joined(found: Sequence[tuple[State, Tensor]]) -> tuple[State, Tensor]:
    if len(found) == 1:
        return found[0]
    states = {name: torch.cat([each[name] for each, _ in found]) for name in found[0][0]}
    return states, torch.cat([outputs for _, outputs in found])
