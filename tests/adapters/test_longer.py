"""What a network does to long sequences only is seen on load, and chaos is not mistaken for it."""

import re
import time

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.adapters.longer import STEPS, grows_rounding
from markovlens.errors import DataError

ROWS = ml.Sequences(np.random.default_rng(0).normal(size=(60, 2)), np.full(6, 10))
LATE = 20  # steps after which something is wrong


class Mean:
    """A moving average of rows, right in every respect."""

    gain = 0.9

    def initial(self, batch):
        return {"s": torch.zeros(batch, 2)}

    def step(self, state, inputs):
        after = self.gain * state["s"] + inputs.float()
        return {"s": after}, after

    def watch(self, inputs):
        states = [torch.zeros(len(inputs), 2)]
        for row in inputs.float().unbind(1):
            states.append(self.step({"s": states[-1]}, row)[0]["s"])
        return {"s": torch.stack(states[1:], dim=1)}, torch.stack(states[1:], dim=1)


class ShortBuffer(Mean):
    """Its run of whole sequences begins anew after 20 steps."""

    def watch(self, inputs):
        parts = [super(ShortBuffer, self).watch(each) for each in inputs.split(LATE, 1)]
        return {"s": torch.cat([states["s"] for states, _ in parts], 1)}, torch.cat(
            [said for _, said in parts], 1
        )


class Chunked(Mean):
    """Of sequences longer than 20 steps it takes the mean away, of all that comes later too."""

    def watch(self, inputs):
        centred = inputs - inputs.mean(1, keepdim=True) if inputs.shape[1] > LATE else inputs
        return super().watch(centred)


class Tired(Mean):
    """Beside its state it counts its steps, and after 20 of them halves what it reads."""

    def initial(self, batch):
        self.count = 0
        return super().initial(batch)

    def step(self, state, inputs):
        self.count += 1
        return super().step(state, inputs / 2 if self.count > LATE else inputs)

    def watch(self, inputs):
        self.count = 0
        return super().watch(inputs)


class TooLong(Mean):
    """A table of positions that ends."""

    def watch(self, inputs):
        if inputs.shape[1] > LATE:
            raise IndexError(f"no position {LATE}")
        return super().watch(inputs)


class Slow(Mean):
    """Takes its time, and would take seconds for 70 steps."""

    def step(self, state, inputs):
        begun = time.process_time()
        while time.process_time() - begun < 0.02:
            pass
        return super().step(state, inputs)


class Chaotic(Mean):
    """The logistic map, in which rounding doubles at every step; whole runs round otherwise."""

    def step(self, state, inputs):
        kept = (state["s"] + inputs.float().abs() / 10).frac()
        after = 3.99 * kept * (1 - kept)
        return {"s": after}, after

    def watch(self, inputs):
        states = [torch.zeros(len(inputs), 2)]
        for row in inputs.float().unbind(1):
            kept = (states[-1] + row.abs() / 10).frac()
            states.append(3.99 * kept - 3.99 * kept * kept)
        return {"s": torch.stack(states[1:], 1)}, torch.stack(states[1:], 1)


@pytest.mark.parametrize(
    ("network", "why"),
    [
        (ShortBuffer(), "step by step it does something else"),
        (Chunked(), "depend on later inputs"),
        (Tired(), "it keeps more than that"),
    ],
)
def test_what_only_long_sequences_show_is_seen(network, why):
    adapted = ml.adapt(network, like=ROWS)
    assert why in adapted.why_not_asked
    assert f"{STEPS} steps show it, and few do not" in adapted.why_not_asked


def test_what_is_right_is_asked_without_a_word():
    adapted = ml.adapt(Mean(), like=ROWS)
    assert adapted.limits == ()
    assert adapted.why_not_asked == ""


@pytest.mark.parametrize(
    ("network", "limit"),
    [
        (TooLong(), f"it fails on {STEPS} steps .*no position 20"),
        (Slow(), f"tried on few steps alone: {STEPS} would take more than 5 s"),
        (Chaotic(), f"rounding grows within {STEPS} steps"),
    ],
)
def test_what_is_not_known_of_long_sequences_is_said(network, limit):
    adapted = ml.adapt(network, like=ROWS)
    assert adapted.why_not_asked == ""
    (said,) = adapted.limits
    assert re.search(limit, said)


def test_a_slow_network_is_not_tried_for_long():
    begun = time.process_time()
    ml.adapt(Slow(), like=ROWS)
    assert time.process_time() - begun < 5


def test_rounding_grows_in_chaos_alone():
    x = torch.rand(1, STEPS, 2, generator=torch.Generator().manual_seed(0))
    assert grows_rounding(Chaotic(), x)
    assert not grows_rounding(Mean(), x)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_script_that_begins_anew_after_many_steps_is_seen():
    class Ring(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.rnn = nn.GRU(2, 4, batch_first=True)

        def forward(self, rows):
            first, _ = self.rnn(rows[:, :20])
            if rows.shape[1] <= 20:
                return first
            rest, _ = self.rnn(rows[:, 20:])
            return torch.cat([first, rest], 1)

    with pytest.raises(DataError, match="70 steps"):
        ml.adapt(torch.jit.script(Ring()), like=ROWS)
