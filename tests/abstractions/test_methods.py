from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions import METHODS, READING_ROWS
from markovlens.abstractions.base import Evidence, Options
from markovlens.errors import ConfigError, EvidenceWarning
from markovlens.faithfulness.scores.fidelity import fidelity

OPTIONS = Options(restarts=4, max_iterations=60)
RECOVERING = ["hmm", "hmm_input", "kmeans", "lisor_k", "lisor_x", "overcluster", "merging", "gmm"]
# those that ask a network, and those that read rows, have tests of their own
UNASKING = [name for name in METHODS if name not in ("predictive", "lstar", *READING_ROWS)]


def fitted(method, traces, n_states, seed=0):
    rng = np.random.default_rng(seed)
    evidence = Evidence(traces["train"], traces["valid"])
    results = METHODS[method](evidence, n_states=[n_states], rng=rng, options=OPTIONS)
    return results[n_states]


@pytest.mark.parametrize("method", RECOVERING)
@pytest.mark.parametrize("task", ["contains_000", "parity", "dyck_1_bounded"])
def test_a_planted_automaton_comes_back_exactly(method, task, task_of, traces_of):
    traces = traces_of(task)
    truth = task_of(task).machine
    machine = fitted(method, traces, truth.n_states).machine
    test = traces["test"]
    assert fidelity(machine, test).value == 1
    answers = machine.predict(test.sequences).argmax(axis=1)
    np.testing.assert_array_equal(answers, truth.predict(test.sequences).argmax(axis=1))


@pytest.mark.parametrize("method", [m for m in RECOVERING if m != "merging"])
def test_decoding_never_looks_ahead(method, traces_of):
    traces = traces_of("mess3", noise=1.0)
    decode = fitted(method, traces, 3).decode
    test = traces["test"]
    whole = decode(test)
    half = np.maximum(test.lengths // 2, 1)
    rows = np.concatenate(
        [np.arange(start, start + n) for start, n in zip(test.sequences.starts, half, strict=True)]
    )
    columns = ("states", "inputs", "outputs", "targets", "truth")
    cut = replace(test, lengths=half, **{name: getattr(test, name)[rows] for name in columns})
    np.testing.assert_array_equal(decode(cut), whole[rows])


@pytest.mark.parametrize("method", UNASKING)
def test_the_same_seed_gives_the_same_machine(method, traces_of):
    traces = traces_of("mess3", noise=0.8)
    first, again = (fitted(method, traces, 4, seed=3) for _ in range(2))
    if isinstance(first, str):
        assert first == again
        return
    first, again = first.machine, again.machine
    np.testing.assert_array_equal(first.transition, again.transition)
    np.testing.assert_array_equal(first.readout, again.readout)


def test_an_ngram_with_room_for_the_context_is_exact_on_a_local_language(traces_of):
    """contains_000 read out per step needs more than the last symbols; 'last was 0' does not."""
    traces = traces_of("contains_000")
    machine = fitted("ngram", traces, 8).machine
    assert machine.n_states == 8  # the last three symbols of two
    assert machine.is_deterministic is False  # at the start the older symbols are unknown
    word = traces["test"].sequences.select(np.array([0]))
    belief = machine.run(word)
    context = sum(symbol << i for i, symbol in enumerate(word.values[::-1][:3]))
    if word.n_steps >= 3:
        assert belief[-1].argmax() == context


def test_an_ngram_of_symbols_that_are_answered_alike_has_fewer_states(traces_of, recwarn):
    """Twenty symbols, all answered alike: one class of them, whatever the budget."""
    trace = traces_of("parity")["train"]
    names = tuple(map(str, range(20)))
    inputs = np.random.default_rng(0).integers(20, size=trace.n_steps)
    alike = np.tile(trace.outputs[:1], (trace.n_steps, 1))
    traces = {"train": replace(trace, inputs=inputs, symbols=names, outputs=alike)}
    traces["valid"] = traces["train"]
    assert fitted("ngram", traces, 12).machine.n_states == 1
    assert not recwarn


def test_an_ngram_never_exceeds_the_budget(traces_of):
    sizes = {fitted("ngram", traces_of("mess3"), k).machine.n_states for k in (2, 3, 5, 9)}
    assert sizes == {2, 3, 9}


def test_majority_answers_the_commonest_class_always(traces_of):
    traces = traces_of("parity")
    machine = fitted("majority", traces, 5).machine
    assert machine.n_states == 1
    assert fidelity(machine, traces["test"]).value == 0.5


def test_unknown_method_lists_the_known_ones():
    with pytest.raises(
        ConfigError, match="unknown method 'hmmm'; did you mean hmm. the methods are hmm, hmm_input"
    ):
        METHODS["hmmm"]


# Units of these do not go silent again and again, which `regions` asks for.
@pytest.mark.parametrize("method", [name for name in UNASKING if name != "regions"])
def test_one_step_sequences_give_a_machine(method, traces_of):
    """Nothing ever moves: the first symbol decides, but of machines that do not even read it."""
    traces = traces_of("parity")
    for split, trace in traces.items():
        rows = trace.sequences.starts
        columns = ("states", "inputs", "outputs", "targets", "truth")
        parts = {name: getattr(trace, name)[rows] for name in columns}
        traces[split] = replace(trace, lengths=np.ones(len(rows), dtype=int), **parts)
    machine = fitted(method, traces, 2).machine
    expected = 0.5 if method in ("majority", "coclusters") else 1
    with pytest.warns(EvidenceWarning, match="100 test sequences, 2 of them distinct"):
        assert fidelity(machine, traces["test"]).value == expected


@pytest.mark.filterwarnings(
    "ignore:Number of distinct clusters:sklearn.exceptions.ConvergenceWarning"
)
@pytest.mark.parametrize("method", UNASKING)
def test_a_dead_network_gives_a_machine(method, traces_of):
    """All activations are the same point, as when a network has learned nothing."""
    traces = {
        split: replace(trace, states=np.zeros_like(trace.states))
        for split, trace in traces_of("parity").items()
    }
    found = fitted(method, traces, 3)
    if isinstance(found, str):
        assert method in ("lstar", "coclusters")  # no word moves any unit
        return
    assert np.isfinite(found.machine.predict(traces["test"].sequences)).all()


def test_symbols_never_read_share_a_matrix(traces_of):
    """Two more symbols in the alphabet change nothing for those that are read."""
    traces = traces_of("parity")
    wide = {k: replace(trace, symbols=("0", "1", "2", "3")) for k, trace in traces.items()}
    machine, wider = (fitted("hmm_input", each, 2).machine for each in (traces, wide))
    np.testing.assert_allclose(wider.transition[:2], machine.transition, atol=1e-3)
    np.testing.assert_array_equal(wider.transition[2], wider.transition[3])
    np.testing.assert_array_equal(wider.seen[:, 0], [True, True, False, False])


@pytest.mark.parametrize("method", list(METHODS))
@pytest.mark.parametrize("task", ["mess3", "contains_0110"])
def test_every_budget_gets_a_machine_within_it_or_a_reason(method, task, traces_of):
    traces = traces_of(task, noise=1.0)
    evidence = Evidence(traces["train"], traces["valid"])
    sizes = [1, 2, 3, 7]
    rng = np.random.default_rng(0)
    found = METHODS[method](evidence, n_states=sizes, rng=rng, options=OPTIONS)
    assert list(found) == sizes
    for size, each in found.items():
        if isinstance(each, str):
            assert len(each) > 10
            continue
        assert each.machine.n_states <= size
        if each.decode is not None:
            states = each.decode(traces["test"])
            assert states.shape == (traces["test"].n_steps,)
            assert 0 <= states.min() <= states.max() < each.machine.n_states


@pytest.mark.parametrize("method", list(METHODS))
def test_a_single_step_is_no_exception(method, traces_of):
    trace = traces_of("parity")["train"]
    columns = ("states", "inputs", "outputs", "targets", "truth")
    parts = {name: getattr(trace, name)[:1] for name in columns}
    one = replace(trace, lengths=np.ones(1, dtype=int), **parts)
    rng = np.random.default_rng(0)
    found = METHODS[method](Evidence(one), n_states=[1, 3], rng=rng, options=OPTIONS)
    assert list(found) == [1, 3]


def test_a_file_of_ones_own_is_no_method_of_ours():
    assert "kmeans" in METHODS
    assert "own_expert" not in METHODS
