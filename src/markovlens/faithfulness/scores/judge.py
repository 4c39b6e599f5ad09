"""What the abstractions of one network are held against, in the symbols that they read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.abstractions.coded import coded
from markovlens.codebooks.base import Codebook
from markovlens.faithfulness.scores.exactness import over_codes, purely_read
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task
from markovlens.trace import Trace


@dataclass(frozen=True, slots=True)
class Judge:
    """What all abstractions of one network are held against.

    Attributes:
        task: with the true source where there is one.
        truth: the true machine where there is one, over the symbols of the trace.
        train: the network on training sequences; only words are looked up there.
        trace: the network on the test sequences.
        bootstrap: one set of resamples for every score, so that differences are paired.
        smoothing: weight of the uniform distribution in the divergence.
        read: the inputs of the test sequences as the network read them, rows or symbols.
        pure: bool (N,), of test rows whether their code stands for their true symbol; None where
            there are no codes, or no true symbols.
    """

    task: Task
    truth: Machine | None
    train: Trace
    trace: Trace
    bootstrap: Bootstrap
    smoothing: float
    read: Sequences | None = None
    pure: np.ndarray | None = None

    @property
    def inputs(self) -> Sequences:
        """What machines are run on: a law reads rows, a codebook makes symbols of them."""
        return self.trace.sequences if self.read is None else self.read

    def reading(self, codebook: Codebook | None) -> Judge:
        """Return the judge of machines that read rows by their codes; itself for symbols."""
        if codebook is None:
            return self
        train, trace = (coded(each, codebook) for each in (self.train, self.trace))
        coded_judge = replace(self, train=train, trace=trace, read=self.inputs)
        if self.truth is None:
            return coded_judge
        truth = over_codes(self.truth, self.train, codebook)
        pure = purely_read(self.truth, self.train, codebook, self.trace)
        return replace(coded_judge, truth=truth, pure=pure)
