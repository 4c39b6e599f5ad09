"""The machine of a network that noise drives: states that write symbols and move by chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from markovlens.abstractions.lumped import TOLERANCES
from markovlens.dynamics.network import NoisyNetwork
from markovlens.embedding.pod import pod
from markovlens.formation.alignment import MOST, Alignment, futures_written, overlap
from markovlens.formation.noise import Course, FrozenNoise, course_under
from markovlens.formation.result import Seen, Written
from markovlens.hmm import GaussianHMM, sweep
from markovlens.hmm.criteria import one_standard_error, standard_error
from markovlens.machines.lumping import Usage, lump
from markovlens.machines.machine import Machine
from markovlens.seeding import seed_for
from markovlens.tasks.base import Source
from markovlens.tasks.markov import pair_distance, pair_frequencies

MODES = 4  # POD modes of the hidden states that the HMMs see
TRAIN, VALID = 0, 1  # which of two runs, each time


@dataclass(frozen=True, slots=True)
class Chains:
    """How machines are made of what networks do under noise.

    Attributes:
        n_states: the numbers of states of the HMMs.
        restarts: of each.
        control: whether a second machine is made of the other runs.
        seed: of the fits.
        symbols: names of the symbols written; their numbers when None.
    """

    n_states: Sequence[int]
    restarts: int
    control: bool
    seed: int
    symbols: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Reader:
    """A machine, and in which of its states the network is.

    Attributes:
        machine: K states, no input.
        beliefs: (B, T, K), of all runs.
    """

    machine: Machine
    beliefs: np.ndarray

    @property
    def path(self) -> np.ndarray:
        """The state (N,) of each step of all runs."""
        return np.asarray(self.beliefs.argmax(axis=-1).ravel())

    def scores(self, course: Course, which: int) -> np.ndarray:
        """Return the log probability (B/2,) of the next symbol, nats a step, in every other run.

        It is -inf of a run with a symbol that the machine never writes there.
        """
        ahead = self.beliefs[which::2, :-1] @ self.machine.transition[0] @ self.machine.readout
        written = np.take_along_axis(ahead, course.symbols[which::2, 1:, None], axis=-1)[..., 0]
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(written).mean(axis=1))


@dataclass(frozen=True, slots=True)
class Moment:
    """A network under noise at one moment of its training.

    Attributes:
        seen: its machine, and what is said of it.
        path: int (N,), the state of each step.
        again: the same of the machine of the other runs; None without it.
    """

    seen: Seen
    path: np.ndarray
    again: np.ndarray | None

    def resampled(self) -> Alignment:
        """Return the alignment of the machine with that of the other runs, on the same steps."""
        assert self.seen.again is not None  # noqa: S101 - asked of moments with two machines
        assert self.again is not None  # noqa: S101
        found = _aligned(self.seen.machine, self.seen.again, self.path, self.again)
        return replace(found, settled=_settled(self.seen))


def align_driven(first: Moment, second: Moment) -> Alignment:
    """Return the alignment of two moments under the same noise.

    Noise settles the states where at both moments most runs have come together.
    """
    settled = _settled(first.seen) and _settled(second.seen)
    found = _aligned(first.seen.machine, second.seen.machine, first.path, second.path)
    return replace(found, settled=settled)


def _settled(seen: Seen) -> bool:
    """Return whether noise brings most runs together at a moment."""
    return seen.written is not None and seen.written.together > MOST


def _aligned(one: Machine, other: Machine, path: np.ndarray, beside: np.ndarray) -> Alignment:
    shared = overlap(path, beside, (one.n_states, other.n_states))
    return Alignment(shared, futures_written(one, other))


def written_at(
    step: int, network: NoisyNetwork, noise: FrozenNoise, *, chains: Chains, loss: float | None
) -> Moment:
    """Return the machine of a network that noise drives, as `seen_at` of one that reads.

    Raises:
        DataError: the states grow without bound, or every fit fails.
    """
    course = course_under(noise, network)
    reader = read_course(course, TRAIN, chains)
    again = read_course(course, VALID, chains) if chains.control else None
    held_out = course.part(VALID).pairs
    written = Written(
        course.together,
        float(pair_distance(machine_pairs(reader.machine), held_out)),
        noise.error_of(course.pairs),
        noise.floor(),
        None if noise.source is None else len(noise.source.initial),
    )
    other = None if again is None else again.machine
    seen = Seen(step, reader.machine, other, None, None, loss, written)
    return Moment(seen, reader.path, None if again is None else again.path)


def read_course(course: Course, which: int, chains: Chains) -> Reader:
    """Return the smallest machine that foretells the next symbol as well as any.

    HMMs are fitted to POD modes of the states of every other run. Their states are joined within
    each of `TOLERANCES` where they have the same future (`machines.lumping`). Of all these the one
    with the fewest states counts whose log probability of the next symbol, on the runs that were
    not fitted, is within one standard error of the best; where none foretells all runs, the
    fewest states of all.
    """
    found = list(_readers(course, which, chains))
    scores = [each.scores(course, 1 - which) for each in found]
    means = np.array([each.mean() for each in scores])
    sizes = [each.machine.n_states for each in found]
    best = scores[int(means.argmax())]
    error = standard_error(best) if np.isfinite(best).all() else 0.0
    return found[one_standard_error(sizes, means, error=error)]


def _readers(course: Course, which: int, chains: Chains) -> Iterator[Reader]:
    shape = course.states.shape
    part = course.part(which)
    basis = pod(part.states.reshape(-1, shape[-1]), n_components=min(MODES, shape[-1]))
    rows = basis.project(course.states.reshape(-1, shape[-1])).reshape(*shape[:2], -1)
    fits = sweep(
        rows[which::2].reshape(part.symbols.size, -1),
        part.lengths,
        n_states=chains.n_states,
        restarts=chains.restarts,
        rng=np.random.default_rng(seed_for(chains.seed, "chains")),
        shared_unit=True,
    )
    for model, *_ in fits.models.values():
        beliefs = model.filter(rows.reshape(course.symbols.size, -1), course.lengths)
        yield from _joined(model, beliefs.reshape(*shape[:2], -1), course, which, chains=chains)


def _joined(
    model: GaussianHMM, beliefs: np.ndarray, course: Course, which: int, *, chains: Chains
) -> Iterator[Reader]:
    """Yield the distinct machines that joining states of one HMM gives, its own the first."""
    visits = beliefs[which::2].sum(axis=(0, 1))
    used = Usage(visits, np.ones(1))
    machine = _machine(model, beliefs[which::2], course.outputs[which::2], chains.symbols)
    known = set()
    for tolerance in TOLERANCES:
        lumped = lump(machine, tolerance=tolerance, used=used)
        if lumped.block_of.tobytes() in known:
            continue
        known.add(lumped.block_of.tobytes())
        members = lumped.block_of[:, None] == np.arange(lumped.machine.n_states)
        yield Reader(lumped.machine, beliefs @ members)


def _machine(
    model: GaussianHMM, beliefs: np.ndarray, outputs: np.ndarray, names: Sequence[str] | None
) -> Machine:
    """Return the chain of an HMM, each state with the mean distribution of its steps."""
    sums = np.einsum("btk,btc->kc", beliefs, outputs, dtype=np.float64)
    visited = np.maximum(sums.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    even = np.full(sums.shape[1], 1 / sums.shape[1])
    readout = np.where(sums.any(axis=1, keepdims=True), sums / visited, even)
    classes = tuple(names or map(str, range(sums.shape[1])))
    seen = np.ones((1, len(sums)), dtype=bool)
    return Machine(
        model.startprob_[None],
        model.transmat_[None],
        readout,
        symbols=(),
        classes=classes,
        seen=seen,
    )


def machine_pairs(machine: Machine) -> np.ndarray:
    """Return shares (C, C) of a symbol and the next one that a machine writes in the long run."""
    return pair_frequencies(Source(machine.initial[0], machine.transition[0], machine.readout))
