"""One machine against its network: which measure is chosen, and what each tells apart."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions.given import in_order
from markovlens.abstractions.kinds import DECIDES, PREDICTS, output_kind
from markovlens.errors import ConfigError, DataError
from markovlens.faithfulness.scores.agreement import explained_divergence
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

N_SYMBOLS = 60
NAMES = tuple(f"w{index}" for index in range(N_SYMBOLS))


def chain_machine(n_states, *, seed=0):
    """Return a machine over sixty symbols that predicts from the last symbol's group."""
    rng = np.random.default_rng(seed)
    group = np.arange(N_SYMBOLS) % n_states
    to = np.eye(n_states)[group]  # (V, K)
    readout = rng.dirichlet(np.full(N_SYMBOLS, 0.1), n_states)
    transition = np.repeat(to[:, None], n_states, axis=1)
    return Machine(to, transition, readout, NAMES, NAMES, np.ones((N_SYMBOLS, n_states), bool))


@pytest.fixture(scope="module")
def predictor():
    """Return the trace of a network that predicts its next symbol, and is the machine of 6."""
    machine, rng = chain_machine(6), np.random.default_rng(1)
    lengths = rng.integers(10, 40, 150)
    inputs = np.zeros(lengths.sum(), dtype=int)
    for step in range(1, len(inputs)):
        inputs[step] = rng.choice(N_SYMBOLS, p=machine.readout[inputs[step - 1] % 6])
    trace = Trace(
        states=np.zeros((len(inputs), 1), np.float32), inputs=inputs,
        outputs=machine.readout[inputs % 6], targets=np.full(len(inputs), -1),
        truth=np.full(len(inputs), -1), lengths=lengths, symbols=NAMES, classes=NAMES,
    )  # fmt: skip
    return machine, trace


def test_machines_of_a_next_symbol_network_are_told_apart(predictor):
    """Balanced agreement is near 1 / 60 for each but the network's own machine."""
    machine, trace = predictor
    alone = replace_readout(machine, np.tile(trace.outputs.mean(axis=0), (6, 1)))
    half = replace_readout(machine, (machine.readout + alone.readout) / 2)
    scores = [fidelity(one, trace) for one in (alone, half, machine)]
    assert [one.measure for one in scores] == ["explained_divergence"] * 3
    floor, between, ceiling = (one.value for one in scores)
    assert floor == pytest.approx(0, abs=1e-3)
    assert 0.3 < between < 0.9
    assert ceiling > 0.99
    assert scores[0].balanced_agreement.value < 0.3
    for one in scores:
        assert one.low <= one.value <= one.high <= 1


def replace_readout(machine, readout):
    return replace(machine, readout=readout)


def test_worse_than_no_machine_is_below_zero(predictor):
    machine, trace = predictor
    wrong = replace_readout(machine, np.roll(machine.readout, 1, axis=0))
    assert fidelity(wrong, trace).value < 0


def test_explained_divergence_by_hand():
    outputs = np.array([[0.9, 0.1], [0.5, 0.5]])
    trace = Trace(
        np.zeros((2, 1), np.float32), np.zeros(2, int), outputs, np.full(2, -1), np.full(2, -1),
        np.array([1, 1]), ("a",), ("0", "1"),
    )  # fmt: skip
    said, smoothing = np.array([[0.8, 0.2], [0.5, 0.5]]), 1e-9
    mean = np.array([0.7, 0.3])

    def divergence(rows):
        return sum((p * np.log(p / q)).sum() for p, q in zip(outputs, rows, strict=True))

    tally = explained_divergence(said, trace, smoothing=smoothing)
    score = Bootstrap.draw(2, n_resamples=5, rng=np.random.default_rng(0)).score(tally)
    assert score.value == pytest.approx(1 - divergence(said) / divergence([mean, mean]), abs=1e-6)


def test_the_kind_of_every_sort_of_task(traces_of):
    assert output_kind(traces_of("parity")["test"]).name == DECIDES
    assert output_kind(traces_of("mess3")["test"]).name == PREDICTS


def test_without_targets_the_next_symbols_tell(predictor):
    _, trace = predictor
    assert output_kind(trace) == (PREDICTS, "its outputs foretell the symbols that come next")
    # The same outputs beside symbols that have nothing to do with them, and are as confident.
    confident = np.eye(N_SYMBOLS)[np.random.default_rng(0).integers(N_SYMBOLS, size=trace.n_steps)]
    decider = replace(trace, outputs=confident)
    assert output_kind(decider).name == DECIDES
    spread = replace(trace, symbols=tuple(f"letter {name}" for name in NAMES))
    spread = replace(spread, outputs=np.full_like(trace.outputs, 1 / N_SYMBOLS))
    assert output_kind(spread).name == PREDICTS
    assert "0.02" in output_kind(spread).reason


def test_two_classes_without_targets_are_a_decision(traces_of):
    """An unsure network over two classes named as its two symbols does not foretell them."""
    test = traces_of("parity")["test"]
    names = {"symbols": ("0", "1"), "classes": ("0", "1")}
    unsure = replace(test, targets=np.full(test.n_steps, -1), **names)
    unsure = replace(unsure, outputs=0.25 + 0.5 * unsure.outputs)
    assert output_kind(unsure).name == DECIDES


def test_targets_that_are_the_next_phone_predict_although_letters_come_first():
    trace = Trace(
        np.zeros((5, 1), np.float32), np.array([0, 1, 2, 3, 4]), np.full((5, 3), 1 / 3),
        np.array([-1, -1, 0, 1, 2]), np.full(5, -1), np.array([5]),
        ("letter a", "letter b", "start", "AA", "B"), ("AA", "B", "end"),
    )  # fmt: skip
    assert output_kind(trace).name == PREDICTS
    assert output_kind(replace(trace, targets=np.array([-1, -1, 0, 0, 2]))).name == DECIDES


def reading(inputs, symbols, classes, *, targets=None, outputs=None):
    """Return a trace of one sequence."""
    n = len(inputs)
    outputs = np.full((n, len(classes)), 1 / len(classes)) if outputs is None else outputs
    return Trace(
        np.zeros((n, 1), np.float32), np.array(inputs), outputs,
        np.full(n, -1) if targets is None else np.array(targets), np.full(n, -1), np.array([n]),
        symbols, classes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("targets", "name"), [([1, 0, 1, 1, 0, 1], DECIDES), ([-1, 0, -1, -1, 0, 1], DECIDES)]
)
def test_a_name_that_a_class_shares_with_one_symbol_makes_no_prediction(targets, name):
    """Each "stop" is announced, which alone would be the next symbol."""
    trace = reading([0, 1, 2, 0, 1, 2], ("a", "b", "stop"), ("stop", "go"), targets=targets)
    assert output_kind(trace).name == name


def test_targets_that_are_all_the_same_are_a_guess_and_say_so():
    kind = output_kind(reading([0, 0, 0, 0], ("a", "b"), ("a", "b"), targets=[0, 0, 0, 1]))
    assert kind.name == DECIDES
    assert kind.reason.startswith("a guess")
    assert output_kind(
        reading([0, 0, 1, 0], ("a", "b"), ("a", "b"), targets=[0, 1, 0, -1])
    ).name == PREDICTS  # fmt: skip


def test_outputs_foretell_nothing_where_some_next_symbols_are_no_class():
    sure, other = [0.95, 0.05], [0.05, 0.95]
    outputs = np.array([sure, other, sure, other, sure, sure])
    trace = reading([2, 0, 1, 2, 1, 2], ("a", "b", "c"), ("a", "b"), outputs=outputs)
    assert output_kind(trace).name == DECIDES
    named = reading([1, 0, 1, 0, 1, 0], ("a", "b"), ("a", "b"), outputs=outputs)
    assert output_kind(named).name == PREDICTS


def test_the_measure_can_be_chosen_and_all_are_shown(predictor):
    machine, trace = predictor
    score = fidelity(machine, trace, measure="agreement")
    assert (score.value, score.measure) == (score.agreement.value, "agreement")
    said = repr(score)
    for name in ("balanced_agreement", "divergence", "explained_divergence"):
        assert name in said
    assert "* agreement" in said
    with pytest.raises(ConfigError, match="measure: expected one of .* got 'kappa'"):
        fidelity(machine, trace, measure="kappa")


def test_only_the_last_step_of_a_string_counts_for_every_measure(predictor):
    machine, trace = predictor
    last = np.cumsum(trace.lengths) - 1
    wrong = np.array(trace.outputs)
    wrong[np.setdiff1d(np.arange(trace.n_steps), last)] = np.eye(N_SYMBOLS)[0]
    score = fidelity(machine, replace(trace, outputs=wrong), unit="string")
    assert score.agreement.value == 1
    assert score.divergence.value < 0.01
    assert fidelity(machine, replace(trace, outputs=wrong)).agreement.value < 0.5


def test_a_trace_without_outputs_is_refused(predictor):
    machine, trace = predictor
    blank = replace(trace, outputs=np.full_like(trace.outputs, np.nan))
    with pytest.raises(DataError, match="got none at any step"):
        fidelity(machine, blank)


def test_one_sequence_has_no_interval_and_is_said_to_have_none(predictor):
    machine, trace = predictor
    said = repr(fidelity(machine, trace.select([0])))
    assert "[-, -]" in said
    assert "nan" not in said
    assert "one sequence has no interval" in said
    assert "one sequence" not in repr(fidelity(machine, trace.select([0, 1])))


def test_names_in_another_order_are_the_same_machine(predictor):
    """Files of other tools have symbols in the order of their edges."""
    machine, trace = predictor
    order = np.random.default_rng(2).permutation(N_SYMBOLS)
    names = tuple(NAMES[index] for index in order)
    other = Machine(
        machine.initial[order], machine.transition[order], machine.readout[:, order],
        names, names, machine.seen[order],
    )  # fmt: skip
    with pytest.raises(
        DataError, match=r"`markovlens.abstractions.given.in_order\(machine, trace\)`"
    ):
        fidelity(other, trace)
    assert repr(fidelity(in_order(other, trace), trace)) == repr(fidelity(machine, trace))
