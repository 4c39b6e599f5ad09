"""Killed encoder-decoders and generators end with the bytes of undisturbed ones; so do jobs."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from helpers.kills import Killed, Steps, files_of
from markovlens.networks import emulation, forecasting, training
from markovlens.networks.checkpoints import CHECKPOINT, train_each
from markovlens.networks.emulation import EmulationOptions, emulate
from markovlens.networks.forecasting import ForecastOptions, train_forecaster
from markovlens.networks.store import save_emulator, save_forecaster, save_network
from markovlens.networks.training import train
from markovlens.tasks import make_task

# Looked at so late, no attempt of a generator ends early.
SHORT = {"POOL": 200, "TEST_RUNS": 20, "TEST_STEPS": 50, "KEPT_EVERY": 4, "LOOK": 1.0}


@dataclass(frozen=True)
class Kind:
    """How networks of a kind are trained and saved, and what is called once in each step."""

    task: Any
    train: Any
    save: Any
    step: tuple[Any, str]
    spec: dict[str, Any]
    training: Any

    def watched(self, monkeypatch):
        """Return the count of the steps."""
        steps, (module, name) = Steps(), self.step
        monkeypatch.setattr(module, name, steps.watched(getattr(module, name)))
        return steps

    def once(self, *, seed=1, checkpoint=None, **changed):
        """Return a trained network; `changed` fields of the kind hold for it alone."""
        kind = replace(self, **changed)
        return kind.train(
            kind.task, kind.spec, training=kind.training, seed=seed, checkpoint=checkpoint
        )

    def written(self, folder, network):
        self.save(folder, network)
        return files_of(folder)


@pytest.fixture(scope="module")
def forecasters():
    sizes = {"n_train": 40, "n_valid": 20, "n_test": 20, "past": 6, "future": 4}
    return Kind(
        make_task("planar_hard", sizes=sizes, seed=0),
        train_forecaster,
        save_forecaster,
        (forecasting, "_step"),
        {"seq2seq": "gru", "hidden": 8},
        ForecastOptions(
            steps=40, batch=16, noise=0.1, evaluate_every=5, checkpoints=(3, 10, 35, 40)
        ),
    )


@pytest.fixture(scope="module")
def generators():
    sizes = {"n_train": 2, "n_valid": 2, "n_test": 2, "length": 5}
    return Kind(
        make_task("chain_2", sizes=sizes, seed=0),
        emulate,
        save_emulator,
        (emulation, "_starts"),
        {"generator": "relu", "hidden": 12, "noise": 3, "loss": "transport"},
        EmulationOptions(steps=19, batch=16, attempts=2, gain=1.5, checkpoints=4),
    )


@pytest.fixture
def classifiers(small, quick):
    return Kind(small, train, save_network, (training, "_step"), {"cell": "srn"}, quick)


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch):
    for name, value in SHORT.items():
        monkeypatch.setattr(emulation, name, value)


@pytest.fixture(params=["forecasters", "generators", "classifiers"])
def kind(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def steps(kind, monkeypatch):
    return kind.watched(monkeypatch)


# Right after a state is kept, one step later, and after several of them.
@pytest.mark.parametrize(
    ("every", "spec"),
    [
        (5, {}),
        (6, {"seq2seq": "lstm", "tied": False, "decoder": "teacher", "order": 2}),
        (13, {"seq2seq": "mgu"}),
    ],
)
def test_killed_encoder_decoders_end_with_the_same_bytes(
    forecasters, every, spec, monkeypatch, tmp_path
):
    once = partial(forecasters.once, spec=forecasters.spec | spec)
    expected = forecasters.written(tmp_path / "undisturbed", once())
    steps = forecasters.watched(monkeypatch)
    trained, kills = steps.run_until_done(once, tmp_path / "state.pt", every=every)
    assert kills >= 3
    assert forecasters.written(tmp_path / "killed", trained) == expected
    assert len(expected) == 2 + 4  # weights and card, and the checkpoints


@pytest.mark.parametrize(
    ("every", "loss"), [(5, "transport"), (6, "energy"), (13, "transport+lags")]
)
def test_killed_generators_end_with_the_same_bytes(generators, every, loss, monkeypatch, tmp_path):
    once = partial(generators.once, spec=generators.spec | {"loss": loss})
    emulator = once()
    assert [one["steps"] for one in emulator.card["attempts"]] == [19, 19]
    expected = generators.written(tmp_path / "undisturbed", emulator)
    steps = generators.watched(monkeypatch)
    trained, kills = steps.run_until_done(once, tmp_path / "state.pt", every=every)
    assert kills >= 2
    assert generators.written(tmp_path / "killed", trained) == expected
    assert len(expected) == 2 + 4


def test_a_killed_attempt_still_ends_early_and_is_kept_as_it_was(generators, monkeypatch, tmp_path):
    monkeypatch.setattr(emulation, "LOOK", 0.25)
    options = replace(generators.training, steps=40, attempts=3, gain=0.01, learning_rate=1e-6)
    once = partial(generators.once, training=options)
    expected = generators.written(tmp_path / "undisturbed", once())
    steps = generators.watched(monkeypatch)
    trained, kills = steps.run_until_done(once, tmp_path / "state.pt", every=7)
    assert kills == 5
    assert [one["steps"] for one in trained.card["attempts"]] == [10, 10, 10]
    assert generators.written(tmp_path / "killed", trained) == expected


def test_a_finished_network_takes_no_step_again(kind, steps, tmp_path):
    first = kind.once(checkpoint=tmp_path / "state.pt")
    steps.left = 0
    again = kind.once(checkpoint=tmp_path / "state.pt")
    assert kind.written(tmp_path / "a", first) == kind.written(tmp_path / "b", again)


def other_data(task):
    """Return the task with something changed of what is learned from."""
    if task.family == "markov":
        return replace(task, source=replace(task.source, emission=task.source.emission[::-1]))
    splits = dict(task.splits)
    if task.family == "planar":
        splits["train"] = replace(splits["train"], future=splits["train"].future + 1)
    else:
        splits["train"] = splits["train"].select(range(len(splits["train"].inputs.lengths) - 1))
    return replace(task, splits=splits)


@pytest.mark.parametrize("changed", ["seed", "training", "spec", "data"])
def test_the_state_of_another_network_is_not_taken_up(kind, steps, changed, tmp_path, caplog):
    other = {
        "seed": {"seed": 2},
        "training": {"training": replace(kind.training, clip=0.5)},
        "spec": {"spec": kind.spec | {"hidden": 5}},
        "data": {"task": other_data(kind.task)},
    }[changed]
    steps.left = 11
    with pytest.raises(Killed):
        kind.once(checkpoint=tmp_path / "state.pt")
    steps.left = None
    trained = kind.once(checkpoint=tmp_path / "state.pt", **other)
    assert "left by another training" in caplog.text
    assert kind.written(tmp_path / "a", trained) == kind.written(tmp_path / "b", kind.once(**other))


def test_a_job_killed_at_its_last_network_loses_none_and_leaves_no_state(kind, steps, tmp_path):
    folders = [tmp_path / "undisturbed" / name for name in "ab"]
    each = partial(train_each, kind.once, kind.save, seeds=[1, 2])
    each(folders=folders)
    expected, needed = files_of(tmp_path / "undisturbed"), steps.taken
    folders = [tmp_path / "killed" / name for name in "ab"]
    steps.left, steps.taken = needed - 1, 0
    with pytest.raises(Killed):
        each(folders=folders)
    for path in folders[0].glob("*.*"):  # as Snakemake does with the files of a killed job
        if path.name != CHECKPOINT:
            path.unlink()
    steps.left, steps.taken = None, 0
    each(folders=folders)
    assert 0 < steps.taken < needed / 2
    assert files_of(tmp_path / "killed") == expected
