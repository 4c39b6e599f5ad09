"""Every analysis of one emulating network, from its weights to one table of named numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from markovlens.dynamics.bridge import Bridge, bridge_along, bridge_table, build_bridge
from markovlens.dynamics.bridge_zones import zone_table
from markovlens.dynamics.composition import composition
from markovlens.dynamics.effects import effect_table
from markovlens.dynamics.emergence import Checkpoint, emergence, emergence_table
from markovlens.dynamics.fixed_points import fixed_points
from markovlens.dynamics.gains import bench_of, noise_gain, recurrent_gain, silencing
from markovlens.dynamics.kicks import find_kicks, kick_table
from markovlens.dynamics.linearisation import linearise
from markovlens.dynamics.match import emission_match
from markovlens.dynamics.measures import NOTHING, tidy
from markovlens.dynamics.network import Episode, NoisyNetwork
from markovlens.dynamics.orbit import Orbit, orbit
from markovlens.dynamics.populations import find_pairs, population_table
from markovlens.dynamics.residency import ZONES, Residency, residency
from markovlens.dynamics.resonance import resonance
from markovlens.dynamics.sensitivity import sensitivity
from markovlens.dynamics.switches import pair_counts
from markovlens.errors import reason_of
from markovlens.status import Status
from markovlens.tasks.base import Source
from markovlens.tasks.markov import draw, pair_frequencies

N_RUNS, N_STEPS, WARMUP = 150, 500, 50
GAIN_RUNS, GAIN_DRAWS = 60, 8
STAGE_RUNS, STAGE_STEPS = 60, 200
POOL_STEPS = 300
N_COLLAPSING = 60

Tables = dict[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the analyses of one network share.

    Attributes:
        network: as trained.
        source: what it was trained to emulate.
        length: steps of a training sequence.
        checkpoints: of its training, in order.
        seeds: each analysis draws from a child of its own, so that none depends on another.
        episode: long runs of the network.
        orbit, states: their orbit, and their states with residency and zones.
    """

    network: NoisyNetwork
    source: Source
    length: int
    checkpoints: Sequence[Checkpoint]
    seeds: dict[str, np.random.SeedSequence] = field(repr=False)
    episode: Episode = field(repr=False)
    orbit: Orbit = field(repr=False)
    states: Residency = field(repr=False)

    def rng(self, analysis: str) -> np.random.Generator:
        """Return the generator of one analysis."""
        return np.random.default_rng(self.seeds[analysis])


def analyse(
    network: NoisyNetwork,
    source: Source,
    *,
    length: int,
    checkpoints: Sequence[Checkpoint],
    seed: np.random.SeedSequence,
) -> Tables:
    """Return `numbers` of all analyses, and what figures need beside: `paths`, `decay`, `points`.

    An analysis that cannot be done is a row `failed` whose `reason` says why.

    Args:
        network: as trained.
        source: what it was trained to emulate.
        length: steps of a training sequence.
        checkpoints: of its training, in order.
        seed: of everything random.

    Raises:
        DataError: the states grow without bound, so that there is nothing to analyse.
    """
    names = ["subject", *ANALYSES]
    seeds = dict(zip(names, seed.spawn(len(names)), strict=True))
    subject = _prepare(network, source, length, checkpoints, seeds=seeds)
    numbers = [_attempted(name, run, subject) for name, run in ANALYSES.items()]
    collapsed = fixed_points(network, subject.episode.states[:N_COLLAPSING, -1])
    return {
        "numbers": pd.concat(numbers, ignore_index=True),
        "paths": subject.orbit.paths(subject.episode),
        "points": subject.states.points(subject.orbit.basis),
        "decay": collapsed.decay(),
        "roles": _roles(network, subject.episode),
    }


def _prepare(
    network: NoisyNetwork,
    source: Source,
    length: int,
    checkpoints: Sequence[Checkpoint],
    *,
    seeds: dict[str, np.random.SeedSequence],
) -> Subject:
    rng = np.random.default_rng(seeds["subject"])
    episode = network.run(N_RUNS, N_STEPS, rng, warmup=WARMUP)
    found = orbit(network, episode, rng=rng)
    states = residency(network, episode, rng=rng)
    return Subject(network, source, length, checkpoints, seeds, episode, found, states)


def _roles(network: NoisyNetwork, episode: Episode) -> pd.DataFrame:
    """Return which unit has which role for which pair of symbols: pair, role, unit."""
    rows = [
        (pair.name, " ".join(role), unit)
        for pair in find_pairs(network, find_kicks(network, episode))
        for role, units in pair.roles().items()
        for unit in units
    ]
    return pd.DataFrame(rows, columns=["pair", "role", "unit"])


def _attempted(
    name: str, run: Callable[[Subject, np.random.Generator], pd.DataFrame], subject: Subject
) -> pd.DataFrame:
    """Return the table of an analysis with its status; a failure is one row that says so."""
    try:
        return run(subject, subject.rng(name)).assign(status=Status.OK, reason="")
    except ValueError as error:  # a DataError is one, and a LinAlgError
        return failure_table(name, reason_of(error))


def failure_table(analysis: str, reason: str) -> pd.DataFrame:
    """Return the one row of an analysis that could not be done."""
    table = tidy(analysis, {("failed", "all"): NOTHING})
    return table.assign(status=Status.FAILED, reason=reason)


def _match(subject: Subject, rng: np.random.Generator) -> pd.DataFrame:
    return emission_match(subject.network, subject.source, length=subject.length, rng=rng).table()


def _kicks(subject: Subject, rng: np.random.Generator) -> pd.DataFrame:
    """Return kick units, what changing them does, and the populations that feed them."""
    network, episode = subject.network, subject.episode
    groups = find_kicks(network, episode)
    bench = bench_of(network, episode, n_runs=GAIN_RUNS, n_draws=GAIN_DRAWS, rng=rng)
    changed = [
        effect_table(name, change(bench, groups, rng))
        for name, change in (
            ("silencing", silencing),
            ("recurrent_gain", recurrent_gain),
            ("noise_gain", noise_gain),
        )
    ]
    pools = population_table(
        network,
        find_pairs(network, groups),
        groups,
        start=episode.states[:, -1],
        n_steps=POOL_STEPS,
        rng=rng,
    )
    return pd.concat([kick_table(groups), *changed, pools], ignore_index=True)


def _emergence(subject: Subject, rng: np.random.Generator) -> pd.DataFrame:
    stages = emergence(subject.checkpoints, rng, n_runs=STAGE_RUNS, n_steps=STAGE_STEPS)
    _, symbols = draw(subject.source, STAGE_RUNS, length=STAGE_STEPS, rng=rng)
    reference = pair_counts(symbols, subject.source.emission.shape[1])
    return emergence_table(stages, pair_frequencies(subject.source), reference)


def _bridge(subject: Subject, rng: np.random.Generator) -> pd.DataFrame:
    """Return how far HMMs of the hidden states are the source, and which zones their states are."""
    found: Bridge = build_bridge(subject.network, subject.source, rng=rng)
    states = subject.states
    zones = zone_table(
        found, states.states, np.array(ZONES)[states.zone], run=states.run, weight=states.weight
    )
    return pd.concat([bridge_table(found, subject.source, rng=rng), zones], ignore_index=True)


def _along(subject: Subject, rng: np.random.Generator) -> pd.DataFrame:
    moments = [(one.step, one.network) for one in subject.checkpoints[::2]]
    return bridge_along(moments, subject.source, rng=rng)


ANALYSES: dict[str, Callable[[Subject, np.random.Generator], pd.DataFrame]] = {
    "match": _match,
    "fixed_points": lambda on, rng: fixed_points(
        on.network, on.episode.states[:N_COLLAPSING, -1]
    ).table(),
    "orbit": lambda on, rng: on.orbit.table(),
    "residency": lambda on, rng: on.states.table(),
    "linearisation": lambda on, rng: linearise(on.network, on.states, rng=rng).table(),
    "sensitivity": lambda on, rng: sensitivity(on.network, on.states, rng=rng).table(),
    "resonance": lambda on, rng: resonance(on.network, on.source, rng=rng).table(),
    "composition": lambda on, rng: composition(on.episode, on.states, rng=rng).table(),
    "kicks": _kicks,
    "emergence": _emergence,
    "bridge": _bridge,
    "bridge_training": _along,
}
