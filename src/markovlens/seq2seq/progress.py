"""An encoder-decoder along its training: loss, separability and modes at every checkpoint."""

from __future__ import annotations

from typing import Any

import numpy as np

from markovlens.seq2seq.separability import separability
from markovlens.seq2seq.snapshots import SHARES, Snapshots, bases, gap, participation


def progress_row(step: int, snapshots: Snapshots, *, loss: float) -> dict[str, Any]:
    """Return all that is followed along training, for one checkpoint.

    The POD is that of the checkpoint's own states, so modes of two checkpoints are not the same
    axes, but their numbers can be compared.

    Args:
        step: how many steps it was trained.
        snapshots: its states on the test windows.
        loss: its error on the test windows.
    """
    row: dict[str, Any] = {"step": step, "test_loss": loss, "gap": usual_gap(snapshots)}
    row |= separability(snapshots.decoder, snapshots.labels)
    for part, basis in bases(snapshots).items():
        row[f"{part}_participation"] = participation(basis.energies)
        for share in SHARES:
            row[f"{part}_modes_{100 * share:.0f}"] = basis.modes_for(share)
    return row


def usual_gap(snapshots: Snapshots) -> float:
    """Return the median over windows of the encoder-to-decoder `gap`, in decoder steps."""
    gaps = gap(snapshots)
    return float(np.nanmedian(gaps)) if np.isfinite(gaps).any() else np.nan
