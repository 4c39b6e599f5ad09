"""Activities and exercises: the two tasks of a smartwatch that ask what is done."""

import io
import tarfile

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.tasks import make_task
from markovlens.tasks.fetch import fetch
from markovlens.tasks.motions import read_motions
from markovlens.tasks.resources import resource_path
from markovlens.tasks.watch import read_watch

EXERCISES = {"length": 40, "stride": 40, "decimate": 5}


@pytest.fixture(scope="module")
def folder(resources):
    for name in ("basic_motions", "watch"):
        fetch(name, resources)
    return resources


@pytest.fixture(scope="module")
def motions(folder):
    return make_task("basic_motions", sizes={"n_valid": 12}, seed=0, resources=folder)


@pytest.fixture(scope="module")
def exercises(folder):
    return make_task("watch_person", sizes=EXERCISES, seed=0, resources=folder)


def test_the_archives_split_is_kept(motions, folder):
    (train, _), (test, labels) = read_motions(resource_path("basic_motions", folder))
    splits = motions.splits
    np.testing.assert_array_equal(splits["test"].inputs.rows, test.rows)
    assert splits["test"].targets[99::100].tolist() == labels.tolist()
    ours = np.concatenate([splits["train"].inputs.rows, splits["valid"].inputs.rows])
    assert {tuple(row) for row in ours} == {tuple(row) for row in train.rows}


@pytest.mark.parametrize("task", ["motions", "exercises"])
def test_it_is_asked_at_the_end_alone(task, request):
    for split in request.getfixturevalue(task).splits.values():
        ends = np.cumsum(split.inputs.lengths) - 1
        assert (split.targets[ends] >= 0).all()
        assert (np.delete(split.targets, ends) == -1).all()


def test_each_activity_has_its_share_in_each_split(motions):
    for split, count in (("train", 7), ("valid", 3), ("test", 10)):
        targets = motions.splits[split].targets
        assert np.bincount(targets[targets >= 0]).tolist() == [count] * 4
    assert motions.gate == 0.25


def test_no_person_is_in_two_splits(exercises, folder):
    data = read_watch(resource_path("watch", folder))
    # The first frame of a window is a mean of 5 samples, which tells whose it is.
    owners = {}
    for series, person in zip(data["X"], data["subject"], strict=True):
        count = len(series) // 200
        frames = series[: count * 200].reshape(count, 40, 5, 6).mean(axis=2)[:, 0]
        owners |= {tuple(frame.astype(np.float32)): person for frame in frames}
    people = [
        {owners[tuple(row)] for row in split.inputs.values[split.inputs.starts]}
        for split in exercises.splits.values()
    ]
    assert [len(some) for some in people] == [6, 2, 2]
    assert len(set.union(*people)) == 10


def test_at_rest_the_acceleration_is_that_of_gravity(exercises):
    size = np.linalg.norm(exercises.splits["train"].inputs.rows[:, :3], axis=1)
    assert np.median(size) == pytest.approx(1, abs=0.1)
    assert [channel.unit for channel in exercises.channels[:3]] == ["g"] * 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2:1,2:1,2:1,2:1,2:1,2:Sleeping\n", "unknown classes 'Sleeping'"),
        ("1,2:1,2:Standing\n", "expected a channel for each of the 2 columns, got 6"),
        ("1,x:1,2:1,2:1,2:1,2:1,2:Standing\n", "cannot be read"),
    ],
)
def test_another_file_is_named(text, message, tmp_path):
    path = tmp_path / "basic_motions.tar"
    with tarfile.open(path, "w") as files:
        for name in ("BasicMotions_TRAIN.ts", "BasicMotions_TEST.ts"):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            files.addfile(entry, io.BytesIO(text.encode()))
    with pytest.raises(DataError, match=rf"basic_motions.tar: .*{message}"):
        read_motions(path)
