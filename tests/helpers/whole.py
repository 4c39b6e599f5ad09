"""A config with every kind of network and every stage, small, and a workspace in which it ran."""

from copy import deepcopy
from pathlib import Path

import yaml

from helpers.faults import TINY
from helpers.workspace import Workspace

WHOLE = deepcopy(TINY)
WHOLE["abstractions"]["methods"] = ["hmm", "kmeans", "lisor_k", "majority"]
WHOLE["robustness"] = {
    "runs": WHOLE["runs"], "noise": [0], "n_train": [20], "methods": ["kmeans"],
    "n_states": [2], "restarts": 1,
}  # fmt: skip
WHOLE["attention"] = {
    "runs": WHOLE["runs"], "methods": ["kmeans"], "n_states": [2], "restarts": 1,
}  # fmt: skip
WHOLE["tasks"] |= {
    "planar": {"n_train": 40, "n_valid": 20, "n_test": 20, "past": 6, "future": 6},
    "markov": {"n_train": 40, "n_valid": 20, "n_test": 20, "length": 20},
}
WHOLE["networks"]["models"] |= {
    "pair": {"seq2seq": "gru", "hidden": 4}, "emulator": {"generator": "relu", "hidden": 4},
}  # fmt: skip
WHOLE["networks"]["training"] |= {
    "planar": {"steps": 20, "evaluate_every": 10, "checkpoints": [10, 20]},
    "emulation": {"steps": 20, "batch": 16, "attempts": 1, "checkpoints": 2},
}
WHOLE["embedding"]["runs"] = [{"tasks": ["circle_ellipse"], "models": ["pair"]}]
WHOLE["dynamics"] = {"runs": [{"tasks": ["chain_2"], "models": ["emulator"]}]}


def config_of(space: Workspace) -> Path:
    """Return the file of the config in a workspace."""
    return space.folder / "whole.yaml"


def whole_run(folder: Path) -> Workspace:
    """Return a workspace in which the config ran on two cores, every job in a Python of its own."""
    space = Workspace(folder)
    config_of(space).write_text(yaml.safe_dump(WHOLE))
    done = space.snakemake(config=config_of(space), program="snakemake")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space
