"""A config with every study that the smoke config leaves out, small, and where it ran."""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from helpers.workspace import Workspace, workspace
from markovlens.machines.formats.registry import write_machine
from markovlens.machines.machine import Machine, automaton

OWN, DATA, EXPERT = "custom_switches", "switches.csv", "expert.jff"
N_SUBJECTS, N_VISITS, N_STEPS = 30, 2, 25
MODELS = ["gru"]

STUDIES = {
    "seeds": [0],
    "runs": [
        {"tasks": ["contains_000", "flip_flop", "mess3"], "models": MODELS},
        {"tasks": [OWN], "models": ["small"]},
    ],
    "tasks": {
        "formal": {
            "n_train": 300, "n_valid": 100, "n_test": 100, "length_train": 10, "length_test": 14,
        },
        "markov": {"n_train": 40, "n_valid": 20, "n_test": 20, "length": 20},
        "attractors": {"n_train": 40, "n_valid": 10, "n_test": 20, "length": 10},
        "custom": {
            "switches": {
                "data": DATA, "sequence": "visit", "step": "step", "symbols": "pressed",
                "target": "light", "group": "subject",
                "split": {"by": "group", "shares": [0.4, 0.2, 0.4]},
                "compare": {"column": "arm", "splits": ["valid", "test"]},
            }
        },
    },
    "networks": {
        "models": {
            "gru": {"cell": "gru", "hidden": 12}, "small": {"cell": "gru", "hidden": 8},
            "emulator": {"generator": "relu", "hidden": 4},
        },
        "training": {
            "default": {"steps": 20, "batch": 16, "evaluate_every": 10, "attempts": 1},
            "formal": {"steps": 500, "batch": 64, "learning_rate": 0.02, "evaluate_every": 25},
            "custom": {"steps": 400, "batch": 128, "evaluate_every": 50},
            "emulation": {"steps": 20, "batch": 16, "attempts": 1, "checkpoints": 2},
        },
    },
    "activations": {"n_train": 40},
    "embedding": {"n_components": 4},
    "abstractions": {
        "methods": ["kmeans", "coclusters", "majority", {"file": EXPERT}],
        "n_states": [2, 3], "restarts": 2,
        "codes": ["tree"], "n_codes": [4], "contexts": ["row"], "questions": 0,
    },
    "faithfulness": {"bootstraps": 50, "tests": 50},
    "attention": {
        "runs": [{"tasks": ["contains_000"], "models": MODELS}],
        "methods": ["kmeans"], "n_states": [2, 4], "restarts": 1, "n_sequences": 20, "n_draws": 2,
    },
    "attractors": {"starts": 10},
    "dynamics": {
        "runs": [{"tasks": ["chain_2"], "models": ["emulator"]}],
        "regions": {"budget": 4, "cycles": 1}, "rest": True,
    },
    "formation": {
        "runs": [{"tasks": ["parity"], "models": MODELS}],
        "steps": 20, "moments": 3, "n_sequences": 30, "n_states": [2, 3],
    },
    "hybrids": {
        "tasks": ["contains_000"], "hidden": 8, "states": 2, "steps": 10, "attempts": 1,
        "methods": ["kmeans"], "n_states": [2], "restarts": 1,
    },
    "reliance": {
        "exports": ["python"],
        "repair": {"bug": "11", "words": 100, "steps": 100, "fresh": 100, "rounds": 2},
        "trust": {
            "length": [1, 4], "edits": [1], "noise": [0.1], "bit_flips": [0.001],
            "n_words": 100, "n_draws": 50,
        },
        "properties": {"contains_000": ["never answers accept"]},
        "watching": {
            "streams": 10, "changed_streams": 2, "ranked": 5, "before": 5, "after": 5,
        },
    },
}  # fmt: skip


def config_of(space: Workspace) -> Path:
    """Return the file of the config in a workspace."""
    return space.folder / "studies.yaml"


def prepared(folder: Path) -> Workspace:
    """Return a workspace with the config and what it reads."""
    space = workspace(folder)
    switches().to_csv(folder / DATA, index=False)
    write_machine(folder / EXPERT, expert())
    config_of(space).write_text(yaml.safe_dump(STUDIES))
    return space


def studied(folder: Path) -> Workspace:
    """Return a workspace in which the config ran."""
    space = prepared(folder)
    done = space.snakemake(config=config_of(space))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


def expert(*, forgets: int = 0) -> Machine:
    """Return an automaton of strings that contain 000, with symbols the other way round."""
    successor = np.array([[0, 1], [0, 2], [forgets, 3], [3, 3]])
    accepting = np.array([False, False, False, True])
    return automaton(successor, accepting, start=0, symbols=("1", "0"))


def switches(seed: int = 0) -> pd.DataFrame:
    """Return steps of subjects in two arms, of which one presses a switch far more often."""
    rng = np.random.default_rng(seed)
    rows = []
    for subject in range(N_SUBJECTS):
        arm = ("busy", "calm")[subject % 2]
        chance = rng.beta(6, 4) if arm == "busy" else rng.beta(2, 8)
        for visit in range(N_VISITS):
            pressed = (rng.random(N_STEPS) < chance).astype(int)
            rows += [
                {"visit": f"{subject}-{visit}", "step": step, "subject": f"s{subject}", "arm": arm,
                 "pressed": ("no", "yes")[press], "light": ("off", "on")[on]}
                for step, (press, on) in enumerate(zip(pressed, pressed.cumsum() % 2, strict=True))
            ]  # fmt: skip
    return pd.DataFrame(rows)
