"""What holds arrays shows itself in a line of words."""

import numpy as np
import pytest

import markovlens as ml
from markovlens.machines.lumping import lump
from markovlens.machines.soft import SoftLaw


@pytest.fixture(scope="module")
def traces(traces_of):
    return traces_of("parity")


@pytest.fixture(scope="module")
def found(traces):
    return ml.study("hmm", traces["train"], traces["valid"], n_states=[2, 3], seed=0)


def law():
    square, cube = np.zeros((2, 2)), np.zeros((2, 2, 1))
    one, row = np.ones(1), np.zeros((2, 1))
    return SoftLaw((ml.Channel("pulse", "/min"),), one, one, square, cube, square[0], row)


def test_each_says_what_it_is_without_its_numbers(traces, found, task_of):
    trace, task = traces["test"], task_of("parity")
    swept = ml.sweep(
        trace.states, trace.lengths, n_states=[1, 2], restarts=1, rng=np.random.default_rng(0)
    )
    begins = {
        f"Trace: {len(trace)} sequences": trace,
        "Sequences: ": trace.sequences,
        "POD: 1 of ": ml.pod(trace.states, n_components=1),
        "Sweep: ": swept,
        "Fitted: Machine: 2 states": found.fits[2],
        f"Lumping: {found.chosen} states became 2, ": found.lumped,
        "Lumped: 2 states became Machine: ": lump(found.fits[2].machine),
        "SoftLaw: moves 2 states by pulse [/min]": law(),
        "Split: Sequences: ": task.splits["test"],
        "Task: parity, distribution 2 (": task,
    }
    for begin, each in begins.items():
        assert repr(each).startswith(begin)
        assert len(repr(each)) < 250
        assert "array" not in repr(each)
