"""Real 3D human movement: the fifteen `humanoid3d` clips of pybullet, one for each action.

Source: motion capture made ready for DeepMimic (Peng et al. 2018), as pybullet ships it. A clip is
0.8 to 4.4 seconds long, and there is one of each action, so that training, validation and test data
are three stretches of the same clip, cut apart **before anything else is done**:

- The last frame of a clip that is marked as a loop closes it, and is in some the first one again;
  it is dropped. Nothing is looped, as a loop would carry training frames into the test stretch.
- Stretches are resampled one by one, so that no frame is a mixture of two stretches.
- The stretches are the clip's beginning (training), middle (validation) and end (test). A clip too
  short for three of at least a window has no validation stretch.

So the test asks for a part of each movement that was never seen, not for another performance of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.tasks.base import SPLITS
from markovlens.tasks.humanoid import read_skeleton
from markovlens.tasks.members import read_members
from markovlens.tasks.skeleton import FREE, HINGE, WIDTHS, Skeleton, two_columns
from markovlens.tasks.windows import (
    Forecast,
    Recording,
    Windows,
    cut,
    squared_error,
    standardise,
    standing_still,
)

PREFIX, SUFFIX = "humanoid3d_", ".txt"
SHARES = {"valid": 0.15, "test": 0.35}  # of a clip's duration
QUATERNION = 4
UP = 1  # the axis


@dataclass(frozen=True, slots=True)
class Clip:
    """One recorded movement.

    Attributes:
        name: the action.
        times: (T,), seconds from the first frame.
        frames: (T, 43), as in the file, quaternions as w, x, y, z.
    """

    name: str
    times: np.ndarray
    frames: np.ndarray

    def part(self, first: int, stop: int) -> Clip:
        """Return the frames `first` to `stop` - 1, at their times."""
        return Clip(self.name, self.times[first:stop], self.frames[first:stop])


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, human_motion: Path
) -> Forecast:
    """Return the task: windows of all clips at `rate` frames a second.

    Each window is turned and moved so that its last past frame stands at the origin and looks
    along x (`face_forward`): where and which way a body moves over the ground is no property of the
    action. Nothing is drawn at random.
    """
    members = read_members(human_motion)
    skeleton = read_skeleton(members)
    clips = read_clips(members, skeleton)
    seconds = (sizes["past"] + sizes["future"] - 1) / sizes["rate"]
    parts = [stretches(clip, shortest=seconds) for clip in clips]
    splits = {}
    for split in SPLITS:
        recordings = [
            Recording(_at_rate(part[split], skeleton, sizes["rate"]), number, number)
            for number, part in enumerate(parts)
            if split in part
        ]
        windows = cut(
            recordings, past=sizes["past"], future=sizes["future"], stride=sizes["stride"]
        )
        splits[split] = face_forward(windows)
    _check_classes(splits, [clip.name for clip in clips])
    splits, mean, scale = standardise(splits)
    return Forecast(
        name,
        "motion",
        skeleton.channels,
        tuple(clip.name for clip in clips),
        splits,
        mean,
        scale,
        rate=float(sizes["rate"]),
        gate=float(squared_error(standing_still(splits["valid"]), splits["valid"]).mean()),
        skeleton=skeleton,
    )


def read_clips(members: Mapping[str, str], skeleton: Skeleton) -> list[Clip]:
    """Return the clips among the text files of the resource, in the order of their names.

    Raises:
        DataError: there is none, or one is not of this format.
    """
    names = sorted(n for n in members if n.startswith(PREFIX) and n.endswith(SUFFIX))
    if not names:
        raise DataError(
            f"expected files {PREFIX}*{SUFFIX}, got {', '.join(members) or 'none'}",
            page="download-damaged",
        )
    return [_read_clip(name, members[name], skeleton) for name in names]


def stretches(clip: Clip, *, shortest: float) -> dict[str, Clip]:
    """Return the stretch of each split, at least `shortest` seconds long, none sharing a frame.

    The test stretch is the end of the clip, validation comes before it, training before that.
    Without room for three, there is no validation.

    Raises:
        DataError: there is not even room for two.
    """
    found: dict[str, Clip] = {}
    stop = len(clip.times)
    for split in ("test", "valid"):
        wanted = max(shortest, SHARES[split] * clip.times[-1])
        first = _last_begin(clip.times[:stop], wanted)
        rest = _last_begin(clip.times[:first], shortest)
        if first > 0 and rest >= 0:
            found[split] = clip.part(first, stop)
            stop = first
    if "test" not in found:
        raise DataError(
            f"{clip.name}: {clip.times[-1]:.2f} s are too short for training and test windows of "
            f"{shortest:.2f} s; lower tasks.motion.past or future",
            page="split-impossible",
        )
    return {"train": clip.part(0, stop), **found}


def face_forward(windows: Windows) -> Windows:
    """Return the windows, each turned about the vertical and moved over the ground.

    After it, the root of the last past frame is above the origin, and the part of its x axis that
    is level points along x. Height, tilt and all joints stay as they are.
    """
    frames = np.concatenate([windows.past, windows.future], axis=1).astype(np.float64)
    now = frames[:, windows.past.shape[1] - 1]
    heading = np.arctan2(-now[:, 5], now[:, 3])  # of the root's x axis, whose entries are 3 to 5
    cos, sin = (np.cos(heading)[:, None], np.sin(heading)[:, None])
    frames[..., :3] -= np.where(np.arange(3) == UP, 0, now[:, None, :3])
    for column in (0, 3, 6):  # the position, then both columns of the root's rotation
        x, z = frames[..., column].copy(), frames[..., column + 2].copy()
        frames[..., column], frames[..., column + 2] = cos * x - sin * z, sin * x + cos * z
    split = windows.past.shape[1]
    frames = frames.astype(np.float32)
    return replace(windows, past=frames[:, :split], future=frames[:, split:])


def _read_clip(name: str, text: str, skeleton: Skeleton) -> Clip:
    with naming(name):
        content = json.loads(text)
        rows = np.array(content["Frames"], dtype=np.float64)
        width = 4 + sum(_width_in_file(kind) for kind in skeleton.kinds)
        if rows.ndim != 2 or rows.shape[1] != width or not np.isfinite(rows).all():
            raise DataError(
                f"{name}: expected frames of {width} finite numbers, got {rows.shape}",
                page="download-damaged",
            )
        if content["Loop"] == "wrap":
            rows = rows[:-1]
    # The first column says how long a frame lasts, until the next one.
    times = np.concatenate([[0.0], np.cumsum(rows[:-1, 0])])
    return Clip(name.removeprefix(PREFIX).removesuffix(SUFFIX), times, rows[:, 1:])


def _at_rate(clip: Clip, skeleton: Skeleton, rate: int) -> np.ndarray:
    """Return the features (T, F) of a clip at `rate` frames a second.

    Rotations go the shorter way from frame to frame (slerp), whatever their quaternions' signs.
    """
    count = int((clip.times[-1] - clip.times[0]) * rate + 1e-6) + 1
    times = np.minimum(clip.times[0] + np.arange(count) / rate, clip.times[-1])
    columns = [_linear(clip, times, slice(0, 3))]
    column = 3
    for kind in skeleton.kinds:
        here = slice(column, column + _width_in_file(kind))
        column = here.stop
        if kind == FREE:
            turns = Rotation.from_quat(clip.frames[:, here], scalar_first=True)
            columns.append(two_columns(Slerp(clip.times, turns)(times).as_matrix()))
        elif kind == HINGE:
            columns.append(_linear(clip, times, here))
    return np.concatenate(columns, axis=1)


def _linear(clip: Clip, times: np.ndarray, columns: slice) -> np.ndarray:
    values = clip.frames[:, columns].T
    return np.stack([np.interp(times, clip.times, row) for row in values], axis=1)


def _width_in_file(kind: str) -> int:
    return QUATERNION if kind == FREE else WIDTHS[kind]


def _last_begin(times: np.ndarray, seconds: float) -> int:
    """Return the last frame from which on at least `seconds` are left, -1 if there is none."""
    return (
        int(np.searchsorted(times, times[-1] - seconds + 1e-6, side="right")) - 1
        if len(times)
        else -1
    )


def _check_classes(splits: Mapping[str, Windows], names: list[str]) -> None:
    for split in ("train", "test"):
        absent = set(range(len(names))) - set(splits[split].label.tolist())
        if absent:
            raise DataError(
                f"expected {split} windows of every clip, none of "
                f"{', '.join(names[i] for i in sorted(absent))}; lower tasks.motion.past or future",
                page="split-impossible",
            )
