"""What the head of a file says of the machine: what it is, and how well it stands for a network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from math import isfinite
from typing import Any, Protocol

from markovlens.errors import DataError
from markovlens.machines.identity import behaviour_of
from markovlens.machines.machine import BELIEF, STATE, Machine
from markovlens.machines.storage import machine_to_dict
from markovlens.machines.words import shown
from markovlens.outputs import Output
from markovlens.reliance.exporting.plan import Plan
from markovlens.reliance.exporting.vectors import Vectors
from markovlens.spelling import count, inflected

FORMAT = 1  # goes up when a file's functions or their answers change
ANSWERS = {
    Output.DISTRIBUTION: "probabilities of classes; the decision is the first of the largest",
    Output.LABELS: "a probability for each label, which is on above 0.5",
    Output.VALUES: "values, in the mean of each state",
    Output.RISK: "a risk, of which only the order counts: the higher, the sooner",
}


class Measured(Protocol):
    """What `markovlens.fidelity` returns, as far as it is told here."""

    @property
    def measure(self) -> str:
        """The name of the measure."""
        ...

    @property
    def machine(self) -> str:
        """Which machine it is of, see `behaviour_of`."""
        ...

    @property
    def chosen(self) -> Any:
        """Its value, with `low`, `high` and `n_sequences`."""
        ...


@dataclass(frozen=True, slots=True)
class Statement:
    """One number for how well a machine stands for its network.

    Attributes:
        measure: its name, as `balanced_agreement`.
        value, low, high: the number and its 95 % interval.
        n_sequences: sequences it was measured on.
        data: which data these were, in words.
    """

    measure: str
    value: float
    low: float
    high: float
    n_sequences: int
    data: str

    def __post_init__(self) -> None:
        """Check it: a head that nobody can read otherwise says no number that is none.

        Raises:
            DataError: a value outside its interval, no sequences, or no words for `data`.
        """
        if not self.data:
            raise DataError(
                "data: expected on which data the fidelity was measured, got nothing; give it in "
                "words, such as data='test sequences of the ward, 2026'",
                page="nothing-there",
            )
        ends = (self.low, self.high)
        within = self.low <= self.value <= self.high or not any(map(isfinite, ends))
        if not isfinite(self.value) or not within or self.n_sequences < 1:
            raise DataError(
                f"fidelity: expected a number in its interval, measured on 1 sequence or more, got "
                f"{self.value} in [{self.low}, {self.high}] on {self.n_sequences}; give what "
                "`markovlens.fidelity` returns",
                page="out-of-range",
            )

    @classmethod
    def of(cls, fidelity: Measured | Statement, machine: Machine, data: str) -> Statement:
        """Return what `fidelity` says of a machine, measured on `data`.

        Raises:
            DataError: it is none, or was measured of another machine.
        """
        if isinstance(fidelity, Statement):
            return fidelity
        if not hasattr(fidelity, "chosen"):
            raise DataError(
                f"fidelity: expected what `markovlens.fidelity` returns, got "
                f"{type(fidelity).__name__}; measure it on held-out sequences",
                page="wrong-kind",
            )
        if fidelity.machine != behaviour_of(machine):
            raise DataError(
                "fidelity: expected that of the machine which is written, got that of another one; "
                "measure it, `markovlens.fidelity(machine, trace)`"
            )
        score = fidelity.chosen
        return cls(fidelity.measure, score.value, score.low, score.high, score.n_sequences, data)

    def __str__(self) -> str:
        """Return it in words."""
        known = isfinite(self.low) and isfinite(self.high)
        interval = f"[{self.low:.3f}, {self.high:.3f}]" if known else "not known"
        return (
            f"Fidelity to its network: {self.measure} {self.value:.3f}, 95 % interval {interval}, "
            f"on {self.n_sequences} {inflected(self.n_sequences, 'sequence')}: {self.data}. It was "
            "tested, not proved: of sequences unlike these nothing is known."
        )


NOT_MEASURED = (
    "Fidelity to its network: not given when this file was written. Nothing here says how well it "
    "stands for a network."
)


def digest_of(machine: Machine) -> str:
    """Return the SHA-256 of what the machine is, as records name machines."""
    plain = json.dumps(machine_to_dict(machine), sort_keys=True, allow_nan=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def head_of(
    plan: Plan, digest: str, statement: Statement | None, vectors: Vectors
) -> Iterator[str]:
    """Yield the lines that every file begins with."""
    machine = plan.machine
    carried = BELIEF if plan.carries_belief else STATE
    yield (
        f"State machine of {count(machine.n_states, 'state')} that carries a {carried}, written by "
        f"markovlens {version('markovlens')}, format {FORMAT}. Do not edit: export it again."
    )
    yield f"SHA-256 of the machine: {digest}"
    yield NOT_MEASURED if statement is None else str(statement)
    yield _tested(vectors)
    if plan.channels:
        named = ", ".join(f"{place} {each}" for place, each in enumerate(plan.channels))
        yield f"It reads rows of {len(plan.channels)} numbers, NaN where one is missing: {named}"
    elif machine.n_symbols == 1:
        yield "It ignores what it reads, any code from 0 on: each step is like any other."
    else:
        yield f"It reads symbols by code, from 0: {shown(machine.symbols)}"
    yield f"It answers with {ANSWERS[machine.output]}: {shown(machine.classes)}"


def _tested(vectors: Vectors) -> str:
    """Return what the file's test of itself can find."""
    inputs, moves = vectors.inputs, vectors.taken
    tried = (
        f"Its test reads {inputs.n_steps} {inflected(inputs.n_steps, 'step')} of {len(inputs)} "
        f"{inflected(len(inputs), 'sequence')}"
    )
    if moves is None:
        return f"{tried}; what they do not read is not tested."
    return (
        f"{tried}, which take {moves.n_taken} of the {moves.n_moves} moves that it can make; the "
        "others are not tested."
    )
