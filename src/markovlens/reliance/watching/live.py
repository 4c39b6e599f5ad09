"""A live network that is asked one step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable


def asked(network: Any, machine: Machine, like: Sequences | None = None) -> Askable:
    """Return a network that can be asked: itself if it can, else an `Oracle` of it.

    Raises:
        DataError: it cannot be asked step by step.
    """
    if all(hasattr(network, name) for name in ("advance", "outputs", "states_after")):
        found: Askable = network
        return found
    from markovlens.activations.oracle import Oracle
    from markovlens.activations.outputs import LINK_OF

    return Oracle(network, like=like, link=LINK_OF[machine.output])


class Live:
    """One sequence being read by a network."""

    def __init__(self, oracle: Askable, machine: Machine) -> None:
        """Begin before the first step."""
        self._oracle = oracle
        self._rows = machine.codebook is not None
        self._n_answers = len(machine.classes)
        self.state: np.ndarray | None = None

    def reset(self) -> None:
        """Begin a new sequence."""
        self.state = None

    def answer(self, values: list[float]) -> np.ndarray:
        """Return the network's answer (C,) to one step more: a row, or one symbol."""
        read = np.array([values], dtype=float) if self._rows else np.array(values, dtype=np.int64)
        outputs, self.state = self._oracle.advance(self.state, read)
        found: np.ndarray = outputs[0]
        if len(found) != self._n_answers:
            raise DataError(
                f"expected a network of {self._n_answers} answers, as the machine has, got "
                f"{len(found)}; take a machine of this network",
                page="another-network",
            )
        return found
