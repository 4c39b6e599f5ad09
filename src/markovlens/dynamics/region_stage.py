"""Fixed points, cycles and basins of emulating networks, on their files and on the table of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.dynamics.basins import Basins, basins
from markovlens.dynamics.held import Asked, look
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.region_claims import region_claims
from markovlens.dynamics.region_cycles import cycle_table
from markovlens.dynamics.residency import residency
from markovlens.dynamics.stage import named_numbers
from markovlens.dynamics.store import load_noisy
from markovlens.dynamics.study import N_RUNS, N_STEPS, WARMUP, failure_table
from markovlens.embedding.pod import pod
from markovlens.errors import DataError
from markovlens.faithfulness.claims.claims import claims_table
from markovlens.files.runs import Run
from markovlens.seeding import seed_for
from markovlens.status import Status
from markovlens.tables.claims import CLAIMS
from markovlens.tables.dynamics import (
    DYNAMICS,
    FIXED_POINTS,
    FIXED_POINTS_RUN,
    NUMBERS_RUN,
    REGION_POINTS_RUN,
)
from markovlens.tables.writer import write_table

BOUNDARY = -1  # the "symbol" of a point between two fates


def region_runs(runs: Sequence[Run], *, asked: Mapping[str, int], seed: int) -> None:
    """Search the networks of one (task, generator) region by region and write what was found.

    A network whose states grow without bound has one row that says so.

    Args:
        runs: one a seed.
        asked: the config's `dynamics.regions`.
        seed: the config's.

    Raises:
        DataError: a file is missing or damaged.
    """
    for run in runs:
        child = seed_for(seed, run.task, run.model, run.seed, "regions")
        network = load_noisy(run.folder / "network")
        found = study_regions(network, Asked(**asked), seed=child)
        write_table(run.dynamics("regions"), found.numbers, NUMBERS_RUN)
        write_table(run.dynamics("region_points"), found.points, REGION_POINTS_RUN)
        write_table(run.dynamics("fixed_points"), found.cycles, FIXED_POINTS_RUN)


def compile_regions(runs: Sequence[Run], outputs: Mapping[str, str], *, seed: int) -> None:
    """Write what was found of all networks as one table, and what it says of the claims.

    Args:
        runs: emulating networks.
        outputs: where to write `numbers`, `cycles` and `claims`.
        seed: of the claims' tests.
    """
    numbers, cycles = (
        pd.concat([named_numbers(run, name) for run in runs], ignore_index=True)
        for name in ("regions", "fixed_points")
    )
    write_table(outputs["numbers"], numbers, DYNAMICS)
    write_table(outputs["cycles"], cycles, FIXED_POINTS)
    claims = region_claims(numbers[numbers["gate"] == "passed"], seed=seed)
    write_table(outputs["claims"], claims_table(claims), CLAIMS)


@dataclass(frozen=True, slots=True)
class Regions:
    """What is said of one network: tables of numbers, of points in a plane, and of all cycles."""

    numbers: pd.DataFrame
    points: pd.DataFrame
    cycles: pd.DataFrame


def study_regions(network: NoisyNetwork, asked: Asked, *, seed: np.random.SeedSequence) -> Regions:
    """Return the numbers of one network, states and boundary points in a plane, and its cycles.

    Args:
        network: as trained.
        asked: how much is searched.
        seed: of everything random.
    """
    of_runs, of_regions, of_basins = map(np.random.default_rng, seed.spawn(3))
    try:
        episode = network.run(N_RUNS, N_STEPS, of_runs, warmup=WARMUP)
    except DataError as error:
        nothing = cycle_table([], [])
        return Regions(failure_table("regions", str(error)), pd.DataFrame(), nothing)
    states = residency(network, episode, rng=of_runs)
    looked = look(network, episode.states[:, -1], asked=asked, rng=of_regions)
    found = basins(network, states, rng=of_basins)
    numbers = pd.concat([looked.numbers(), found.numbers], ignore_index=True)
    numbers = numbers.assign(status=Status.OK, reason="")
    return Regions(numbers, _points(found), looked.cycles())


def _points(found: Basins) -> pd.DataFrame:
    plane = pod(found.states, n_components=2)
    places = plane.project(np.concatenate([found.states, found.boundary]))
    symbols = np.concatenate([found.fate, np.full(len(found.boundary), BOUNDARY)])
    return pd.DataFrame({"pc1": places[:, 0], "pc2": places[:, 1], "symbol": symbols})
