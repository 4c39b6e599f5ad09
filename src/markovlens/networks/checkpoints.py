"""Training that a kill cannot undo: its state, written now and then, taken up by the next run.

A checkpoint is only ever taken up by the training that wrote it: same task, same options, same
seed, same code, same torch. Anything else in its place is as good as no checkpoint.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from markovlens.files.whole import replacing
from markovlens.running.codehash import code_hash

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"  # beside the network's weights, until all of its job is done
DIGEST_BYTES = 32

Network = TypeVar("Network", covariant=True)


@dataclass(slots=True)
class Checkpoint:
    """The state of one training, on disk if it has a path.

    Attributes:
        path: the file, None to keep nothing.
        fingerprint: what the training depends on, see `fingerprint`.
        finished: the states of the attempts that are done, in order.
        running: the state of the attempt under way with its `step`, None between attempts.
    """

    path: Path | None = None
    fingerprint: str = ""
    finished: list[dict[str, Any]] = field(default_factory=list)
    running: dict[str, Any] | None = None

    @classmethod
    def found(cls, path: str | Path | None, fingerprint: str) -> Checkpoint:
        """Return what an earlier run of the same training left at `path`, else an empty one."""
        checkpoint = cls(None if path is None else Path(path), fingerprint)
        content = None if path is None else _read(Path(path))
        if content is None:
            return checkpoint
        if content["fingerprint"] != fingerprint:
            log.warning("%s: left by another training, not used", path)
            return checkpoint
        checkpoint.finished, checkpoint.running = content["finished"], content["running"]
        step = checkpoint.running["step"] if checkpoint.running else 0
        log.info("resumed after %d attempts and %d steps", len(checkpoint.finished), step)
        return checkpoint

    def ended(self, number: int) -> dict[str, Any] | None:
        """Return the state in which an earlier run left an attempt, None if it did not end it."""
        return self.finished[number] if number < len(self.finished) else None

    def keep(self, running: dict[str, Any]) -> None:
        """Write the state of the attempt under way."""
        self.running = running
        self._write()

    def finish(self, attempt: dict[str, Any]) -> None:
        """Write that the attempt under way has ended so."""
        self.finished.append(attempt)
        self.running = None
        self._write()

    def _write(self) -> None:
        if self.path is None:
            return
        content = {
            "fingerprint": self.fingerprint,
            "finished": self.finished,
            "running": self.running,
        }
        buffer = io.BytesIO()
        torch.save(content, buffer)
        data = buffer.getvalue()
        with replacing(self.path) as temporary:
            temporary.write_bytes(hashlib.sha256(data).digest() + data)


class Training(Protocol[Network]):
    """A training whose options are set; it is taken up from `checkpoint` if one is there."""

    def __call__(self, *, seed: int, checkpoint: Path) -> Network:
        """Return the network of a seed."""


def train_each(
    training: Training[Network],
    save: Callable[[Path, Network], None],
    *,
    seeds: Sequence[int],
    cards: Sequence[str | Path],
) -> None:
    """Train the network of each seed and save it beside its card; a kill costs no finished one.

    Snakemake removes what a killed job wrote, so that all checkpoints stay until the last network
    is saved: the next run finds the finished networks in them.
    """
    folders = [Path(card).parent for card in cards]
    for seed, folder in zip(seeds, folders, strict=True):
        save(folder, training(seed=seed, checkpoint=folder / CHECKPOINT))
    for folder in folders:
        (folder / CHECKPOINT).unlink(missing_ok=True)


def checkpoint_of(
    path: str | Path | None, asked: Mapping[str, Any], *, data: Iterable[np.ndarray], code: str
) -> Checkpoint:
    """Return the checkpoint that this very training left at `path`, empty if there is none.

    Args:
        path: the file; None to keep nothing.
        asked: plain values that the training depends on: task, network, options, seed.
        data: what it learns from.
        code: the file of its code.
    """
    if path is None:
        return Checkpoint()
    return Checkpoint.found(path, fingerprint({**asked, "code": code_hash(code)}, data))


def fingerprint(asked: Mapping[str, Any], data: Iterable[np.ndarray]) -> str:
    """Return a digest of all that a training depends on: plain values, its data, and torch."""
    known = {**asked, "torch": torch.__version__}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode())
    for array in data:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def learning(model: nn.Module, optimiser: torch.optim.Optimizer, *, step: int) -> dict[str, Any]:
    """Return the state of model, optimiser and torch's generator after so many steps."""
    return {
        "step": step,
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
    }


def go_on(model: nn.Module, optimiser: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Put model, optimiser and torch's generator back to where `learning` was taken."""
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"])


def _read(path: Path) -> Mapping[str, Any] | None:
    """Return a checkpoint of which every byte is as it was written, else None."""
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return None
    digest, data = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
    if hashlib.sha256(data).digest() != digest:
        log.warning("%s: damaged, training begins anew", path)
        return None
    try:
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        log.warning("%s: not a checkpoint (%s), training begins anew", path, type(error).__name__)
        return None
    whole = isinstance(content, dict) and {"fingerprint", "finished", "running"} <= content.keys()
    return content if whole else None
