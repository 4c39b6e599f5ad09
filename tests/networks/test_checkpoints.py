"""A training that is killed, again and again, ends with the bytes of one that was not."""

import pickle
from dataclasses import replace

import pytest
import torch

from markovlens.networks import checkpoints
from markovlens.networks import training as module
from markovlens.networks.checkpoints import Checkpoint, fingerprint
from markovlens.networks.store import CARD, WEIGHTS, save_network
from markovlens.networks.training import TrainingOptions, train


class Killed(BaseException):
    """Not an `Exception`: nothing may catch it, as nothing catches a kill."""


@pytest.fixture
def kill_after(monkeypatch):
    """Return a function that lets training take so many steps more, and a count of all steps."""
    step, counts = module._step, {"left": None, "taken": 0}

    def counted(*args):
        if counts["left"] == 0:
            raise Killed
        counts["left"] = None if counts["left"] is None else counts["left"] - 1
        counts["taken"] += 1
        return step(*args)

    def install(steps):
        counts["left"] = steps
        return counts

    monkeypatch.setattr(module, "_step", counted)
    return install


def written(folder, trained):
    save_network(folder, trained)
    return [(folder / name).read_bytes() for name in (WEIGHTS, CARD)]


def run_until_done(train_once, kill_after, path, every):
    """Train, killed after each `every` steps, and return the network and the number of kills."""
    for kills in range(100):
        kill_after(every)
        try:
            return train_once(checkpoint=path), kills
        except Killed:
            assert path.exists()
    raise AssertionError("no progress from one kill to the next")


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
    kill_after = request.getfixturevalue("kill_after")
    training = TrainingOptions(batch=32, evaluate_every=5, **options)

    def once(checkpoint=None):
        return train(task, spec, training=training, seed=1, checkpoint=checkpoint)

    expected = written(tmp_path / "undisturbed", once())
    trained, kills = run_until_done(once, kill_after, tmp_path / "state.pt", every=9)
    assert kills >= 3
    assert written(tmp_path / "killed", trained) == expected


def test_an_attempt_killed_while_it_settles_ends_with_the_same_bytes(small, kill_after, tmp_path):
    easy = replace(small, gate=0.5)  # holds at once, so that it settles
    training = TrainingOptions(steps=40, batch=32, evaluate_every=10, attempts=1)
    expected = train(easy, {"cell": "gru"}, training=training, seed=0)

    def once(checkpoint):
        return train(easy, {"cell": "gru"}, training=training, seed=0, checkpoint=checkpoint)

    trained, kills = run_until_done(once, kill_after, tmp_path / "state.pt", every=145)
    assert kills == 2
    assert trained.card == expected.card
    assert written(tmp_path / "a", trained) == written(tmp_path / "b", expected)


def test_a_finished_training_takes_no_step_again(small, quick, kill_after, tmp_path):
    path = tmp_path / "state.pt"
    first = train(small, {"cell": "srn"}, training=quick, seed=0, checkpoint=path)
    counts = kill_after(0)
    again = train(small, {"cell": "srn"}, training=quick, seed=0, checkpoint=path)
    assert counts["left"] == 0
    assert written(tmp_path / "a", first) == written(tmp_path / "b", again)


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"training": {"clip": 2.0}}, {"spec": {"cell": "gru", "hidden": 5}}]
)
def test_the_state_of_another_training_is_not_taken_up(
    other, small, quick, kill_after, tmp_path, caplog
):
    def once(checkpoint, *, seed=0, training=None, spec=None):
        options = replace(quick, **(training or {}))
        return train(
            small, spec or {"cell": "gru"}, training=options, seed=seed, checkpoint=checkpoint
        )

    path = tmp_path / "state.pt"
    kill_after(15)
    with pytest.raises(Killed):
        once(path)
    counts = kill_after(None)
    counts["taken"] = 0
    trained = once(path, **other)
    assert counts["taken"] == quick.steps
    assert "left by another training" in caplog.text
    assert written(tmp_path / "a", trained) == written(tmp_path / "b", once(None, **other))


def damage(path):
    stored = bytearray(path.read_bytes())
    stored[len(stored) // 2] ^= 1
    path.write_bytes(stored)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("spoil", [damage, truncate, empty])
def test_a_damaged_state_is_not_taken_up(spoil, small, quick, kill_after, tmp_path, caplog):
    path = tmp_path / "state.pt"
    kill_after(15)
    with pytest.raises(Killed):
        train(small, {"cell": "gru"}, training=quick, seed=0, checkpoint=path)
    spoil(path)
    kill_after(None)
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


def test_the_data_of_the_task_are_part_of_the_fingerprint(small):
    splits = dict(small.splits)
    splits["train"] = splits["train"].select([0, 1])
    assert fingerprint(small, seed=0) == fingerprint(small, seed=0)
    assert fingerprint(small, seed=0) != fingerprint(replace(small, splits=splits), seed=0)
    assert fingerprint(small, seed=0) != fingerprint(small, seed=1)
