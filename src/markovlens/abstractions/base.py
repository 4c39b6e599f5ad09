"""What every abstraction is once fitted, and the options they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from markovlens.machine import Machine

Decoder = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the fits, as in the config section `abstractions`.

    Attributes:
        restarts: random starts of each fit; the best by its own training objective is kept.
        covariance: `spherical`, `diag`, `tied` or `full`, of Gaussian emissions.
        max_iterations: bound on EM or Lloyd iterations.
        criterion: what chooses the number of states of an HMM.
    """

    restarts: int = 3
    covariance: str = "full"
    max_iterations: int = 50
    criterion: str = "bic"


@dataclass(frozen=True, slots=True)
class Fitted:
    """An abstraction of one size.

    Attributes:
        machine: the state machine, which runs on inputs alone.
        decode: maps states (N, D) and lengths (S,) to state numbers (N,), looking only at the past;
            None for the floors, which never see an activation.
        rows: one plain record a fit tried (restart), for the sweep table.
        criterion: the value (lower is better) by which sizes of this method are compared; None
            where the method has no likelihood, then closed-loop agreement decides.
    """

    machine: Machine
    decode: Decoder | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    criterion: float | None = None
