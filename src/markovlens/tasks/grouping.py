"""Sequences by the group that they are in, and by whose they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Members:
    """The sequences of the splits that are compared, one split after the other.

    Attributes:
        splits: which splits.
        groups: (S,), the group of each sequence, as text.
        subjects: (S,), whose each is, as text; None where nobody knows.
        paired: whether every subject is in all groups.
    """

    splits: tuple[str, ...]
    groups: np.ndarray
    subjects: np.ndarray | None
    paired: bool

    def places(self) -> dict[str, np.ndarray]:
        """Return the places of the sequences of each group, groups in the order of their names."""
        return {str(name): np.flatnonzero(self.groups == name) for name in np.unique(self.groups)}
