"""The dynamics stage on the files of emulating networks, and on the tables of all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from markovlens.activations.store import load_trace
from markovlens.dynamics.beliefs import belief_table
from markovlens.dynamics.claims import dynamics_claims
from markovlens.dynamics.emergence import Checkpoint
from markovlens.dynamics.store import load_checkpoints, load_noisy
from markovlens.dynamics.study import analyse, failure_table
from markovlens.errors import DataError
from markovlens.faithfulness.claims.claims import claims_table
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.seeding import seed_for
from markovlens.status import Status
from markovlens.tables.claims import CLAIMS
from markovlens.tables.dynamics import DYNAMICS, NUMBERS_RUN, STUDIES
from markovlens.tables.writer import write_table
from markovlens.tasks import EMULATED
from markovlens.tasks.base import Source, Task

NAMES = ("task", "model", "loss", "seed", "gate")
N_RESAMPLES = 200  # of the test sequences, for the interval of a belief's R²


def study_runs(task: Task, runs: Sequence[Run], *, seed: int) -> None:
    """Analyse the networks of one (task, generator) and write the tables of each.

    A network whose states grow without bound has one row that says so.

    Raises:
        DataError: a file is missing or damaged, or the task has no source.
    """
    source = source_of(task)
    for run in runs:
        child = seed_for(seed, run.task, run.model, run.seed, "dynamics")
        for name, table in _tables(run, source, seed=child).items():
            write_table(run.dynamics(name), table, STUDIES[name])


def believe_runs(task: Task, runs: Sequence[Run], *, n_states: Sequence[int], seed: int) -> None:
    """Write how linearly the exact beliefs over the source's state can be read from each network.

    Args:
        task: with a source.
        runs: networks that predict its next symbol, recorded.
        n_states: sizes of the HMMs whose states are read, too.
        seed: of fits and resamples.
    """
    source = source_of(task)
    for run in runs:
        rng = np.random.default_rng(seed_for(seed, run.task, run.model, run.seed, "beliefs"))
        train, test = (load_trace(run.trace(split)) for split in ("train", "test"))
        bootstrap = Bootstrap.draw(len(test), n_resamples=N_RESAMPLES, rng=rng)
        table = belief_table(source, train, test, n_states=n_states, rng=rng, bootstrap=bootstrap)
        table = table.assign(status=Status.OK, reason="")
        write_table(run.dynamics("beliefs"), table, NUMBERS_RUN)


def compile_dynamics(runs: Sequence[Run], outputs: Mapping[str, str], *, seed: int) -> None:
    """Write the numbers of all networks as one table, and what they say of the claims.

    Args:
        runs: emulating networks, and those whose beliefs were read.
        outputs: where to write `numbers` and `claims`.
        seed: of the claims' tests.
    """
    found = [named_numbers(run, "numbers", "beliefs") for run in runs]
    numbers = pd.concat(found, ignore_index=True)
    write_table(outputs["numbers"], numbers, DYNAMICS)
    claims = dynamics_claims(numbers[numbers["gate"] == "passed"], seed=seed)
    write_table(outputs["claims"], claims_table(claims), CLAIMS)


def source_of(task: Task) -> Source:
    """Return the source of a task; a task without one is a `DataError`."""
    if task.source is None:
        raise DataError(
            f"task {task.name}: expected a hidden Markov source, it has none", page="bad-config"
        )
    return task.source


def _tables(run: Run, source: Source, *, seed: np.random.SeedSequence) -> dict[str, pd.DataFrame]:
    network = load_noisy(run.folder / "network")
    moments = [
        Checkpoint(said["step"], one, said["loss"])
        for said, one in load_checkpoints(run.folder / "network")
    ]
    try:
        return analyse(network, source, length=EMULATED[run.task], checkpoints=moments, seed=seed)
    except DataError as error:
        nothing = {name: pd.DataFrame() for name in STUDIES}
        return nothing | {"numbers": failure_table("study", str(error))}


def named_numbers(run: Run, *names: str) -> pd.DataFrame:
    """Return the numbers of a network with its names; `loss` is empty where it is no generator.

    Args:
        run: one network.
        names: of its tables; the first that there is.
    """
    path = next(path for path in map(run.dynamics, names) if path.exists())
    card = read_json(run.card)
    loss = card["architecture"].get("loss", "")
    gate = "passed" if card["gate"]["passed"] else "under-trained"
    table = read_table(path).assign(
        task=run.task, model=run.model, loss=loss, seed=run.seed, gate=gate
    )
    return table[[*NAMES, *[name for name in table if name not in NAMES]]]
