"""Joining the states of a machine that have the same future, exactly or within a tolerance.

A chain is lumpable where all states of a block move into every block with the same probability
(Kemeny & Snell, "Finite Markov chains", 1960, section 6.3). With inputs and answers that is
probabilistic bisimulation (Larsen & Skou, "Bisimulation through probabilistic testing", 1991), and
within a tolerance near-lumpability (Buchholz, "Exact and ordinary lumpability in finite Markov
chains", 1994). Of certain moves and answers it is what `minimisation.minimise` does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse.csgraph import connected_components

from markovlens.errors import ConfigError
from markovlens.machines.machine import Machine
from markovlens.machines.naming import joined_names
from markovlens.machines.soft import plain
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.spelling import count

ROUNDING = 1e-9  # sums of probabilities that differ by less do not differ
HARDLY = 1e-12  # visits of a state that is never visited: alone in a block it still has a row


@dataclass(frozen=True, slots=True, repr=False)
class Lumped:
    """A machine over blocks of another one's states.

    Attributes:
        machine: a state for each of B blocks.
        block_of: int (K,), the block of each of the K states that it was made of, -1 for those
            that no string reaches.
    """

    machine: Machine
    block_of: np.ndarray

    def __repr__(self) -> str:
        """Return how many states became how many, and the machine."""
        return f"Lumped: {count(len(self.block_of), 'state')} became {self.machine!r}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What sequences make use of in a machine that reads them.

    Attributes:
        visits: (K,), expected visits of each state.
        shares: (V,), the share of each symbol in all that is read.
    """

    visits: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, machine: Machine, inputs: Sequences) -> Usage:
        """Return what `inputs` make use of, when the machine runs on them alone."""
        counts = np.bincount(machine.symbols_of(inputs), minlength=machine.n_symbols)
        return cls(machine.run(inputs).sum(axis=0), counts / counts.sum())

    @classmethod
    def even(cls, machine: Machine) -> Usage:
        """Return a use of all states and symbols alike."""
        n_symbols = machine.n_symbols
        return cls(np.ones(machine.n_states), np.full(n_symbols, 1 / n_symbols))


def lump(machine: Machine, *, tolerance: float = 0.0, used: Usage | None = None) -> Lumped:
    """Return the machine whose states are the blocks of states with the same future.

    With tolerance 0 it answers as the given one after every string of symbols that are used,
    distribution by distribution, and lumping it again changes nothing. States that no string
    reaches are left out.

    Args:
        machine: K states; a belief over them or one at a time.
        tolerance: in 0..1, see `blocks_within`.
        used: weighs the members of a block, whose moves and answers are averaged, and the symbols;
            without it all count alike.
    """
    machine = plain(machine)
    used = used or Usage.even(machine)
    blocks = blocks_within(machine, tolerance=tolerance, used=used)
    return Lumped(_joined(machine, blocks, used.visits), blocks)


def blocks_within(machine: Machine, *, tolerance: float, used: Usage) -> np.ndarray:
    """Return the block (K,) of each state, -1 for those that no string reaches.

    All states begin in one block. Two remain together if their answers are no farther apart than
    the tolerance, and neither are the blocks into which they move, on average over symbols; or if
    a chain of such pairs connects them. The distance is total variation: the least chance that two
    draws differ. Answers that are no distributions are apart by the most of any column, of values
    and a risk in units of its standard deviation over all visits. Blocks split until none does, so
    it is the coarsest such partition, whatever the order of the states.

    Args:
        machine: K states, V symbols.
        tolerance: in 0..1; 0 joins what nothing tells apart.
        used: how much each symbol counts, and each state.

    Raises:
        ConfigError: the tolerance is no probability.
    """
    if not 0 <= tolerance <= 1:
        raise ConfigError(
            f"expected a tolerance from 0 (exact) to 1 (all states are one), got {tolerance}",
            page="out-of-range",
        )
    inside = machine.visitable
    answers_near = _answers_apart(machine, used.visits) <= tolerance + ROUNDING
    blocks = np.where(inside, 0, -1)
    while True:
        ahead = machine.transition @ _members(blocks)
        near = answers_near & (_apart(ahead, used.shares) <= tolerance + ROUNDING)
        near &= blocks[:, None] == blocks
        finer = np.full(len(blocks), -1)
        finer[inside] = connected_components(near[np.ix_(inside, inside)], directed=False)[1]
        if finer.max() == blocks.max():
            return blocks
        blocks = finer


def _answers_apart(machine: Machine, visits: np.ndarray) -> np.ndarray:
    """Return how far the answers of each two states are apart (K, K)."""
    if machine.output == Output.DISTRIBUTION:
        return _apart(machine.readout[None], np.ones(1))
    unit = np.ones(machine.readout.shape[1])
    if machine.output != Output.LABELS:
        weights = np.maximum(visits, HARDLY)
        unit = spread_within(machine.readout, machine.spread, weights / weights.sum())
    # What does not vary at all parts no states.
    rows = np.divide(machine.readout, unit, out=np.zeros_like(machine.readout), where=unit > 0)
    return np.stack([np.abs(rows - row).max(axis=1) for row in rows])


def spread_within(
    readout: np.ndarray, spread: np.ndarray | None, weights: np.ndarray
) -> np.ndarray:
    """Return the standard deviation (C,) of answers over states, what varies in each included.

    Args:
        readout: (K, C), the means.
        spread: (K, C), the standard deviations; 0 when None.
        weights: (K,), the share of each state.
    """
    within = 0.0 if spread is None else weights @ spread**2
    middle = weights @ readout
    return np.asarray(np.sqrt(within + weights @ (readout - middle) ** 2))


def _apart(rows: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the total variation (K, K) between rows (V, K, B), on average over V by `shares`."""
    apart = [shares @ np.abs(rows - rows[:, [i]]).sum(axis=-1) / 2 for i in range(rows.shape[1])]
    return np.stack(apart)


def _members(blocks: np.ndarray) -> np.ndarray:
    """Return one-hot rows (K, B); rows of zeros for what is in no block."""
    return (blocks[:, None] == np.arange(blocks.max() + 1)).astype(float)


def _joined(machine: Machine, blocks: np.ndarray, visits: np.ndarray) -> Machine:
    members = _members(blocks)
    weights = members * np.maximum(visits, HARDLY)[:, None]
    mean = (weights / weights.sum(axis=0)).T
    spread = machine.spread
    if machine.output != Output.DISTRIBUTION:
        spread = np.stack([spread_within(machine.readout, machine.spread, share) for share in mean])
    return replace(
        machine,
        initial=machine.initial @ members,
        transition=mean @ machine.transition @ members,
        readout=mean @ machine.readout,
        seen=machine.seen @ members > 0,
        spread=spread,
        states=joined_names(machine.states, blocks),
    )
