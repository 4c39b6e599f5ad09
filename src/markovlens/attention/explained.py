"""A network and the machine that explains it, and what either says of the steps of sequences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.study import study_evidence
from markovlens.activations.oracle import Askable
from markovlens.activations.recorder import record
from markovlens.activations.stage import sample
from markovlens.attention.asking import WholeWords
from markovlens.attention.gradients import integrated_gradients
from markovlens.attention.machines import moved_by_each, needed_by_machine
from markovlens.attention.replacing import without_each
from markovlens.attention.scoring import Judge
from markovlens.errors import DataError
from markovlens.faithfulness.scores.fidelity import Fidelity, fidelity
from markovlens.machines.machine import Machine
from markovlens.networks.model import AttentiveModel, SequenceModel
from markovlens.seeding import seed_for
from markovlens.tasks.base import Task
from markovlens.trace import Trace

ATTENTION, MACHINE, STEPS, OCCLUSION, GRADIENTS = (
    "attention", "machine", "machine_steps", "occlusion", "integrated_gradients",
)  # fmt: skip
ASKING = ("lstar",)  # methods that put whole words to a network
N_DRAWS = 8  # symbols that stand for one in occlusion
N_RECORDED = 600  # training sequences that machines are made of


@dataclass(frozen=True, slots=True)
class Fits:
    """How machines of a network are fitted.

    Attributes:
        methods: names in `abstractions.METHODS`.
        n_states: sizes that each may choose from.
        options: of the fits.
        seed: of the fits and of the sequences they see.
    """

    methods: Sequence[str]
    n_states: Sequence[int]
    options: Options
    seed: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A network, and the machine that says best on validation sequences what it answers.

    Attributes:
        model: the network.
        machine: of it; method: by which it was made.
        agreement: with the network, at the ends of test sequences, balanced over its answers.
    """

    model: SequenceModel
    machine: Machine
    method: str
    agreement: Fidelity

    def evidence(self, judge: Judge, *, gradients: bool) -> Iterator[tuple[str, np.ndarray]]:
        """Yield the name and the numbers (N,) of each explanation of the network's answers."""
        inputs, answers, shares = judge.inputs, judge.answers, judge.marginal.shares
        if isinstance(self.model, AttentiveModel):
            yield ATTENTION, WholeWords(self.model).weights(inputs)
        yield MACHINE, needed_by_machine(self.machine, inputs, answers, shares)
        yield STEPS, moved_by_each(self.machine, inputs, answers)
        rng = np.random.default_rng([judge.seed, 4])
        ask = WholeWords(self.model).ends
        yield (
            OCCLUSION,
            without_each(ask, inputs, answers, judge.marginal, n_draws=N_DRAWS, rng=rng),
        )
        if gradients:
            yield GRADIENTS, integrated_gradients(self.model, inputs, answers, shares)


def explained(model: SequenceModel, task: Task, fits: Fits) -> Explained:
    """Return a network with its machine, made on training and chosen on validation sequences.

    Raises:
        DataError: no method makes a machine of it.
    """
    traces = _recorded(model, task, fits.seed)
    # Beside whole words it can be asked nothing: with attention no state has an answer of its own.
    asked = cast(Askable, WholeWords(model))
    found: dict[str, Machine] = {}
    for method in fits.methods:
        network = asked if method in ASKING else None
        study = study_evidence(
            method,
            Evidence(traces["train"], traces["valid"], network, fits.seed),
            n_states=fits.n_states,
            seed=seed_for(fits.seed, method),
            options=fits.options,
        )
        if study.chosen is not None:
            found[method] = study.best
    if not found:
        raise DataError(
            f"{task.name}: none of {', '.join(fits.methods)} makes a machine of the network; add a "
            "method to `attention.methods`",
            page="every-fit-failed",
        )
    merits = {name: _merit(machine, traces["valid"]) for name, machine in found.items()}
    best = max(merits, key=lambda name: merits[name])
    agreement = fidelity(found[best], traces["test"], unit="string")
    return Explained(model, found[best], best, agreement)


def _merit(machine: Machine, valid: Trace) -> tuple[float, int]:
    """Return by what machines are compared: as faithful ones by how few states they have."""
    agreed = fidelity(machine, valid, unit="string").balanced_agreement.value
    return round(agreed, 3), -machine.n_states


def _recorded(model: SequenceModel, task: Task, seed: int) -> dict[str, Trace]:
    rng = np.random.default_rng(seed_for(seed, "recorded"))
    train = sample(task.splits["train"], N_RECORDED, rng)
    splits = task.splits | {"train": train}
    return {
        name: record(model, split, symbols=task.symbols, classes=task.classes, link="classes")
        for name, split in splits.items()
    }
