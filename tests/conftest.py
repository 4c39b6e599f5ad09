"""Traces of known origin: activations are points of the true states, with noise on top."""

import doctest
import gc
import traceback
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import hypothesis
import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from helpers.machines import random_machine, trace_of
from helpers.studies import studied
from helpers.whole import whole_run
from helpers.workspace import Workspace, workspace
from markovlens.machines.machine import Machine, automaton
from markovlens.tasks import make_task
from markovlens.tasks.base import Split, Task
from markovlens.trace import Trace

FORMAL_SIZES = {
    "n_train": 200,
    "n_valid": 100,
    "n_test": 100,
    "length_train": 15,
    "length_test": 30,
}
MARKOV_SIZES = {"n_train": 60, "n_valid": 30, "n_test": 60, "length": 40}
N_UNITS = 6
# Files with tests that look at the fixtures `smoke`, `studies` and `whole`, or at SLURM.
WITH_RUN = {
    "test_cluster.py": "SLURM",
    "test_bundle_again.py": "smoke run",
    "test_report.py": "smoke run",
    "test_smoke.py": "smoke run",
    "test_studies.py": "studies run",
    "test_groups.py": "studies run",
    "test_repair.py": "studies run",
    "test_own_machines.py": "studies run",
    "test_reproducibility.py": "whole run",
}

# On a machine that is busy nothing is too slow.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage among modules and tests: not while they are made, and not later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    workflow = {item.path for item in items if item.get_closest_marker("workflow")}
    items.sort(key=lambda item: (item.path.name not in WITH_RUN, item.path not in workflow))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Give a worker whole files, and all with one run to the same: its fixture runs once."""
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return WITH_RUN.get(file.rpartition("/")[2], file)

    return Files(config, log)


def planted_trace(task: Task, split: Split, *, noise: float, seed: int) -> Trace:
    """Return what a perfect network would leave behind, its states `noise` sd around K points."""
    rng = np.random.default_rng(seed)
    points = np.random.default_rng(0).normal(size=(12, N_UNITS))
    states = points[split.truth] + noise * rng.normal(size=(split.inputs.n_steps, N_UNITS))
    outputs = 0.9 * np.eye(len(task.classes))[split.targets] + 0.1 / len(task.classes)
    return Trace(
        states=states.astype(np.float32),
        inputs=split.inputs.values,
        outputs=outputs.astype(np.float32),
        targets=split.targets,
        truth=split.truth,
        lengths=split.inputs.lengths,
        symbols=task.symbols,
        classes=task.classes,
    )


@pytest.fixture(scope="session", autouse=True)
def _doctests_read_messages():
    """Python's doctest (3.11) takes the last line of an error for its message: here, a note."""

    def without_notes(kind, error):
        if not getattr(error, "__notes__", ()):
            return traceback.format_exception_only(kind, error)
        return [f"{kind.__module__}.{kind.__qualname__}: {error}\n"]

    doctest.traceback = SimpleNamespace(
        **vars(traceback) | {"format_exception_only": without_notes}
    )
    yield
    doctest.traceback = traceback


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Small matrices on many BLAS threads are up to a hundred times slower."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace in which the smoke config has run from nothing."""
    space = workspace(tmp_path_factory.mktemp("smoke"))
    done = space.snakemake()
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace in which every study ran that the smoke config leaves out, small."""
    return studied(tmp_path_factory.mktemp("studies"))


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace in which every stage has run for every kind of network, small."""
    return whole_run(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="session")
def task_of() -> Callable[[str], Task]:
    """Return small tasks by name."""

    def make(name: str) -> Task:
        source = name.startswith(("chain", "mess", "full", "cycle"))
        return make_task(name, sizes=MARKOV_SIZES if source else FORMAL_SIZES, seed=7)

    return make


@pytest.fixture(scope="session")
def traces_of(task_of: Callable[[str], Task]) -> Callable[..., dict[str, Trace]]:
    """Return planted traces of all splits of a task, by name."""

    def make(name: str, noise: float = 0.05) -> dict[str, Trace]:
        task = task_of(name)
        return {
            split: planted_trace(task, data, noise=noise, seed=index)
            for index, (split, data) in enumerate(task.splits.items())
        }

    return make


@pytest.fixture(scope="session")
def parity() -> Machine:
    return automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("0", "1"))


@pytest.fixture(scope="session")
def make_machine() -> Callable[..., Machine]:
    return random_machine


@pytest.fixture(scope="session")
def make_trace() -> Callable[..., Trace]:
    return trace_of
