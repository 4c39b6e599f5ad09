"""Coordinates of states, and traces in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from threadpoolctl import threadpool_limits

from markovlens.trace import Trace


@runtime_checkable
class Basis(Protocol):
    """The coordinates of a trace: an `embedding.pod.POD`, an `embedding.projections.Projection`."""

    def project(self, states: np.ndarray) -> np.ndarray:
        """Return the coordinates (N, M) of states (N, D)."""
        ...

    def restore(self, coordinates: np.ndarray) -> np.ndarray:
        """Return states (N, D) at coordinates (N, M)."""
        ...


def one_thread() -> threadpool_limits:
    """Context in which BLAS sums in one order, however many processors there are.

    OpenBLAS 0.3 (numpy 2.4) gives other last digits on two threads; fits make more of them.
    """
    return threadpool_limits(1, user_api="blas")


def in_coordinates(trace: Trace, basis: Basis) -> Trace:
    """Return the trace with its states (N, D) replaced by their coordinates (N, M)."""
    with one_thread():
        return replace(trace, states=basis.project(trace.states))
