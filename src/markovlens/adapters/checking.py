"""Whether a network does what it must to be recorded and asked, tried on a few inputs (B, T, ...).

Each function but the first answers one question, with True where the network fails. Numbers are
compared to what rounding leaves of them, by `precision.alike`: in whatever unit they are.
"""

from __future__ import annotations

from torch import Tensor

from markovlens.adapters.contract import (
    ReadsOn,
    State,
    Stepwise,
    Watched,
    as_rows,
    from_rows,
    looped,
    one_by_one,
    parts_of,
    read_on,
    watched,
)
from markovlens.adapters.precision import alike
from markovlens.errors import DataError

LOOKS_AHEAD = "its states depend on later inputs"


def check_steps(about: str, inputs: Tensor, seen: State) -> None:
    """Raise `DataError` unless all that was seen is (B, T, ...) as the inputs are."""
    size = tuple(inputs.shape[:2])
    for name, values in seen.items():
        if tuple(values.shape[:2]) != size:
            raise DataError(
                f"{about}: expected one row for each of {size[0]} x {size[1]} steps of {name}, got "
                f"{tuple(values.shape)}; what runs at another rate than its inputs, or lays them "
                "out otherwise, has no state for each of them: give the recurrent part alone, on "
                "inputs of its own rate",
                page="not-a-row-a-step",
            )


def varies(network: Stepwise | Watched, inputs: Tensor) -> bool:
    """Return whether the same inputs give something else the second time."""
    return _differ(watched(network, inputs), watched(network, inputs))


def mixes(network: Stepwise | Watched, inputs: Tensor) -> bool:
    """Return whether a sequence alone does something else than beside others."""
    states, outputs = watched(network, inputs)
    for row, alone in enumerate(inputs.split(1)):
        beside = {name: part[row : row + 1] for name, part in states.items()}
        if _differ(watched(network, alone), (beside, outputs[row : row + 1])):
            return True
    return False


def looks_ahead(network: Stepwise | Watched, inputs: Tensor, others: Tensor) -> bool:
    """Return whether `others` in the second half change states or outputs in the first."""
    half = inputs.shape[1] // 2
    changed = inputs.clone()
    changed[:, half:] = others[:, half:]
    first, other = watched(network, inputs), watched(network, changed)
    return _differ(_until(first, half), _until(other, half))


def steps_otherwise(network: Stepwise, inputs: Tensor) -> bool:
    """Return whether single steps do something else than the network's own run of all."""
    stepped = looped(network, inputs)
    if isinstance(network, Watched) and _differ(network.watch(inputs), stepped):
        return True
    if not isinstance(network, ReadsOn):
        return False
    last = {name: part[:, -1] for name, part in stepped[0].items()}
    return _differ(network.read(network.initial(len(inputs)), inputs), (last, stepped[1]))


def restarts_otherwise(network: Stepwise, inputs: Tensor) -> bool:
    """Return whether it goes on otherwise from a state that was written down in between."""
    half = inputs.shape[1] // 2
    before, after = inputs[:, :half], inputs[:, half:]
    whole = one_by_one(network, one_by_one(network, network.initial(len(inputs)), before)[0], after)
    state, _ = read_on(network, network.initial(len(inputs)), before)
    parts, rows = parts_of(state), as_rows(state)
    again = from_rows(rows, parts, next(iter(state.values())))
    # Whatever it keeps beside its state is another's now, first late and then early in a run.
    for disturb in (_runs_another, _begins):
        disturb(network, inputs)
        if _differ(one_by_one(network, again, after), whole):
            return True
    return False


def _runs_another(network: Stepwise, inputs: Tensor) -> None:
    looped(network, inputs.roll(1, 0).flip(1))


def _begins(network: Stepwise, inputs: Tensor) -> None:
    network.initial(len(inputs))


def _until(found: tuple[State, Tensor], step: int) -> tuple[State, Tensor]:
    states, outputs = found
    return {name: part[:, :step] for name, part in states.items()}, outputs[:, :step]


def _differ(found: tuple[State, Tensor], wanted: tuple[State, Tensor]) -> bool:
    """Return whether states, of the parts that both show, or outputs differ."""
    if found[1].shape != wanted[1].shape:
        return True
    shared = [name for name in found[0] if name in wanted[0]]
    if not all(alike(found[0][name], wanted[0][name]) for name in shared):
        return True
    silent = found[1].isnan() | wanted[1].isnan()  # a run may answer after its last step only
    return not alike(found[1].masked_fill(silent, 0), wanted[1].masked_fill(silent, 0))
