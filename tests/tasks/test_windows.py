from dataclasses import replace

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.tasks import FORECASTS, make_task, spec_of
from markovlens.tasks.resources import RESOURCES
from markovlens.tasks.store import save_task
from markovlens.tasks.windows import (
    Recording,
    Windows,
    cut,
    moving_on,
    squared_error,
    standardise,
    standing_still,
)
from markovlens.tasks.windows_store import load_forecast, save_forecast

SIZES = {"n_train": 10, "n_valid": 5, "n_test": 6, "past": 4, "future": 3}


@pytest.fixture(scope="module")
def task():
    return make_task("planar_hard", sizes=SIZES, seed=0)


def ramp(n_frames, label=0, group=0, first=0):
    return Recording(np.arange(n_frames)[:, None] * [1.0, -2.0], label, group, first)


def test_windows_are_cut_whole_and_in_order():
    windows = cut([ramp(9, label=1, group=5, first=100), ramp(3)], past=3, future=2, stride=2)
    assert windows.past[:, :, 0].tolist() == [[0, 1, 2], [2, 3, 4], [4, 5, 6]]
    assert windows.future[:, :, 1].tolist() == [[-6, -8], [-10, -12], [-14, -16]]
    assert windows.start.tolist() == [100, 102, 104]
    assert windows.label.tolist() == [1, 1, 1]
    assert windows.group.tolist() == [5, 5, 5]


def test_nothing_is_cut_from_what_is_too_short():
    assert len(cut([ramp(4)], past=3, future=2, stride=1)) == 0


def test_only_training_windows_decide_the_scale():
    rng = np.random.default_rng(0)
    frames = {
        "train": rng.normal(3, 2, size=(400, 2)),
        "valid": rng.normal(50, 9, size=(40, 2)),
        "test": rng.normal(-9, 1, size=(40, 2)),
    }
    for part in frames.values():
        part[:, 1] = 7.0  # a channel that does not vary
    splits = {
        name: cut([Recording(part, 0, 0)], past=3, future=2, stride=5)
        for name, part in frames.items()
    }
    scaled, mean, scale = standardise(splits)
    used = np.concatenate([scaled["train"].past, scaled["train"].future], axis=1)
    np.testing.assert_allclose(used[..., 0].mean(), 0, atol=1e-5)
    np.testing.assert_allclose(used[..., 0].std(), 1, atol=1e-5)
    np.testing.assert_allclose(scaled["test"].past[..., 1], 0, atol=1e-6)
    np.testing.assert_allclose(scaled["valid"].past * scale + mean, splits["valid"].past, rtol=1e-5)
    assert scale[1] == 1


def test_baselines_by_hand():
    windows = cut([ramp(7)], past=3, future=4, stride=1)
    assert standing_still(windows)[0, :, 0].tolist() == [2, 2, 2, 2]
    np.testing.assert_allclose(moving_on(windows), windows.future)
    # (1 + 4) / 2 channels, times the square of the steps missed
    np.testing.assert_allclose(
        squared_error(standing_still(windows), windows), [2.5, 10.0, 22.5, 40.0]
    )


def test_a_task_comes_back_from_its_folder_byte_for_byte(task, tmp_path):
    save_task(tmp_path / "a", task)
    loaded = load_forecast(tmp_path / "a")
    for name, part in task.splits.items():
        for column in ("past", "future", "label", "group", "start"):
            np.testing.assert_array_equal(
                getattr(loaded.splits[name], column), getattr(part, column)
            )
    assert (loaded.name, loaded.channels, loaded.classes) == (
        task.name,
        task.channels,
        task.classes,
    )
    assert (loaded.gate, loaded.rate) == (task.gate, task.rate)
    np.testing.assert_array_equal(loaded.scale, task.scale)
    save_forecast(tmp_path / "b", loaded)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_damaged_and_foreign_tasks_are_named(task, tmp_path):
    save_forecast(tmp_path, task)
    (tmp_path / "test.parquet").write_bytes((tmp_path / "valid.parquet").read_bytes())
    with pytest.raises(DataError, match=r"test.parquet: expected the test split of task planar"):
        load_forecast(tmp_path)
    (tmp_path / "test.parquet").write_text("no table")
    with pytest.raises(DataError, match=r"test.parquet: cannot be read"):
        load_forecast(tmp_path)
    (tmp_path / "task.json").write_text("{}")
    with pytest.raises(DataError, match=r"task.json: expected a forecasting task"):
        load_forecast(tmp_path)


def test_windows_that_do_not_fit_are_refused(task):
    part = task.splits["test"]
    with pytest.raises(DataError, match="expected 6 rows of label, got 2"):
        replace(part, label=part.label[:2])
    broken = part.past.copy()
    broken[0, 0, 0] = np.nan
    with pytest.raises(DataError, match="expected finite windows"):
        replace(part, past=broken)
    empty = Windows(part.past[:0], part.future[:0], *[part.label[:0]] * 3)
    with pytest.raises(DataError, match="split valid: expected windows, got none"):
        replace(task, splits=task.splits | {"valid": empty})
    with pytest.raises(DataError, match="expected labels 0..1"):
        replace(task, classes=("circle", "ellipse"))


def test_a_task_without_a_body_draws_no_stick_figures(task):
    with pytest.raises(DataError, match="planar_hard has no skeleton"):
        task.stick_figures(task.splits["test"].past)


def test_the_registry_names_families_and_resources():
    assert {spec.family for spec in FORECASTS.values()} == {"planar", "motion", "watch"}
    assert {name for spec in FORECASTS.values() for name in spec.resources} <= set(RESOURCES)
    assert spec_of("human_motion") is FORECASTS["human_motion"]
    with pytest.raises(
        DataError, match="expected the sizes n_train, n_valid, n_test, past, future"
    ):
        make_task("planar_hard", sizes={"past": 3}, seed=0)
