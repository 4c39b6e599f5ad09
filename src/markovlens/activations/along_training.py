"""What a network of Lightning does while it is trained: recordings of the same probes.

It is imported by name, since Lightning is an optional extra::

    from markovlens.activations.along_training import RecordStates
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lightning.pytorch import Callback

from markovlens.activations.recorder import record_to_parquet
from markovlens.errors import ConfigError
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split


class RecordStates(Callback):
    """A callback that records a network on the same sequences along its training.

    Each recording is a file of its own, which `ml.load_trace` reads, written a row group at a time:
    memory does not grow with training. Training goes on as it would without: weights, modes and
    random numbers are left as they were. A run that is resumed from a checkpoint goes on recording
    from there, and files of later steps, which the lost part had left, are written anew.
    """

    def __init__(
        self,
        probes: Sequences | Split,
        folder: str | Path,
        *,
        layer: str,
        every: int,
        **reading: Any,
    ) -> None:
        """Say what is recorded, and when.

        Args:
            probes: the sequences that are read, the same each time.
            folder: where the files lie, `states_00000100.parquet` after 100 steps.
            layer: the layer's name, as for `record`.
            every: of the optimiser's steps, after which the network is recorded; before the first,
                too.
            **reading: as for `record`.

        Raises:
            ConfigError: `every` is no whole number above 0.
        """
        if not isinstance(every, int) or every < 1:
            raise ConfigError(
                f"expected `every` to be a number of steps, got {every!r}", page="out-of-range"
            )
        self.folder, self._probes = Path(folder), probes
        self._layer, self._every, self._reading = layer, every, reading
        self.steps: list[int] = []

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Record the network before its first step."""
        self._record(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record the network if it is time: after a step, be it of several batches."""
        self._record(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps: the steps that were recorded."""
        return {"steps": list(self.steps)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.steps = list(state_dict["steps"])

    def path_of(self, step: int) -> Path:
        """Return the file of the recording after some number of steps."""
        return self.folder / f"states_{step:08d}.parquet"

    def _record(self, trainer: Any, model: Any) -> None:
        step = int(trainer.global_step)
        if step % self._every or step in self.steps or not trainer.is_global_zero:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        record_to_parquet(
            model,
            self._probes,
            self.path_of(step),
            layer=self._layer,
            metadata={"step": step},
            **self._reading,
        )
        self.steps.append(step)
