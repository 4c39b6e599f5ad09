"""A whole model, and its priors."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.chains import ChainPrior, SharedChain, shared_chain
from markovlens.hmm.emissions import Density, Moments
from markovlens.hmm.lattices import Chain


class Emissions(Protocol):
    """Emission parameters; `Gaussians` and `Tables` are the two kinds."""

    def density(self, packed: Any) -> Density:
        """Density over the packed columns."""
        ...

    def updated(self, moments: Moments, packed: Any, prior: Any, *, params: str) -> "Emissions":
        """The parameters after an M-step."""
        ...

    def penalty(self, packed: Any, prior: Any) -> float:
        """Log prior density, nats, up to a constant."""
        ...

    def n_parameters(self, params: str) -> int:
        """Free parameters among `params`."""
        ...

    def sampled(self, states: NDArray, rng: np.random.Generator) -> NDArray:
        """One output for each state."""
        ...

    def split(self, source: int, target: int, packed: Any, rng: np.random.Generator) -> "Emissions":
        """`target` becomes a shaken copy of `source`."""
        ...

    def with_one_more(self) -> "Emissions":
        """Room for one more state."""
        ...


@dataclass(frozen=True, slots=True)
class Parameters:
    """A whole model."""

    chain: Chain
    shared: SharedChain
    emissions: Emissions

    @classmethod
    def of(cls, chain: Chain, emissions: Emissions) -> "Parameters":
        """A model whose shared chain is the mean over symbols."""
        return cls(chain, shared_chain(chain), emissions)


@dataclass(frozen=True, slots=True)
class Prior:
    """Priors of the chain and of the emissions."""

    chain: ChainPrior
    emissions: Any
