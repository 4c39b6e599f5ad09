"""A training that is killed, again and again, ends with the bytes of one that was not."""

import pickle
from dataclasses import replace

import pytest
import torch

from helpers.kills import Killed, Steps, files_of
from markovlens.networks import checkpoints
from markovlens.networks import training as module
from markovlens.networks.checkpoints import Checkpoint
from markovlens.networks.store import save_network
from markovlens.networks.training import TrainingOptions, train


@pytest.fixture
def steps(monkeypatch):
    """Return the count of training's steps, by which it can be killed."""
    counted = Steps()
    monkeypatch.setattr(module, "_step", counted.watched(module._step))
    return counted


def written(folder, trained):
    save_network(folder, trained)
    return files_of(folder)


@pytest.mark.parametrize(
    ("name", "spec", "options"),
    [
        # Two attempts that miss the gate, with noise drawn from torch's generator.
        ("small", {"cell": "gru"}, {"steps": 40, "attempts": 2}),
        # Dropout, two layers, no noise, patience.
        (
            "asked_at_the_end",
            {"cell": "lstm", "layers": 2, "dropout": 0.2},
            {"steps": 60, "attempts": 1, "patience": 9},
        ),
    ],
)
def test_killed_training_ends_with_the_same_bytes(name, spec, options, request, tmp_path):
    task = replace(request.getfixturevalue(name), gate=1.0)
    steps = request.getfixturevalue("steps")
    training = TrainingOptions(batch=32, evaluate_every=5, **options)

    def once(checkpoint=None):
        return train(task, spec, training=training, seed=1, checkpoint=checkpoint)

    expected = written(tmp_path / "undisturbed", once())
    trained, kills = steps.run_until_done(once, tmp_path / "state.pt", every=9)
    assert kills >= 3
    assert written(tmp_path / "killed", trained) == expected


def test_an_attempt_killed_while_it_settles_ends_with_the_same_bytes(small, steps, tmp_path):
    easy = replace(small, gate=0.5)  # holds at once, so that it settles
    training = TrainingOptions(steps=40, batch=32, evaluate_every=10, attempts=1)
    expected = train(easy, {"cell": "gru"}, training=training, seed=0)

    def once(checkpoint):
        return train(easy, {"cell": "gru"}, training=training, seed=0, checkpoint=checkpoint)

    trained, kills = steps.run_until_done(once, tmp_path / "state.pt", every=145)
    assert kills == 2
    assert trained.card == expected.card
    assert written(tmp_path / "a", trained) == written(tmp_path / "b", expected)


def damage(path):
    stored = bytearray(path.read_bytes())
    stored[len(stored) // 2] ^= 1
    path.write_bytes(stored)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [damage, truncate, empty])
def test_a_damaged_state_is_not_taken_up(spoil, small, quick, steps, tmp_path, caplog):
    path = tmp_path / "state.pt"
    steps.left = 15
    with pytest.raises(Killed):
        train(small, {"cell": "gru"}, training=quick, seed=0, checkpoint=path)
    spoil(path)
    steps.left = None
    trained = train(small, {"cell": "gru"}, training=quick, seed=0, checkpoint=path)
    assert "damaged" in caplog.text
    expected = train(small, {"cell": "gru"}, training=quick, seed=0)
    assert written(tmp_path / "a", trained) == written(tmp_path / "b", expected)


class Hostile:
    def __reduce__(self):
        return (open, ("executed", "w"))


def test_a_hostile_state_is_not_executed(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "state.pt"
    data = pickle.dumps({"fingerprint": "", "finished": [Hostile()], "running": None}, protocol=2)
    path.write_bytes(checkpoints.hashlib.sha256(data).digest() + data)
    assert Checkpoint.found(path, "").finished == []
    torch.save({"fingerprint": "", "finished": [Hostile()], "running": None}, tmp_path / "zip.pt")
    data = (tmp_path / "zip.pt").read_bytes()
    path.write_bytes(checkpoints.hashlib.sha256(data).digest() + data)
    assert Checkpoint.found(path, "").finished == []
    assert not (tmp_path / "executed").exists()
