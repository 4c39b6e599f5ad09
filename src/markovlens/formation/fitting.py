"""The machine of a network at one moment of its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.merging import n_merged
from markovlens.abstractions.reducing import agreement
from markovlens.abstractions.study import study_evidence
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.formation.result import Seen
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden, minimise
from markovlens.seeding import seed_for
from markovlens.sequences import Sequences
from markovlens.trace import Trace

METHOD = "overcluster"
SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 12)
QUICK = Options(restarts=1, queries=2000)
ASKING = ("lstar",)  # methods that ask the network more than was recorded


@dataclass(frozen=True, slots=True)
class Fitting:
    """How machines along a training are made, the same at every moment.

    Attributes:
        method: what machines are fitted by.
        n_states: the numbers of states tried.
        options: settings of the fits.
        layer: whose states are recorded; the last recurrent one when None.
        control: whether a second machine is made of other sequences.
        seed: of the fits.
        reading: the fields of `Reading`.
    """

    method: str = METHOD
    n_states: Sequence[int] = SIZES
    options: Options = QUICK
    layer: str | None = None
    control: bool = True
    seed: int = 0
    reading: Mapping[str, Any] | None = None

    def recorded(self, network: Any, sequences: Sequences) -> Trace:
        """Return the trace of a network."""
        return record(network, sequences, layers=self.layer, **(self.reading or {}))

    def evidence(self, network: Any, train: Trace, valid: Trace) -> Evidence:
        """Return what a method may look at: the network as well, where the method asks it."""
        asked = None
        if self.method in ASKING:
            link = (self.reading or {}).get("link", "softmax")
            asked = Oracle(network, layer=self.layer, link=link)
        return Evidence(train, valid, asked, self.seed)

    def machine(self, evidence: Evidence) -> Machine:
        """Return the smallest deterministic machine; raises `DataError` where every fit fails."""
        found = study_evidence(
            self.method,
            evidence,
            n_states=self.n_states,
            seed=seed_for(self.seed, "formation", self.method),
            options=self.options,
        )
        return minimise(harden(found.best))


def seen_at(
    step: int, network: Any, sequences: Sequences, *, fitting: Fitting, loss: float | None
) -> Seen:
    """Return the machine of a network, fitted on half of the sequences and chosen by the rest.

    Args:
        step: of training.
        network: as for `record`.
        sequences: what it reads, two at least.
        fitting: how.
        loss: of training, None if nobody says.

    Raises:
        DataError: as `record`, and where every fit fails.
    """
    trace = fitting.recorded(network, sequences)
    # Drawn, as sequences may come in turns: one that is accepted, one that is not.
    order = np.random.default_rng(seed_for(fitting.seed, "halves")).permutation(len(trace))
    halves = [trace.select(np.sort(order[start::2])) for start in (0, 1)]
    first, second = (
        fitting.evidence(network, train, valid) for train, valid in (halves, halves[::-1])
    )
    machine = fitting.machine(first)
    return Seen(
        step,
        machine,
        fitting.machine(second) if fitting.control else None,
        n_merged(Evidence(trace), fitting.options),
        agreement(machine, halves[1]),
        loss,
    )
