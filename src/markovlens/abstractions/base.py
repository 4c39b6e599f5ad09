"""What every abstraction is once fitted, and the options they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from markovlens.machine import Machine
from markovlens.trace import Trace

Decoder = Callable[[Trace], np.ndarray]


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the fits, as in the config section `abstractions`.

    Attributes:
        restarts: random starts of each fit; the best by its own training objective is kept.
        covariance: `spherical`, `diag`, `tied` or `full`, of Gaussian emissions.
        max_iterations: bound on EM or Lloyd iterations.
    """

    restarts: int = 3
    covariance: str = "full"
    max_iterations: int = 50


@dataclass(frozen=True, slots=True)
class Fitted:
    """An abstraction of one size.

    Attributes:
        machine: the state machine, which runs on inputs alone.
        decode: maps a trace to state numbers (N,) by its activations up to each step; None for the
            floors, which never see an activation.
        rows: one plain record a fit tried (restart), for the sweep table.
        criterion: the value (lower is better) by which sizes of this method are compared; None
            where the method has no likelihood, then closed-loop agreement decides.
    """

    machine: Machine
    decode: Decoder | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    criterion: float | None = None


class Method(Protocol):
    """What the registry holds: fits one abstraction of each size."""

    def __call__(
        self,
        trace: Trace,
        *,
        n_states: Sequence[int],
        rng: np.random.Generator,
        valid: Trace | None = None,
        options: Options,
    ) -> dict[int, Fitted | str]:
        """Return, for each number of states, the fitted abstraction, or why there is none."""
        ...


FitOne = Callable[[Trace, int, np.random.Generator, Options], Fitted]


def each_size(fit_one: FitOne) -> Method:
    """Return the method that fits the sizes one by one; a fit that fails is a reason."""

    def fit(
        trace: Trace,
        *,
        n_states: Sequence[int],
        rng: np.random.Generator,
        valid: Trace | None = None,
        options: Options,
    ) -> dict[int, Fitted | str]:
        fitted: dict[int, Fitted | str] = {}
        for size, child in zip(n_states, rng.spawn(len(n_states)), strict=True):
            try:
                fitted[size] = fit_one(trace, size, child, options)
            except (ValueError, np.linalg.LinAlgError) as error:
                fitted[size] = str(error).splitlines()[0]
        return fitted

    fit.__doc__ = fit_one.__doc__
    return fit
