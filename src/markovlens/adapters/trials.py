"""Inputs on which a network is tried before it is believed."""

from __future__ import annotations

from torch import Tensor

from markovlens.adapters.contract import Watched
from markovlens.adapters.reads import Reads
from markovlens.errors import reason_of
from markovlens.sequences import Sequences

TRIED = (3, 6)  # sequences and steps on which a network is checked


def trials_of(
    network: Watched, reads: Reads, like: Sequences | None
) -> tuple[list[tuple[Tensor, Tensor]], list[str]]:
    """Return inputs (B, T, ...) to try a network on, each with others, and what they cannot show.

    It is tried on some of `like`, and on made ones all the same if it takes them: those of one
    symbol, or of hardly anything, would show nothing.
    """
    made, limits = reads.made(*TRIED), []
    trials = [(made, reads.others(made))]
    if like is not None:
        taken = reads.taken(like, *TRIED)
        others = taken.roll(1, 0) if reads.n_symbols is None else reads.others(taken)
        reason = _fails_on(network, made)
        limits += [f"tried on inputs of `like` alone: it fails on others ({reason})"] * bool(reason)
        trials = [(taken, others), *([] if reason else trials)]
    if all(bool((inputs == others).all()) for inputs, others in trials):
        limits.append("tried on inputs that are all the same: whether it looks ahead is not known")
    return trials, limits


def _fails_on(network: Watched, inputs: Tensor) -> str:
    """Return why a network cannot be run on inputs, in words; nothing where it can."""
    try:
        network.watch(inputs)
    except Exception as error:  # frameworks raise what they please
        return reason_of(error)
    return ""
