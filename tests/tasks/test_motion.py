import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from markovlens.errors import DataError
from markovlens.tasks import make_task
from markovlens.tasks.fetch import fetch
from markovlens.tasks.humanoid import ORDER, read_skeleton
from markovlens.tasks.members import read_members
from markovlens.tasks.motion import (
    Clip,
    face_forward,
    read_clips,
    stretches,
)
from markovlens.tasks.skeleton import matrices_of, two_columns
from markovlens.tasks.windows import Windows
from markovlens.tasks.windows_store import load_forecast, save_forecast

SIZES = {"past": 10, "future": 10, "stride": 2, "rate": 60}
N_CLIPS = 15


@pytest.fixture(scope="module")
def folder(resources):
    fetch("human_motion", resources)
    return resources


@pytest.fixture(scope="module")
def members(folder):
    return read_members(folder / "human_motion" / "human_motion.tar")


@pytest.fixture(scope="module")
def skeleton(members):
    return read_skeleton(members)


@pytest.fixture(scope="module")
def clips(members, skeleton):
    return read_clips(members, skeleton)


@pytest.fixture(scope="module")
def task(folder):
    return make_task("human_motion", sizes=SIZES, seed=0, resources=folder)


def test_all_clips_are_there_without_the_frame_that_closes_a_loop(clips, members):
    assert len(clips) == N_CLIPS
    for clip in clips:
        content = json.loads(members[f"humanoid3d_{clip.name}.txt"])
        loops = content["Loop"] == "wrap"
        assert len(clip.times) == len(content["Frames"]) - loops
        assert (np.diff(clip.times) > 0).all()
    # Why: here it is the first one again, which would be in the training and in the test stretch.
    spin = json.loads(members["humanoid3d_spin.txt"])["Frames"]
    assert spin[-1][8:] == spin[0][8:]


def test_no_frame_of_a_clip_is_in_two_stretches(clips):
    for clip in clips:
        parts = stretches(clip, shortest=19 / 60)
        times = np.concatenate([part.times for part in parts.values()])
        assert len(np.unique(times)) == len(times) == len(clip.times)
        ends = {name: (part.times[0], part.times[-1]) for name, part in parts.items()}
        assert ends["train"][1] < ends.get("valid", ends["test"])[0]
        assert all(end - begin >= 19 / 60 - 1e-6 for begin, end in ends.values())


def test_a_short_clip_has_no_validation_and_a_shorter_one_is_refused():
    def still(seconds):
        times = np.arange(0, seconds, 0.05)
        return Clip("still", times, np.zeros((len(times), 43)))

    assert list(stretches(still(1.3), shortest=0.3)) == ["train", "test", "valid"]
    assert list(stretches(still(0.8), shortest=0.3)) == ["train", "test"]
    with pytest.raises(DataError, match=r"still: 0.45 s are too short .* lower tasks.motion.past"):
        stretches(still(0.5), shortest=0.3)


def test_the_task_has_every_action_and_unit_scale(task):
    for split in ("train", "test"):
        assert set(task.splits[split].label.tolist()) == set(range(N_CLIPS))
    train = task.splits["train"]
    frames = np.concatenate([train.past, train.future], axis=1)
    np.testing.assert_allclose(frames.mean(axis=(0, 1)), 0, atol=1e-4)
    assert task.rate == 60
    assert len(task.channels) == train.past.shape[2] == len(task.scale)


def test_windows_that_no_clip_can_hold_are_refused(folder):
    with pytest.raises(DataError, match=r"too short for training and test windows of 0.82 s"):
        make_task("human_motion", sizes=SIZES | {"past": 40}, seed=0, resources=folder)


def test_the_last_past_frame_stands_at_the_origin_and_faces_along_x(task):
    now = task.restore(task.splits["test"].past)[:, -1]
    np.testing.assert_allclose(now[:, [0, 2]], 0, atol=1e-5)
    np.testing.assert_allclose(now[:, 5], 0, atol=1e-5)  # its x axis has no z
    assert (now[:, 3] >= -1e-5).all()


def test_facing_forward_undoes_any_turn_and_move_over_the_ground(task):
    part = task.splits["test"]
    frames = task.restore(np.concatenate([part.past, part.future], axis=1))
    turn = Rotation.from_euler("y", 1.1).as_matrix()
    turned = frames.copy()
    for column in (0, 3, 6):
        turned[..., column : column + 3] = frames[..., column : column + 3] @ turn.T
    turned[..., :3] += [3.0, 0.0, -2.0]
    moved = Windows(turned[:, :10], turned[:, 10:], part.label, part.group, part.start)
    back = face_forward(moved)
    np.testing.assert_allclose(back.past, frames[:, :10], atol=1e-4)
    np.testing.assert_allclose(back.future, frames[:, 10:], atol=1e-4)


def test_bones_keep_their_length_and_feet_stay_above_the_ground(task, skeleton):
    joints = task.stick_figures(task.splits["test"].future)  # (N, Td, J, 3)
    for parent, joint in skeleton.bones:
        lengths = np.linalg.norm(joints[..., joint, :] - joints[..., parent, :], axis=-1)
        np.testing.assert_allclose(lengths, np.linalg.norm(skeleton.offsets[joint]), rtol=1e-4)
    assert joints[..., 1].min() > -0.1
    assert 1.3 < np.quantile(joints[..., skeleton.names.index("head"), 1], 0.9) < 2.0


def test_kinematics_agree_with_matrices_multiplied_by_hand(skeleton):
    rng = np.random.default_rng(0)
    turns = {name: Rotation.random(random_state=rng.integers(99)) for name in ORDER}
    features = [np.array([1.0, 2.0, 3.0])]
    for name, kind in zip(skeleton.names, skeleton.kinds, strict=True):
        if kind == "free":
            features.append(two_columns(turns[name].as_matrix()))
        elif kind == "hinge":
            angle = rng.uniform(-1, 1)
            turns[name] = Rotation.from_euler("z", angle)
            features.append(np.array([angle]))
    joints = skeleton.positions(np.concatenate(features))
    offset = dict(zip(skeleton.names, skeleton.offsets, strict=True))
    hip = [1, 2, 3] + turns["root"].apply(offset["right_hip"])
    knee = hip + (turns["root"] * turns["right_hip"]).apply(offset["right_knee"])
    leg = turns["root"] * turns["right_hip"] * turns["right_knee"]
    ankle = knee + leg.apply(offset["right_ankle"])
    for name, place in (("right_hip", hip), ("right_knee", knee), ("right_ankle", ankle)):
        np.testing.assert_allclose(joints[skeleton.names.index(name)], place, atol=1e-12)


def test_rotations_come_back_from_two_columns():
    matrices = Rotation.random(20, random_state=1).as_matrix()
    np.testing.assert_allclose(matrices_of(two_columns(matrices)), matrices, atol=1e-12)
    forecast = matrices_of(np.random.default_rng(0).normal(size=(20, 6)))
    np.testing.assert_allclose(
        forecast @ forecast.swapaxes(1, 2), np.zeros((20, 3, 3)) + np.eye(3), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(forecast), 1)


def test_the_body_comes_back_with_the_task(task, tmp_path):
    save_forecast(tmp_path, task)
    loaded = load_forecast(tmp_path)
    part = task.splits["valid"].past
    np.testing.assert_array_equal(loaded.stick_figures(part), task.stick_figures(part))


def test_signs_of_quaternions_do_not_matter(members, skeleton):
    name = "humanoid3d_walk.txt"
    content = json.loads(members[name])
    for row in content["Frames"][::2]:
        row[4:8] = [-value for value in row[4:8]]
    from markovlens.tasks.motion import _at_rate

    plain, flipped = (
        _at_rate(read_clips({name: text}, skeleton)[0], skeleton, 60)
        for text in (members[name], json.dumps(content))
    )
    np.testing.assert_allclose(flipped, plain, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "humanoid3d_walk.txt: cannot be read"),
        ('{"Loop": "none", "Frames": [[1, 2]]}', "expected frames of 44 finite numbers"),
    ],
)
def test_bad_clips_are_named(text, message, skeleton):
    with pytest.raises(DataError, match=message):
        read_clips({"humanoid3d_walk.txt": text}, skeleton)
    with pytest.raises(DataError, match="expected files humanoid3d_"):
        read_clips({}, skeleton)
