"""What every adapter's networks are run through: they do what the framework does, step by step."""

import re
from pathlib import Path

import numpy as np
import torch

from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.adapters.checking import (
    looks_ahead,
    mixes,
    restarts_otherwise,
    steps_otherwise,
    varies,
)
from markovlens.adapters.contract import looped, one_by_one, read_on
from markovlens.sequences import Sequences

PAGE = Path(__file__).resolve().parents[2] / "docs" / "frameworks.md"
CLOSE = {"rtol": 1e-5, "atol": 1e-5}
BATCH, STEPS = 4, 7


def inputs_of(adapted):
    """Return inputs (B, T, ...) such as a network reads, other ones than it was checked on."""
    return adapted.reads.made(BATCH, STEPS).flip(1)


def as_sequences(inputs):
    """Return inputs (B, T, ...) as `Sequences`."""
    return Sequences.from_list(list(inputs.numpy()))


def check_asked(adapted, framework, states=None, *, link=None):
    """Assert that a network can be asked, and does what its framework does.

    `framework` returns the outputs (B, T, C) of inputs (B, T, ...) by the framework's own call,
    `states` those of some parts (B, T, ...) by name.
    """
    assert adapted.why_not_asked == ""
    inputs = inputs_of(adapted)
    kept, outputs = looped(adapted, inputs)
    assert kept.keys() == adapted.parts.keys()
    assert {name: tuple(part.shape[2:]) for name, part in kept.items()} == adapted.parts
    np.testing.assert_allclose(outputs, np.asarray(framework(inputs)), **CLOSE)
    for name, wanted in ({} if states is None else states(inputs)).items():
        np.testing.assert_allclose(kept[name], np.asarray(wanted), **CLOSE, err_msg=name)
    watched, said = adapted.watch(inputs)
    for name, part in watched.items():
        np.testing.assert_allclose(part, kept[name], **CLOSE, err_msg=name)
    np.testing.assert_allclose(said, outputs, **CLOSE)
    check_goes_on(adapted, inputs)
    check_recorded_and_asked(adapted, inputs, kept)


def check_goes_on(adapted, inputs):
    """Assert that what a network must not do, it does not, and that it can begin in the middle."""
    assert not looks_ahead(adapted, inputs, adapted.reads.others(inputs))
    for fails in (varies, mixes, steps_otherwise, restarts_otherwise):
        assert not fails(adapted, inputs), fails.__name__
    begin = adapted.initial(len(inputs))
    end, whole = one_by_one(adapted, begin, inputs)
    half = inputs.shape[1] // 2
    middle, first = read_on(adapted, begin, inputs[:, :half])
    last, second = read_on(adapted, middle, inputs[:, half:])
    np.testing.assert_allclose(torch.cat([first, second], dim=1), whole, **CLOSE)
    for name, part in end.items():
        np.testing.assert_allclose(last[name], part, **CLOSE, err_msg=name)


def check_recorded_and_asked(adapted, inputs, kept):
    """Assert that `record` and `Oracle` give the states that a loop of steps gave."""
    data = as_sequences(inputs)
    trace = record(adapted, data, link="identity")
    wanted = torch.cat([part.flatten(2) for part in kept.values()], dim=2).flatten(0, 1)
    np.testing.assert_allclose(trace.states, wanted, **CLOSE)
    oracle = Oracle(adapted, link="identity")
    np.testing.assert_allclose(oracle.outputs(data), trace.outputs, **CLOSE)
    ends = np.cumsum(data.lengths) - 1
    np.testing.assert_allclose(oracle.states_after(data), trace.states[ends], **CLOSE)


def check_watched(adapted, framework, why):
    """Assert that a network can be recorded but not asked, and that it says why."""
    assert why in adapted.why_not_asked
    inputs = inputs_of(adapted)
    states, outputs = adapted.watch(inputs)
    assert {name: tuple(part.shape[2:]) for name, part in states.items()} == adapted.parts
    np.testing.assert_allclose(outputs, np.asarray(framework(inputs)), **CLOSE)


def example_of(section):
    """Return the code in a section of the page on frameworks."""
    _, _, after = PAGE.read_text(encoding="utf-8").partition(f"## {section}\n")
    return re.search(r"```python\n(.*?)```", after, re.DOTALL)[1]
