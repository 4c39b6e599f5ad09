"""A body as a tree of joints: forward kinematics from rotations to positions.

Rotations are written as the first two columns of their matrix (Zhou et al. 2019, "On the Continuity
of Rotation Representations in Neural Networks"): unlike angles and quaternions they have no jumps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FREE, HINGE, FIXED = KINDS = ("free", "hinge", "fixed")
WIDTHS = {FREE: 6, HINGE: 1, FIXED: 0}
TURNS = ("xx", "xy", "xz", "yx", "yy", "yz")  # the entries of the first two columns


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Joints from the root outwards; the y axis points up, and a hinge turns about its z axis.

    A frame has the root's position (3) and for each joint, in order, the six entries of a free
    one's rotation, the angle of a hinge in radians, and nothing of a fixed one.

    Attributes:
        names: of the J joints, the root first.
        parents: int (J,), the joint each hangs on; -1 for the root.
        offsets: (J, 3), from the parent in the parent's frame, metres.
        kinds: `free`, `hinge` or `fixed`, for each joint.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    kinds: tuple[str, ...]

    @property
    def bones(self) -> list[tuple[int, int]]:
        """Pairs of joints between which a line is drawn."""
        return [(parent, joint) for joint, parent in enumerate(self.parents) if parent >= 0]

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the F numbers of a frame."""
        names = ["root position x", "root position y", "root position z"]
        for name, kind in zip(self.names, self.kinds, strict=True):
            names += {
                FREE: [f"{name} {turn}" for turn in TURNS],
                HINGE: [f"{name} angle"],
                FIXED: [],
            }[kind]
        return tuple(names)

    def positions(self, features: np.ndarray) -> np.ndarray:
        """Return where the joints are (..., J, 3), metres, in frames (..., F).

        Columns that are not orthonormal, as in a forecast, are made so.
        """
        turns: list[np.ndarray] = []
        places: list[np.ndarray] = []
        column = 3
        for joint, (parent, kind) in enumerate(zip(self.parents, self.kinds, strict=True)):
            turn = _turn(features[..., column : column + WIDTHS[kind]], kind)
            column += WIDTHS[kind]
            if parent < 0:
                turns.append(turn)
                places.append(features[..., :3])
            else:
                turns.append(turns[parent] @ turn)
                places.append(places[parent] + turns[parent] @ self.offsets[joint])
        return np.stack(places, axis=-2)


def two_columns(matrices: np.ndarray) -> np.ndarray:
    """Return the six numbers (..., 6) of rotation matrices (..., 3, 3): column x, then column y."""
    return np.concatenate([matrices[..., 0], matrices[..., 1]], axis=-1)


def matrices_of(columns: np.ndarray) -> np.ndarray:
    """Return the rotation matrices (..., 3, 3) nearest in Gram and Schmidt's sense to (..., 6)."""
    x = _unit(columns[..., :3])
    along = (x * columns[..., 3:]).sum(axis=-1, keepdims=True)
    y = _unit(columns[..., 3:] - along * x)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def _turn(values: np.ndarray, kind: str) -> np.ndarray:
    if kind == FREE:
        return matrices_of(values)
    turn = np.zeros((*values.shape[:-1], 3, 3)) + np.eye(3)
    if kind == HINGE:
        cos, sin = np.cos(values[..., 0]), np.sin(values[..., 0])
        turn[..., 0, 0], turn[..., 0, 1], turn[..., 1, 0], turn[..., 1, 1] = cos, -sin, sin, cos
    return turn


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float64).tiny))
