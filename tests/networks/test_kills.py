"""Killed encoder-decoders and generators end with the bytes of undisturbed ones; so do jobs."""

import signal
from dataclasses import replace
from functools import partial

import pytest

from helpers.kills import KINDS, Killed, Kind, files_of, killed_process, shorten
from markovlens.networks import emulation, training
from markovlens.networks.checkpoints import CHECKPOINT, train_each
from markovlens.networks.digests import CARD
from markovlens.networks.store import save_network
from markovlens.networks.training import train


@pytest.fixture(scope="module")
def forecasters():
    return KINDS["forecasters"]()


@pytest.fixture(scope="module")
def generators():
    return KINDS["generators"]()


@pytest.fixture
def classifiers(small, quick):
    return Kind(small, train, save_network, (training, "_step"), {"cell": "srn"}, quick)


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch):
    shorten(monkeypatch.setattr)


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
    cards = [tmp_path / "undisturbed" / name / CARD for name in "ab"]
    each = partial(train_each, kind.once, kind.save, seeds=[1, 2])
    each(cards=cards)
    expected, needed = files_of(tmp_path / "undisturbed"), steps.taken
    cards = [tmp_path / "killed" / name / CARD for name in "ab"]
    steps.left, steps.taken = needed - 1, 0
    with pytest.raises(Killed):
        each(cards=cards)
    for path in cards[0].parent.glob("*.*"):  # as Snakemake does with the files of a killed job
        if path.name != CHECKPOINT:
            path.unlink()
    steps.left, steps.taken = None, 0
    each(cards=cards)
    assert 0 < steps.taken < needed / 2
    assert files_of(tmp_path / "killed") == expected


@pytest.mark.parametrize("name", list(KINDS))
def test_a_process_ended_by_kill_9_leaves_what_the_next_one_goes_on_from(name, tmp_path, caplog):
    kind, folders = KINDS[name](), {key: tmp_path / key for key in ("undisturbed", "killed")}
    kind.job(folders["undisturbed"])
    assert killed_process(name, folders["killed"], after=14) == -signal.SIGKILL
    assert list(files_of(folders["killed"])) == [CHECKPOINT]
    caplog.set_level("INFO")
    kind.job(folders["killed"])
    assert "resumed after 0 attempts and 1" in caplog.text
    assert files_of(folders["killed"]) == files_of(folders["undisturbed"])
