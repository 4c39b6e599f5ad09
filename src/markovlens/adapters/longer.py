"""Whether a network does to long sequences what it does to short ones, where that is cheap to see.

Exports that fix a length, kernels that work in chunks of 16 or 64, and buffers that run full show
themselves on none of few steps.
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

from torch import Tensor

from markovlens.adapters.checking import LOOKS_AHEAD
from markovlens.adapters.contract import State, Stepwise, looped, one_by_one
from markovlens.adapters.precision import alike, eps_of
from markovlens.adapters.reads import Reads
from markovlens.errors import reason_of
from markovlens.sequences import Sequences

STEPS = 70  # more than a chunk of 64
SECONDS = 5.0  # of the processor, for which a network may be tried on so many
RUNS = 5  # of so many steps that it takes


def tried_longer(
    network: Stepwise, reads: Reads, like: Sequences | None, why: Callable[..., list[str]]
) -> tuple[list[str], list[str]]:
    """Return why a network cannot be asked that long sequences show, and what is not known of them.

    Numbers are compared only where rounding does not grow by itself to what is compared, as it
    does in a network that is chaotic.

    Args:
        network: a network that can be asked, as far as short ones show.
        reads: what it reads.
        like: sequences such as it reads.
        why: returns why it cannot be asked, for inputs (B, T, ...) and others.
    """
    if reads.n_steps is not None:
        return [], []
    inputs = reads.made(1, STEPS) if like is None else reads.taken(like, 1, STEPS)
    others = reads.others(inputs) if like is None or reads.n_symbols else inputs.flip(1)
    if RUNS * STEPS * _seconds_a_step(network, inputs[:, :2]) > SECONDS:
        return [], [f"tried on few steps alone: {STEPS} would take more than {SECONDS:.0f} s"]
    try:
        reasons = why(inputs, others)
    except Exception as error:  # frameworks raise what they please
        return [], [f"it fails on {STEPS} steps ({reason_of(error)})"]
    if set(reasons) - {LOOKS_AHEAD} and grows_rounding(network, inputs):
        unclear = f"rounding grows within {STEPS} steps: what it does to so many is not known"
        return [each for each in reasons if each == LOOKS_AHEAD], [unclear]
    return [f"{each} ({STEPS} steps show it, and few do not)" for each in reasons], []


def grows_rounding(network: Stepwise, inputs: Tensor) -> bool:
    """Return whether a state that is another by rounding becomes another altogether."""
    state, said = _blurred(network, inputs, 0)
    other, answered = _blurred(network, inputs, 4)
    same = alike(said.nan_to_num(), answered.nan_to_num())
    return not (same and all(alike(state[name], other[name]) for name in state))


def _blurred(network: Stepwise, inputs: Tensor, n_errors: int) -> tuple[State, Tensor]:
    """Return where a network ends, and what it says, if its first state is off by rounding."""
    begun, _ = network.step(network.initial(len(inputs)), inputs[:, 0])
    off = {name: part * (1 + n_errors * eps_of(part)) for name, part in begun.items()}
    return one_by_one(network, off, inputs[:, 1:])


def _seconds_a_step(network: Stepwise, inputs: Tensor) -> float:
    """Return what a step takes of the processor, after a first run that may compile it.

    That other programs run beside it does not decide what is found out.
    """
    looped(network, inputs)
    begun = process_time()
    looped(network, inputs)
    return (process_time() - begun) / inputs.shape[1]
