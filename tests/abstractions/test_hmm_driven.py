"""HMMs whose emissions follow the row: what a network keeps of its input is no state of its own."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from markovlens.abstractions.base import Options
from markovlens.abstractions.study import study
from markovlens.channels import Channel
from markovlens.codebooks.cuts import cut_at
from markovlens.machines.soft import SoftMachine
from markovlens.sequences import Sequences
from markovlens.trace import Trace

CHANNELS = (Channel("flow", "l/s"),)
SLOPE = np.array([2.0, 1.0])  # nearly along the line between the states


def planted(seed, n_sequences):
    """Two states that a flow above and below 1 enters, seen in activations that follow the flow."""
    rng = np.random.default_rng(seed)
    lengths = np.full(n_sequences, 40)
    flow = rng.normal(size=lengths.sum())
    state = np.zeros(len(flow), dtype=int)
    firsts = set(Sequences(flow[:, None], lengths, CHANNELS).starts.tolist())
    for t in range(len(flow)):
        before = 0 if t in firsts else state[t - 1]
        state[t] = 1 if flow[t] > 1.0 else 0 if flow[t] < -1.0 else before
    centres = np.array([[-2.0, -2.0], [2.0, 2.0]])
    states = centres[state] + flow[:, None] * SLOPE + 0.3 * rng.normal(size=(len(flow), 2))
    outputs = np.array([[0.9, 0.1], [0.1, 0.9]])[state]
    none = np.full(len(flow), -1)
    names = ("low", "high")
    return Trace(states, flow[:, None], outputs, none, state, lengths, (), names, CHANNELS)


@pytest.fixture(scope="module")
def traces():
    return planted(0, 25), planted(1, 15)


@pytest.fixture(scope="module")
def studies(traces):
    codebook = cut_at(CHANNELS, {"flow": [-1.0, 1.0]})
    return {
        method: study(
            method,
            *traces,
            n_states=[2, 3, 4],
            seed=0,
            codebook=codebook,
            options=Options(restarts=2),
        )
        for method in ("hmm_soft", "hmm_driven")
    }


def test_states_are_told_from_activations_that_follow_the_row(traces, studies):
    states = studies["hmm_driven"].fits[2].decode(traces[1])
    assert adjusted_rand_score(traces[1].truth, states) > 0.95


def test_fewer_states_are_needed(studies):
    assert studies["hmm_driven"].chosen == 2
    assert studies["hmm_soft"].chosen > 2


def test_its_machine_runs_on_rows_alone(traces, studies):
    machine, valid = studies["hmm_driven"].best, traces[1]
    assert isinstance(machine, SoftMachine)
    said = machine.predict(valid.sequences).argmax(axis=1)
    assert (said == valid.truth).mean() > 0.95


def test_symbols_are_refused_in_words(traces):
    symbols = [
        replace(each, inputs=np.zeros(each.n_steps, int), symbols=("a",), channels=())
        for each in traces
    ]
    refused = study("hmm_driven", *symbols, n_states=[2], seed=0)
    assert refused.failures[2].startswith("hmm_driven reads rows of real values")
