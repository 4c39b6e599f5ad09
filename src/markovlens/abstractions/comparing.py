"""Whether two answers of one network are the same: a decision, labels, or nearly the same number.

Decisions and labels are the same or not. Values are compared in standard deviations of the
network's own output, so that no unit decides, and a risk by its rank among the network's risks, of
which alone the order counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovlens.arrays import unit_of
from markovlens.outputs import HALF, Output
from markovlens.trace import Trace

TOLERANCE = 1.0  # standard deviations: as far off as the mean answer is, root mean square
RANKS_SD = 12**-0.5  # of ranks from 0 to 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """How answers of one network, and what machines say of them, are compared.

    Attributes:
        output: the kind.
        unit: (C,), the standard deviation of each column of the network's values; infinite where
            it is constant, so that it does not count, and 1 of other kinds.
        order: the network's risks, sorted; empty of other kinds.
        tolerance: by how many standard deviations the same numbers may differ.
    """

    output: Output
    unit: np.ndarray
    order: np.ndarray
    tolerance: float = TOLERANCE

    @classmethod
    def of(cls, trace: Trace, tolerance: float = TOLERANCE) -> Comparison:
        """Return how answers of the network of a trace are compared."""
        return cls.of_answers(trace.outputs, trace.output, tolerance)

    @classmethod
    def of_answers(
        cls, outputs: np.ndarray, output: Output, tolerance: float = TOLERANCE
    ) -> Comparison:
        """Return the same of outputs (N, C) of one network; rows of NaN are none."""
        given = outputs[~np.isnan(outputs[:, 0])].astype(np.float64)
        unit, order = np.ones(outputs.shape[1]), np.zeros(0)
        if output == Output.VALUES and len(given):
            spread = given.std(axis=0)
            varies = unit_of(spread, given.mean(axis=0)) == spread
            unit = np.where(varies, spread, np.inf)
        if output == Output.RISK:
            order = np.sort(given[:, 0])
        return cls(output, unit, order, tolerance)

    @property
    def graded(self) -> bool:
        """Whether answers are numbers, between which there is a distance."""
        return self.output in (Output.VALUES, Output.RISK)

    def seen(self, outputs: np.ndarray) -> np.ndarray:
        """Return what is compared of the network's outputs (N, C): (N, G).

        It is the likeliest class (one column), which labels are on, or numbers in standard
        deviations; without an output whatever numpy makes of NaN.
        """
        if self.output == Output.RISK:
            ends = [np.searchsorted(self.order, outputs, side=side) for side in ("left", "right")]
            return (ends[0] + ends[1]) / (2 * max(len(self.order), 1) * RANKS_SD)
        return self.said(outputs)

    def said(self, answers: np.ndarray) -> np.ndarray:
        """Return the same of a machine's answers (N, C), whose risks are ranks already."""
        if self.output == Output.DISTRIBUTION:
            return answers.argmax(axis=1)[:, None]
        if self.output == Output.LABELS:
            return answers > HALF
        found: np.ndarray = answers / (RANKS_SD if self.output == Output.RISK else self.unit)
        return found

    def same(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return where (N, G) two sets of what is compared (N, G) are the same."""
        alike = np.abs(first - second) <= self.tolerance if self.graded else first == second
        return np.asarray(alike)
