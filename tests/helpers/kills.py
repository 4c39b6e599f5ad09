"""Training that is stopped after so many steps, as a kill does it or by `kill -9` itself.

The latter: `python -m helpers.kills forecasters FOLDER 14`.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from helpers.workspace import ONE_THREAD
from markovlens.networks import emulation, forecasting
from markovlens.networks.checkpoints import train_each
from markovlens.networks.digests import CARD
from markovlens.networks.emulation import EmulationOptions, emulate
from markovlens.networks.forecasting import ForecastOptions, train_forecaster
from markovlens.networks.store import save_emulator, save_forecaster
from markovlens.tasks import make_task

# Looked at so late, no attempt of a generator ends early.
SHORT = {"POOL": 200, "TEST_RUNS": 20, "TEST_STEPS": 50, "KEPT_EVERY": 4, "LOOK": 1.0}


class Killed(BaseException):
    """Not an `Exception`: nothing may catch it, as nothing catches a kill."""


def _stop():
    raise Killed


@dataclass
class Steps:
    """Counts the steps that a training takes, and kills it when `left` have been taken."""

    left: int | None = None
    taken: int = 0
    kill: Callable[[], None] = _stop

    def watched(self, step):
        """Return `step`, a function that is called once in each training step, counted."""

        def counted(*args):
            if self.left == 0:
                self.kill()
            self.left = None if self.left is None else self.left - 1
            self.taken += 1
            return step(*args)

        return counted

    def run_until_done(self, train, path, *, every):
        """Train, killed after each `every` steps; return the network and the number of kills."""
        for kills in range(100):
            self.left = every
            try:
                return train(checkpoint=path), kills
            except Killed:
                assert path.exists()
        raise AssertionError("no progress from one kill to the next")


def files_of(folder):
    """Return the content of each file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@dataclass(frozen=True)
class Kind:
    """How networks of a kind are trained and saved, and what is called once in each step."""

    task: Any
    train: Any
    save: Any
    step: tuple[Any, str]
    spec: dict[str, Any]
    training: Any

    def watched(self, monkeypatch):
        """Return the count of the steps."""
        steps, (module, name) = Steps(), self.step
        monkeypatch.setattr(module, name, steps.watched(getattr(module, name)))
        return steps

    def once(self, *, seed=1, checkpoint=None, **changed):
        """Return a trained network; `changed` fields of the kind hold for it alone."""
        kind = replace(self, **changed)
        return kind.train(
            kind.task, kind.spec, training=kind.training, seed=seed, checkpoint=checkpoint
        )

    def written(self, folder, network):
        self.save(folder, network)
        return files_of(folder)

    def job(self, folder):
        """Train and save a network as the job of a workflow does."""
        train_each(self.once, self.save, seeds=[1], cards=[folder / CARD])


def forecasters():
    """Return encoder-decoders that are trained in a moment."""
    sizes = {"n_train": 40, "n_valid": 20, "n_test": 20, "past": 6, "future": 4}
    return Kind(
        make_task("planar_hard", sizes=sizes, seed=0),
        train_forecaster,
        save_forecaster,
        (forecasting, "_step"),
        {"seq2seq": "gru", "hidden": 8},
        ForecastOptions(
            steps=40, batch=16, noise=0.1, evaluate_every=5, checkpoints=(3, 10, 35, 40)
        ),
    )


def generators():
    """Return generators that are trained in a moment, twice: they miss their gate."""
    sizes = {"n_train": 2, "n_valid": 2, "n_test": 2, "length": 5}
    return Kind(
        make_task("chain_2", sizes=sizes, seed=0),
        emulate,
        save_emulator,
        (emulation, "_starts"),
        {"generator": "relu", "hidden": 12, "noise": 3, "loss": "transport"},
        EmulationOptions(steps=19, batch=16, attempts=2, gain=1.5, checkpoints=4),
    )


KINDS = {"forecasters": forecasters, "generators": generators}


def shorten(assign):
    """Make the training of generators short; `assign` is `setattr` or a test's own."""
    for name, value in SHORT.items():
        assign(emulation, name, value)


def killed_process(name, folder, *, after):
    """Train in a process that is killed after so many steps, and return its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "helpers.kills", name, str(folder), str(after)],
        cwd=Path(__file__).parents[1],
        env=os.environ | ONE_THREAD,
        check=False,
    ).returncode


def _main(name, folder, after):
    torch.set_num_threads(1)
    shorten(setattr)
    kind = KINDS[name]()
    module, step = kind.step
    steps = Steps(left=int(after), kill=lambda: os.kill(os.getpid(), signal.SIGKILL))
    setattr(module, step, steps.watched(getattr(module, step)))
    kind.job(Path(folder))


if __name__ == "__main__":
    _main(*sys.argv[1:])
