"""The body of the clips of `motion`: its files, its joints as the robot's description says."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

import numpy as np

from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.tasks.skeleton import FIXED, FREE, HINGE, Skeleton

DESCRIPTION = "humanoid.urdf"
METRES = 0.25  # pybullet loads this body at a quarter of the description's size
KIND = {"spherical": FREE, "revolute": HINGE, "fixed": FIXED}
ENDS = ("neck", "right_ankle", "left_ankle")  # head and feet, which end in no joint
# The order of a clip's columns, which is not that of the description; wrists have none.
# fmt: off
ORDER = (
    "root", "chest", "neck", "right_hip", "right_knee", "right_ankle", "right_shoulder",
    "right_elbow", "left_hip", "left_knee", "left_ankle", "left_shoulder", "left_elbow",
    "right_wrist", "left_wrist",
)
# fmt: on


def read_skeleton(members: Mapping[str, str]) -> Skeleton:
    """Return the joints of the body, after them the middle of its head and of each foot.

    Raises:
        DataError: the description is missing or is of another body.
    """
    with naming(DESCRIPTION):
        root = ElementTree.fromstring(members[DESCRIPTION].rstrip("\0"))  # as C left it
        joints = {str(joint.get("name")): joint for joint in root.iter("joint")}
        links = {str(link.get("name")): link for link in root.iter("link")}
        if absent := [name for name in ORDER if name not in joints]:
            raise DataError(
                f"{DESCRIPTION}: lacks the joints {', '.join(absent)}", page="download-damaged"
            )
        parents = [_parent(joints[name]) for name in ORDER] + [ORDER.index(name) for name in ENDS]
        offsets = [_offset(joints[name]) for name in ORDER]
        offsets += [_offset(links[name].find("collision")) for name in ENDS]
        kinds = [FREE if name == "root" else KIND[str(joints[name].get("type"))] for name in ORDER]
    return Skeleton(
        names=(*ORDER, "head", "right_foot", "left_foot"),
        parents=tuple(parents),
        offsets=np.array(offsets) * METRES,
        kinds=(*kinds, *[FIXED] * len(ENDS)),
    )


def _parent(joint: ElementTree.Element) -> int:
    parent = joint.find("parent")
    name = "" if parent is None else parent.get("link")
    return ORDER.index(name) if name in ORDER else -1


def _offset(element: ElementTree.Element | None) -> list[float]:
    origin = None if element is None else element.find("origin")
    if origin is None:
        raise DataError(
            f"{DESCRIPTION}: expected the origin of every joint, one is missing",
            page="download-damaged",
        )
    return [float(number) for number in str(origin.get("xyz")).split()]
