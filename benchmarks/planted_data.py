"""Data sets of `planted_number.py`: states whose number is known, as activations show them.

A state, or the belief over it, is a point; all points of a data set go through one random
projection to `DIMENSIONS` features, and noise is added to every feature, of so many times the
standard deviation that they had without it (root mean square over features), as in `robustness`.
Networks' own activations are read from a run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from markovlens.activations.store import load_trace
from markovlens.dynamics.bridge import PLAIN, record_runs
from markovlens.dynamics.store import load_noisy
from markovlens.embedding.pod import embed, pod
from markovlens.embedding.storage import load_basis
from markovlens.files.runs import find_runs
from markovlens.files.whole import read_json
from markovlens.sequences import Sequences
from markovlens.tasks import make_task
from markovlens.tasks.base import Source, Task, no_targets
from markovlens.tasks.formal import AUTOMATA
from markovlens.tasks.markov import SOURCES, draw, filter_beliefs
from markovlens.trace import Trace

DIMENSIONS = 8
NOISE = (0.0, 1.0, 2.0, 3.0)
EMITTERS = ("chain_2", "chain_3", "chain_4", "chain_5", "full_3", "cycle_4")
PLANTED = tuple(f"planted_{size}" for size in (2, 3, 4, 6, 8, 10))
LANGUAGES = ("parity", "contains_000", "tomita_5", "contains_0110", "tomita_3", "tomita_7")
STRINGS = {"n_train": 200, "n_valid": 100, "n_test": 2, "length_train": 30, "length_test": 30}
RUNS, STEPS = {"train": 100, "valid": 50}, 40
STAY = 0.8  # of planted chains, at least


class Pair(NamedTuple):
    """What is fitted on and what is held out."""

    train: Trace
    valid: Trace


@dataclass(frozen=True)
class DataSet:
    """A data set before it is made.

    Attributes:
        source: name of the chain, source or language.
        seen: through what its states are seen: `states`, `beliefs`, or the kind of network.
        noise: standard deviation, in that of the features without noise; 0 of networks.
        seed: of everything drawn.
        method: `hmm`, or `hmm_input` where inputs drive the states.
        folder: of the network's run.
    """

    source: str
    seen: str
    noise: float
    seed: int
    method: str
    folder: Path | None = None

    @property
    def key(self) -> tuple[str, str, float, int, str]:
        """What tells it from others."""
        return self.source, self.seen, self.noise, self.seed, self.method

    @property
    def n_true(self) -> int:
        """States of the source, or of the minimal automaton after a first symbol."""
        if self.source in AUTOMATA:
            return len(np.unique(AUTOMATA[self.source].successor))
        return len(_chain(self.source, np.random.default_rng(0)).initial)

    @property
    def has_inputs(self) -> bool:
        """Whether what the states read is known, so that those with one future can be joined."""
        return self.source in AUTOMATA or self.seen in ("gru", "lstm", "mgu", "srn")

    def make(self) -> Pair:
        """Return the data."""
        names = (self.source, self.seen, str(self.noise), str(self.seed))
        rng = np.random.default_rng([*"/".join(names).encode()])
        if self.folder is not None:
            return _of_network(self, rng)
        make = _of_language if self.source in AUTOMATA else _of_chain
        return _shown(make(self, rng), noise=self.noise, rng=rng)


def planned(seeds: range, results: Path | None) -> Iterator[DataSet]:
    """Yield all data sets, those of all sources and networks before those of the next seed."""
    networks = [] if results is None else list(_recorded(results))
    for seed in seeds:
        yield from (network for network in networks if network.seed == seed)
        for source, noise in product((*EMITTERS, *PLANTED), NOISE):
            yield DataSet(source, "states", noise, seed, "hmm")
        for source, noise in product(EMITTERS, (0.0, 1.0)):
            yield DataSet(source, "beliefs", noise, seed, "hmm")
        for source, noise, method in product(LANGUAGES, NOISE, ("hmm", "hmm_input")):
            yield DataSet(source, "states", noise, seed, method)


def _recorded(results: Path) -> Iterator[DataSet]:
    """Yield the networks of a run whose source has a known number of states."""
    for folder in sorted(results.glob("runs/*/*")):
        source, model = folder.parts[-2:]
        if source not in AUTOMATA and source not in SOURCES:
            continue
        emulates = model.startswith("emulator")
        for seed, run in find_runs(results, source, model).items():
            if not read_json(run / "network" / "card.json")["gate"]["passed"]:
                continue
            if emulates or (run / "embedding" / "pod.npz").exists():
                for method in ("hmm",) if emulates else ("hmm", "hmm_input"):
                    yield DataSet(source, model, 0.0, seed, method, run)


def _of_network(data: DataSet, rng: np.random.Generator) -> Pair:
    assert data.folder is not None
    if data.seen.startswith("emulator"):
        network, source = load_noisy(data.folder / "network"), SOURCES[data.source]
        runs = (PLAIN.n_runs, PLAIN.n_runs // 2)
        train, valid = (record_runs(network, source, n, rng, sizes=PLAIN) for n in runs)
        basis = pod(train.states, n_components=PLAIN.n_components)
    else:
        (layer,) = data.folder.glob("activations/*")
        train, valid = (load_trace(layer / f"{split}.parquet") for split in ("train", "valid"))
        basis = load_basis(data.folder / "embedding" / "pod.npz")
    return Pair(embed(train, basis), embed(valid, basis))


def _of_language(data: DataSet, rng: np.random.Generator) -> Pair:
    task = make_task(data.source, sizes=STRINGS, seed=int(rng.integers(2**31)))
    return Pair(*(_answered(task, split) for split in ("train", "valid")))


def _answered(task: Task, split: str) -> Trace:
    """Return the true states as one-hot rows, with the right answer after each step."""
    part = task.splits[split]
    return Trace(
        states=np.eye(task.machine.n_states)[part.truth],
        inputs=part.inputs.values,
        outputs=task.machine.readout[part.truth],
        targets=part.targets,
        truth=part.truth,
        lengths=part.inputs.lengths,
        symbols=task.symbols,
        classes=task.classes,
    )


def _of_chain(data: DataSet, rng: np.random.Generator) -> Pair:
    source = _chain(data.source, rng)
    return Pair(*(_written(source, n, rng, beliefs=data.seen == "beliefs") for n in RUNS.values()))


def _chain(name: str, rng: np.random.Generator) -> Source:
    """Return a known source, or `planted_K`, a random chain of K states that stay for a while."""
    if name in SOURCES:
        return SOURCES[name]
    n_states = int(name.removeprefix("planted_"))
    moves = (1 - STAY) * rng.dirichlet(np.ones(n_states), n_states)
    return Source(
        np.full(n_states, 1 / n_states), STAY * np.eye(n_states) + moves, np.eye(n_states)
    )


def _written(source: Source, n: int, rng: np.random.Generator, *, beliefs: bool) -> Trace:
    """Return latent states as one-hot rows, or the exact beliefs over them given the symbols."""
    latent, symbols = draw(source, n, length=STEPS, rng=rng)
    written = Sequences(symbols.ravel(), np.full(n, STEPS))
    truth = latent.ravel()
    states = filter_beliefs(source, written) if beliefs else np.eye(len(source.initial))[truth]
    return Trace(
        states=states,
        inputs=np.zeros(len(truth), dtype=int),
        outputs=np.ones((len(truth), 1)),
        targets=no_targets(len(truth)),
        truth=truth,
        lengths=written.lengths,
        symbols=("tick",),
        classes=("any",),
    )


def _shown(points: Pair, *, noise: float, rng: np.random.Generator) -> Pair:
    """Return points (N, K) as features (N, D) with noise in units of the features' deviation."""
    places = rng.normal(size=(points.train.states.shape[1], DIMENSIONS))
    spread = np.sqrt((points.train.states @ places).var(axis=0).mean())
    noisy = []
    for each in points:
        error = rng.normal(0, noise * spread, size=(each.n_steps, DIMENSIONS))
        noisy.append(replace(each, states=each.states @ places + error))
    return Pair(*noisy)
