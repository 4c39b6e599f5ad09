import pickle

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.tasks import make_task
from markovlens.tasks.fetch import fetch
from markovlens.tasks.watch import read_watch

SIZES = {"past": 25, "future": 25, "stride": 50, "decimate": 4}


@pytest.fixture(scope="module")
def folder(resources):
    fetch("watch", resources)
    return resources


@pytest.fixture(scope="module")
def data(folder):
    return read_watch(folder / "watch" / "watch_dataset.npy")


def test_the_file_holds_ten_people_and_seven_exercises(data):
    assert len(data["X"]) == len(data["y"]) == 140
    assert len(set(data["subject"].tolist())) == 10
    assert len(data["y_labels"]) == 7
    assert {series.shape[1] for series in data["X"]} == {6}


def test_no_person_is_in_two_splits_and_every_exercise_is_in_all(folder, data):
    task = make_task("watch_exercises", sizes=SIZES, seed=1, resources=folder)
    people = [set(data["subject"][part.group].tolist()) for part in task.splits.values()]
    assert [len(some) for some in people] == [6, 2, 2]
    assert len(set.union(*people)) == 10
    for part in task.splits.values():
        assert set(part.label.tolist()) == set(range(7))
        np.testing.assert_array_equal(part.label, data["y"][part.group])


def test_a_frame_is_the_mean_of_its_samples(folder, data):
    task = make_task("watch_exercises", sizes=SIZES, seed=1, resources=folder)
    part = task.splits["test"]
    series = data["X"][part.group[3]]
    begin = 4 * part.start[3]
    wanted = series[begin : begin + 100].reshape(25, 4, 6).mean(axis=1)
    np.testing.assert_allclose(task.restore(part.past)[3], wanted, rtol=1e-4, atol=1e-4)
    assert task.rate == 12.5


class Evil:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (Evil(), "refuses to load builtins.print"),
        ({"X": Evil()}, "refuses to load builtins.print"),
        ({"X": []}, "expected the keys X, X_labels"),
        ([1], "expected the keys"),
    ],
)
def test_nothing_but_arrays_is_unpickled(content, message, tmp_path, capsys):
    path = tmp_path / "watch_dataset.npy"
    with open(path, "wb") as file:
        header = {"descr": "|O", "fortran_order": False, "shape": ()}
        np.lib.format.write_array_header_1_0(file, header)
        pickle.dump(content, file)
    with pytest.raises(DataError, match=message):
        read_watch(path)
    assert capsys.readouterr().out == ""


def test_a_file_cut_short_is_named(folder, tmp_path):
    path = tmp_path / "watch_dataset.npy"
    path.write_bytes((folder / "watch" / "watch_dataset.npy").read_bytes()[:5000])
    with pytest.raises(DataError, match=r"watch_dataset.npy: cannot be read"):
        read_watch(path)
