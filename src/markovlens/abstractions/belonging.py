"""Whether a network that is to be asked is the one of which a trace was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.errors import DataError, reason_of
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable

N_SEQUENCES = 3  # that are asked again
TOLERANCE = 0.02  # what half precision leaves of states and outputs


def check_oracle(network: Any) -> None:
    """Raise `DataError` unless a network, if any, is one that can be asked."""
    if network is not None and not hasattr(network, "outputs"):
        raise DataError(
            f"network: expected an oracle, got {type(network).__name__}; "
            "`markovlens.activations.oracle.Oracle(model, basis=...)` makes one",
            page="wrong-kind",
        )


def check_belongs(network: Askable, trace: Trace) -> None:
    """Raise `DataError` unless a network does on a few sequences what a trace says.

    The shortest sequences are asked. Of states only the last of each is compared, in the trace's
    coordinates.
    """
    some = trace.select(np.sort(np.argsort(trace.lengths, kind="stable")[:N_SEQUENCES]))
    said, given = _asked(network, some), some.has_output
    if said.shape[1] != some.outputs.shape[1] or not _near(said[given], some.outputs[given]):
        raise DataError(
            "network: expected the one that the traces were recorded of, got another: on sequences "
            f"of the training trace {_gap(said[given], some.outputs[given])}; give the oracle of "
            "that network, with the same `link` and `forward`",
            page="another-network",
        )
    last = np.cumsum(some.lengths) - 1
    seen, wanted = network.observe(network.states_after(some.sequences)), some.states[last]
    if seen.shape != wanted.shape or not _near(seen, wanted):
        raise DataError(
            "network: expected states as the traces hold them, got others: on sequences of the "
            f"training trace {_gap(seen, wanted)}; give `Oracle(model, layer=..., basis=...)` the "
            "layer that was recorded, and the basis if the traces were embedded",
            page="another-network",
        )


def _asked(network: Askable, trace: Trace) -> np.ndarray:
    """Return the outputs (N, C) of a network; raises `DataError` if it takes other inputs."""
    try:
        return network.outputs(trace.sequences)
    except (DataError, RuntimeError, IndexError, TypeError) as error:  # whatever its code does
        read = ", ".join(map(str, trace.channels)) or f"{len(trace.symbols)} symbols"
        raise DataError(
            f"network: expected one that reads {read}, as the traces do, got one that fails on "
            f"them: {reason_of(error)}",
            page="network-fails",
        ) from error


def _near(found: np.ndarray, wanted: np.ndarray) -> bool:
    scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
    return bool(np.allclose(found, wanted, rtol=TOLERANCE, atol=TOLERANCE * scale))


def _gap(found: np.ndarray, wanted: np.ndarray) -> str:
    if found.shape[1] != wanted.shape[1]:
        return f"there are {found.shape[1]} columns in place of {wanted.shape[1]}"
    return f"the largest difference is {np.abs(found - wanted).max():.2g}"
