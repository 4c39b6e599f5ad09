"""Training of generators: same seed same network, plateaus left and reported, files that reload."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from markovlens.dynamics.store import load_checkpoints, load_noisy
from markovlens.networks import emulation
from markovlens.networks.architectures import construct
from markovlens.networks.emulation import (
    GATE,
    LOOK,
    MORE_GAIN,
    EmulationOptions,
    checkpoint_steps,
    emulate,
)
from markovlens.networks.store import load_network, save_emulator
from markovlens.networks.transport import order_of
from markovlens.tasks import make_task
from markovlens.tasks.base import Source

SIZES = {"n_train": 2, "n_valid": 2, "n_test": 2, "length": 5}
SPEC = {"generator": "relu", "hidden": 12, "noise": 3, "loss": "transport"}
QUICK = EmulationOptions(steps=12, batch=16, attempts=1, checkpoints=4)
STICKY = Source(np.full(2, 0.5), np.array([[0.75, 0.25], [0.25, 0.75]]), np.eye(2))


@pytest.fixture(scope="module")
def task():
    return make_task("chain_2", sizes=SIZES, seed=0)


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch):
    monkeypatch.setattr(emulation, "POOL", 300)
    monkeypatch.setattr(emulation, "TEST_RUNS", 30)


@pytest.fixture
def emulator(task):
    return emulate(task, SPEC, training=QUICK, seed=1)


def pairs(*symbols):
    """Return sequences of two symbols as one-hot (B, 2, 2)."""
    return torch.eye(2)[torch.tensor(symbols)]


def test_order_is_none_when_independent_all_when_the_source_and_negative_when_constant():
    independent = pairs((0, 0), (0, 1), (1, 0), (1, 1))
    source = pairs(*[(0, 0)] * 3, (0, 1), (1, 0), *[(1, 1)] * 3)
    assert order_of(independent, STICKY) == pytest.approx(0, abs=1e-6)
    assert order_of(source, STICKY) == pytest.approx(1, abs=1e-6)
    assert order_of(pairs((0, 0)), STICKY) == pytest.approx(1 - 1.25 / 0.5)


def test_what_is_not_finite_has_no_order():
    assert order_of(torch.full((1, 2, 2), torch.nan), STICKY) == -np.inf


@pytest.mark.parametrize(("steps", "count"), [(1000, 12), (10, 4), (5, 2), (1, 2)])
def test_checkpoints_have_both_ends_and_are_denser_at_the_start(steps, count):
    marks = sorted(checkpoint_steps(steps, count))
    assert (marks[0], marks[-1]) == (0, steps)
    assert len(marks) <= count
    gaps = np.diff(marks)
    assert gaps[0] == gaps.min()


def test_the_same_seed_gives_the_same_network_and_another_seed_another(task, emulator):
    again, other = (emulate(task, SPEC, training=QUICK, seed=seed) for seed in (1, 2))
    assert again.card == emulator.card
    weights = emulator.model.state_dict()
    for name, tensor in again.model.state_dict().items():
        assert torch.equal(tensor, weights[name])
        assert not torch.equal(tensor, other.model.state_dict()[name])


def test_torch_is_left_as_it_was(task):
    before = torch.get_rng_state()
    emulate(task, SPEC, training=QUICK, seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.are_deterministic_algorithms_enabled()


def test_attempts_on_the_plateau_end_early_and_are_followed_by_more_gain(task):
    training = replace(QUICK, steps=20, gain=0.01, learning_rate=1e-6, attempts=3)
    emulator = emulate(task, SPEC, training=training, seed=1)
    attempts = emulator.card["attempts"]
    assert [one["gain"] for one in attempts] == pytest.approx(
        [0.01, 0.01 * MORE_GAIN, 0.01 * MORE_GAIN**2]
    )
    assert [one["steps"] for one in attempts] == 3 * [20 * LOOK]
    assert not any(one["passed"] for one in attempts)
    assert emulator.card["gate"] == {
        "threshold": GATE,
        "value": max(one["order"] for one in attempts),
        "passed": False,
    }


def test_the_first_attempt_that_passes_the_gate_is_the_last(task, monkeypatch):
    monkeypatch.setattr(emulation, "GATE", -10)
    emulator = emulate(task, SPEC, training=replace(QUICK, attempts=3), seed=1)
    assert len(emulator.card["attempts"]) == 1
    assert emulator.card["gate"]["passed"]


def test_states_without_bound_are_a_missed_gate_and_no_error(task):
    card = emulate(task, SPEC, training=replace(QUICK, gain=1e6), seed=1).card
    assert card["attempts"][0]["steps"] == 0
    assert card["gate"] == {"threshold": GATE, "value": None, "passed": False}


def test_training_brings_order_and_is_kept_from_its_start_to_its_end(task, monkeypatch):
    monkeypatch.setattr(emulation, "LOOK", 1.0)  # order comes late in so short a training
    training = EmulationOptions(steps=150, batch=32, learning_rate=0.005, attempts=1, gain=1.5)
    spec = SPEC | {"hidden": 24, "loss": "transport+lags"}
    emulator = emulate(task, spec, training=training, seed=1)
    first, last = emulator.snapshots[0], emulator.snapshots[-1]
    assert (first.step, last.step) == (0, 150)
    assert len(emulator.snapshots) == training.checkpoints
    assert first.order < 0.2
    assert last.order > 0.6
    assert last.loss < first.loss / 2
    assert emulator.card["gate"]["passed"]


def test_an_attempt_that_ends_early_keeps_its_end(emulator):
    (attempt,) = emulator.card["attempts"]
    assert attempt["steps"] == QUICK.steps * LOOK
    assert [one["step"] for one in emulator.card["checkpoints"]] == [0, 1, 3]
    weights = emulator.model.state_dict()["head.weight"]
    assert torch.equal(emulator.snapshots[-1].weights["head.weight"], weights)
    assert not torch.equal(emulator.snapshots[0].weights["head.weight"], weights)


def test_files_give_back_the_network_and_its_checkpoints(tmp_path, emulator):
    save_emulator(tmp_path, emulator)
    network = load_noisy(tmp_path)
    weights = emulator.model.state_dict()
    np.testing.assert_array_equal(network.recurrent, weights["rnn.weight_hh_l0"])
    np.testing.assert_array_equal(network.drive, weights["rnn.weight_ih_l0"])
    np.testing.assert_array_equal(network.readout, weights["head.weight"])
    moments = load_checkpoints(tmp_path)
    assert [said["step"] for said, _ in moments] == [one.step for one in emulator.snapshots]
    for (_, loaded), kept in zip(moments, emulator.snapshots, strict=True):
        np.testing.assert_array_equal(loaded.readout, kept.weights["head.weight"])


def test_the_card_builds_the_network_again_and_it_runs_alike(tmp_path, emulator):
    save_emulator(tmp_path, emulator)
    noise = torch.randn(9, 4, 3, generator=torch.Generator().manual_seed(0))
    built = construct(emulator.card["architecture"])
    built.load_state_dict(emulator.model.state_dict())
    with torch.no_grad():
        logits, states = emulator.model(noise)
        for other in (built, load_network(tmp_path)):
            assert torch.equal(other(noise)[0], logits)
        numbers = load_noisy(tmp_path).follow(noise.numpy().transpose(1, 0, 2))
    np.testing.assert_allclose(numbers, states.numpy().transpose(1, 0, 2), rtol=1e-4, atol=1e-5)
