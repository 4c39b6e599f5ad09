"""Exported files compared with `Machine.predict`, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.reliance.exporting.exported import Exported
from markovlens.reliance.exporting.plan import plan_of
from markovlens.reliance.exporting.rounding import unsure
from markovlens.reliance.exporting.running import ran_on
from markovlens.reliance.exporting.vectors import CLOSE
from markovlens.sequences import Sequences


@dataclass(frozen=True, slots=True)
class Trial:
    """How a file's answers compare with `Machine.predict`.

    Attributes:
        language: of the file.
        n_steps, n_sequences: how much it read.
        n_equal: steps with the decision of `predict`; of answers that are no decisions, with its
            numbers, to 1e-9.
        n_ties: steps at which the two best answers differ by less than 1e-9, and those from a row
            on whose code rounding may turn, see `rounding.unsure`.
        largest: the largest difference of an answer.
        state_bytes: size of what it keeps between steps.
    """

    language: str
    n_steps: int
    n_sequences: int
    n_equal: int
    n_ties: int
    largest: float
    state_bytes: int | None


def tried(exported: Exported, machine: Machine, inputs: Sequences) -> Trial:
    """Return how the file of a machine answers on sequences.

    Raises:
        DataError: the language needs a program that is not here, the file does not compile, its
            test vectors fail, or a step is refused.
    """
    said, ran = machine.predict(inputs), ran_on(exported, machine, inputs)
    if ran.codes.any():
        raise DataError(
            f"{exported.language}: {np.count_nonzero(ran.codes)} steps were refused",
            page="exported-file-fails",
        )
    apart = np.abs(ran.answers - said)
    if machine.output == Output.DISTRIBUTION:
        equal, ties = ran.decisions == said.argmax(axis=1), _ties(said)
    else:
        equal, ties = (apart <= CLOSE * (1 + np.abs(said))).all(axis=1), np.zeros(len(said), bool)
    return Trial(
        exported.language,
        inputs.n_steps,
        len(inputs),
        int(equal.sum()),
        int((ties | unsure(plan_of(machine), inputs)).sum()),
        float(apart.max()),
        ran.state_bytes,
    )


def _ties(said: np.ndarray) -> np.ndarray:
    if said.shape[1] == 1:
        return np.zeros(len(said), dtype=bool)
    second, best = np.sort(said, axis=1)[:, -2:].T
    return np.asarray(best - second <= CLOSE)
