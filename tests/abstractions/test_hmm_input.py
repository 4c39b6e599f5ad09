from dataclasses import replace

import numpy as np

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.hmm_input import code_symbols
from markovlens.faithfulness.scores.fidelity import fidelity


def doubled(trace, rng):
    """Return the trace over an alphabet in which every symbol has ten names."""
    names = tuple(f"{symbol}{index}" for symbol in trace.symbols for index in range(10))
    inputs = trace.inputs * 10 + rng.integers(10, size=trace.n_steps)
    return replace(trace, inputs=inputs, symbols=names)


def test_a_small_alphabet_keeps_its_symbols_and_the_unread_share_one(traces_of):
    trace = traces_of("parity")["train"]
    wider = replace(trace, symbols=("0", "1", "never", "nor this"))
    coding = code_symbols(wider, n_classes=24, rng=np.random.default_rng(0))
    assert coding.tolist() == [0, 1, 2, 2]


def test_synonyms_share_a_matrix(traces_of):
    rng = np.random.default_rng(1)
    trace = doubled(traces_of("contains_000")["train"], rng)
    coding = code_symbols(trace, n_classes=2, rng=rng)
    assert len(set(coding[:10])) == len(set(coding[10:])) == 1
    assert coding[0] != coding[10]


def test_where_moves_repeat_there_are_fewer_classes_numbered_without_gaps(traces_of, recwarn):
    rng = np.random.default_rng(1)
    trace = doubled(traces_of("parity")["train"], rng)
    still = replace(trace, states=np.zeros_like(trace.states))
    coding = code_symbols(still, n_classes=12, rng=rng)
    assert set(coding) == {0}
    assert not recwarn


def test_a_machine_over_classes_of_symbols_is_exact(traces_of):
    rng = np.random.default_rng(2)
    train, valid, test = (
        doubled(traces_of("contains_000")[split], rng) for split in ("train", "valid", "test")
    )
    options = Options(restarts=4, max_iterations=60, input_classes=2)
    fitted = METHODS["hmm_input"](Evidence(train, valid), n_states=[4], rng=rng, options=options)
    assert fidelity(fitted[4].machine, test).value == 1


def test_few_visits_do_not_leak(traces_of):
    """A chain drawn to the shared one leaves the right state once in ten times; ours does not."""
    traces = traces_of("tomita_3", noise=0.02)
    some = traces["train"].select(np.arange(40))
    options = Options(restarts=8, covariance=("tied",), max_iterations=60)
    rng = np.random.default_rng(0)
    fitted = METHODS["hmm_input"](Evidence(some), n_states=[5], rng=rng, options=options)
    visited = fitted[5].machine.transition[fitted[5].machine.seen]
    assert visited.max(axis=1).min() > 0.99
