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
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from markovlens.files import replacing
from markovlens.tasks.base import Task

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"  # beside the network's weights, until all of its job is done
DIGEST_BYTES = 32


@dataclass(slots=True)
class Checkpoint:
    """The state of one training, on disk if it has a path.

    Attributes:
        path: the file, None to keep nothing.
        fingerprint: what the training depends on, see `fingerprint`.
        finished: the states of the attempts that are done, in order.
        running: the state of the attempt under way, None between attempts.
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
        step = checkpoint.running["attempt"]["step"] if checkpoint.running else 0
        log.info("resumed after %d attempts and %d steps", len(checkpoint.finished), step)
        return checkpoint

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


def fingerprint(task: Task, **settings: Any) -> str:
    """Return a digest of all that a training depends on: the task's data and plain settings."""
    known = {"task": task.name, "gate": task.gate, "torch": torch.__version__, **settings}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode())
    for split in task.splits.values():
        for column in (split.inputs.values, split.inputs.lengths, split.targets):
            digest.update(column.tobytes())
    return digest.hexdigest()


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
    return content if isinstance(content, dict) and "fingerprint" in content else None
