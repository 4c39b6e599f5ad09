"""A network that is asked about sequences nobody recorded, and that must not have changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from markovlens.abstractions.belonging import check_belongs
from markovlens.activations.oracle import Oracle
from markovlens.activations.origin import fingerprint
from markovlens.activations.recorder import record
from markovlens.errors import DataError, reason_of
from markovlens.sequences import Sequences
from markovlens.trace import Trace


@dataclass(frozen=True, slots=True)
class Network:
    """A network that answers whole sequences.

    Attributes:
        model: the network; None where a finished run has none that can be asked.
        oracle: the same, asked step by step; None where it cannot be.
        reading: how it was recorded, see `Reading`.
        layer: the layer that was recorded; the last when None.
        why_not: why it cannot be asked step by step; "" where it can.
    """

    model: Any
    oracle: Oracle | None
    reading: Mapping[str, Any] = field(default_factory=dict)
    layer: str | None = None
    why_not: str = ""

    @property
    def answers(self) -> bool:
        """Whether it answers sequences that were not recorded."""
        return self.oracle is not None or self.model is not None

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output (N, C) after each step of sequences."""
        if self.oracle is not None:
            return self.oracle.outputs(inputs)
        how = {**self.reading, "verify": False}
        return record(self.model, inputs, layers=self.layer, **how).outputs

    def check_unchanged(self, trace: Trace) -> None:
        """Raise `DataError` if the network does no longer what was recorded of it."""
        known = trace.origin.get("network")
        same = known is None or self.model is None or fingerprint(self.model) == known
        if not same:
            raise DataError(
                "the network has changed since it was explained: its weights are others; explain "
                "it again with `markovlens.explain`",
                page="another-network",
            )
        if self.oracle is None:
            return
        try:
            check_belongs(self.oracle, trace)
        except DataError as error:
            raise DataError(
                "the network has changed since it was explained, or is another one "
                f"({reason_of(error)}); explain it again with `markovlens.explain`",
                page="another-network",
            ) from error
