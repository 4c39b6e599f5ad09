"""The formation of states on the files of networks that emulate hidden Markov sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markovlens.dynamics.stage import source_of
from markovlens.dynamics.store import load_checkpoints
from markovlens.formation.building import follow_training
from markovlens.formation.noise import FrozenNoise
from markovlens.formation.result import Formation
from markovlens.networks.along import log_steps
from markovlens.networks.emulation import EmulationOptions, Emulator, emulate
from markovlens.tasks.base import Source, Task

GENERATOR = "generator"  # key of what the config says of a network that emulates


@dataclass(frozen=True, slots=True)
class Driving:
    """How the states of emulating networks are followed.

    Attributes:
        n_states: the numbers of states tried.
        n_runs: of noise.
        n_steps: of each run.
        seed: of noise and fits.
    """

    n_states: Sequence[int]
    n_runs: int
    n_steps: int
    seed: int

    def noise(self, source: Source) -> FrozenNoise:
        """Return the noise that is the same at every moment."""
        return FrozenNoise(n_runs=self.n_runs, n_steps=self.n_steps, seed=self.seed, source=source)


def emulated_along(
    task: Task, spec: Mapping[str, Any], *, training: Mapping[str, Any], seed: int
) -> Emulator:
    """Return a generator trained to write like a task's source, with its moments.

    Args:
        task: whose source is emulated.
        spec: as for `emulation.emulate`.
        training: options of `EmulationOptions`, whose `checkpoints` is how many moments are kept;
            they are evenly spread over the logarithm of the steps.
        seed: of the network.
    """
    kept = tuple(log_steps(training["steps"], training["checkpoints"]))
    options = EmulationOptions(**{**training, "checkpoints": kept})
    return emulate(task, dict(spec), training=options, seed=seed)


def follow_emulator(
    task: Task, folder: str | Path, driving: Driving
) -> tuple[Formation, list[dict[str, Any]]]:
    """Return what became of the states of an emulating network, and what is said of each moment.

    Args:
        task: whose source it emulates.
        folder: of the network.
        driving: how it is followed.
    """
    moments = load_checkpoints(folder)
    found = follow_training(
        {said["step"]: network for said, network in moments},
        driving.noise(source_of(task)),
        symbols=task.symbols,
        n_states=driving.n_states,
        losses=[said["loss"] for said, _ in moments],
        seed=driving.seed,
    )
    size = source_of(task).emission.shape[0]
    return found, [
        {"step": said["step"], "loss": said["loss"], "source_states": size} for said, _ in moments
    ]
