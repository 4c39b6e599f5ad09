"""Where everything about one network lies: all that is known of the tree `results/runs`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markovlens.arguments import check_path, known_names
from markovlens.errors import DataError

# What the study of an encoder-decoder's states gives, a table each.
STUDY_TABLES = ("energies", "modes", "progress", "clusters", "states", "swaps")


def find_runs(results: str | Path, task: str, model: str) -> dict[int, Path]:
    """Return the folders of one network under a results folder, by seed.

    Raises:
        DataError: it is no results folder, or has no such task or model; the message lists those
            that it has.
    """
    check_path(results)
    tasks = Path(results, "runs")
    check_path(tasks)  # longer by a name
    if not tasks.is_dir():
        raise DataError(
            f"{results}: expected a results folder, with `runs` in it, got none; `make benchmark` "
            "makes `results`, and `make smoke` `results/smoke/results`",
            page="run-unfinished",
        )
    folder = _inside(_inside(tasks, "task", task), "model", model)
    seeds = {path.name.removeprefix("seed-"): path for path in folder.glob("seed-*")}
    found = {int(seed): path for seed, path in seeds.items() if seed.isdecimal()}
    if not found:
        raise DataError(
            f"{folder}: expected folders seed-0, seed-1, ..., got none; run it first",
            page="run-unfinished",
        )
    return dict(sorted(found.items()))


def _inside(folder: Path, kind: str, name: str) -> Path:
    known = sorted(path.name for path in folder.iterdir() if path.is_dir())
    if name not in known:
        raise DataError(
            f"{folder}: unknown {kind} {name!r}; {known_names(f'{kind}s', name, known)}",
            page="unknown-name",
        )
    return folder / name


@dataclass(frozen=True, slots=True)
class Run:
    """The folder `results/runs/<task>/<model>/seed-<n>` of one network, seen at one layer.

    Attributes:
        folder: the folder.
        layer: the layer whose activations are abstracted.
        own: `module` and `kwargs` of the user's own network, as the config has them; None for a
            network of ours.
    """

    folder: Path
    layer: str
    own: Mapping[str, Any] | None = field(default=None, compare=False)

    @classmethod
    def at(cls, results: str | Path, task: str, model: str, seed: int, *, layer: str) -> Run:
        """Return the run of one network under a results folder."""
        return cls(Path(results, "runs", task, model, f"seed-{seed}"), layer)

    @classmethod
    def holding(cls, file: str | Path, *, layer: str, own: Mapping[str, Any] | None = None) -> Run:
        """Return the run to which a file belongs."""
        folder = next(parent for parent in Path(file).parents if parent.name.startswith("seed-"))
        return cls(folder, layer, own)

    @property
    def task(self) -> str:
        """Name of the task."""
        return self.folder.parts[-3]

    @property
    def model(self) -> str:
        """Name of the model."""
        return self.folder.parts[-2]

    @property
    def seed(self) -> int:
        """The network's seed."""
        return int(self.folder.name.removeprefix("seed-"))

    @property
    def card(self) -> Path:
        """What the network is and how well it does its task."""
        return self.folder / "network" / "card.json"

    def trace(self, split: str) -> Path:
        """Activations of a split."""
        return self.folder / "activations" / self.layer / f"{split}.parquet"

    def trajectories(self, name: str) -> Path:
        """States of an encoder-decoder on a split, or on the test split at all `checkpoints`."""
        return self.folder / "activations" / f"{name}.parquet"

    def checkpoints(self) -> dict[int, Path]:
        """Weights along the training of an encoder-decoder, by the number of steps."""
        files = sorted((self.folder / "network" / "checkpoints").glob("step-*.safetensors"))
        return {int(file.stem.removeprefix("step-")): file for file in files}

    def embedding(self, table: str) -> Path:
        """What one study of an encoder-decoder's states gave."""
        return self.folder / "embedding" / f"{table}.parquet"

    def attention(self, name: str) -> Path:
        """A file or folder of the network's twin with attention, and of what explains both."""
        return self.folder / "attention" / name

    @property
    def pod(self) -> Path:
        """The low-dimensional basis."""
        return self.folder / "embedding" / "pod.npz"

    def study(self, method: str) -> Path:
        """Folder of one abstraction method."""
        return self.folder / "abstractions" / method

    @property
    def scores(self) -> Path:
        """All scores of all abstractions of this network."""
        return self.folder / "faithfulness" / "scores.parquet"

    @property
    def robustness(self) -> Path:
        """How its abstractions stand noise and few sequences."""
        return self.folder / "faithfulness" / "robustness.parquet"

    @property
    def probes(self) -> Path:
        """Scores that only asking the network gives."""
        return self.folder / "faithfulness" / "probes.parquet"

    @property
    def counterfactuals(self) -> Path:
        """Whether the network confirms what its abstractions say would lead elsewhere."""
        return self.folder / "faithfulness" / "counterfactuals.parquet"

    @property
    def verdict(self) -> Path:
        """The verdict on this network, and the counterexamples to its abstractions."""
        return self.folder / "faithfulness" / "verdict.json"

    @property
    def groups(self) -> Path:
        """What differs between groups of its sequences."""
        return self.folder / "faithfulness" / "groups.parquet"

    def reliance(self, name: str) -> Path:
        """A table or folder of one study of whether it can be relied on."""
        return self.folder / "reliance" / name

    def layers(self, name: str) -> Path:
        """Return the path of a table of what is readable and used of each layer."""
        return self.folder / "layers" / name

    def formation(self, name: str) -> Path:
        """A table or folder of how its states form in training."""
        return self.folder / "formation" / name

    def dynamics(self, name: str) -> Path:
        """One table of the analyses of an emulating network."""
        return self.folder / "dynamics" / f"{name}.parquet"

    def attractors(self, name: str) -> Path:
        """One table of where a network rests, beside its machines."""
        return self.folder / "attractors" / f"{name}.parquet"
