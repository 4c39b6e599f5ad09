"""A network that runs parity and overflows in some states, where it answers infinity."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.planted import random_words
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record

LONGEST = 12  # of the words that are recorded


@dataclass(frozen=True)
class Brittle:
    """Its state is the parity p of the 1s so far, and the number n of steps read.

    Attributes:
        breaks: of p and n (B,), whether the answer is not finite there.
        graded: whether it answers p as a value, in place of logits of a decision.
    """

    breaks: Callable[[Tensor, Tensor], Tensor]
    graded: bool = False

    def initial(self, batch):
        return {"p": torch.zeros(batch, 1), "n": torch.zeros(batch, 1)}

    def step(self, state, inputs):
        x = inputs[:, None].float()
        p, n = state["p"] + x - 2 * state["p"] * x, state["n"] + 1
        answer = p.clone() if self.graded else torch.cat([4 - 8 * p, 8 * p - 4], dim=1)
        broken = self.breaks(p[:, 0], n[:, 0])
        answer[broken, 0] = torch.inf
        return {"p": p, "n": n}, answer


def far_off(p: Tensor, _: Tensor) -> Tensor:
    """Return where p is none that a word leads to, by far."""
    return (p - 0.5).abs() > 2


def half_way(p: Tensor, _: Tensor) -> Tensor:
    """Return where p is neither."""
    return (p - 0.5).abs() < 0.3


def too_long(_: Tensor, n: Tensor) -> Tensor:
    """Return where more was read than was ever recorded."""
    return n > LONGEST


def brittle(breaks, *, graded=False):
    """Return the trace of such a network, which is finite throughout, and its oracle."""
    network, link = Brittle(breaks, graded), "identity" if graded else "softmax"
    words = random_words(120, longest=LONGEST, seed=0)
    classes = ("p",) if graded else ("reject", "accept")
    trace = record(network, words, symbols=("0", "1"), classes=classes, link=link)
    return trace, Oracle(network, link=link)
