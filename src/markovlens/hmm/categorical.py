"""The estimator of symbols, with scikit-learn's and hmmlearn's names."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_whole
from markovlens.errors import DataError
from markovlens.hmm.arrays import as_array
from markovlens.hmm.base import BaseHMM
from markovlens.hmm.given import check_prior, check_probabilities
from markovlens.hmm.packing import Packed, pack_codes
from markovlens.hmm.starts import initial_tables
from markovlens.hmm.tables import Tables


class CategoricalHMM(BaseHMM):
    """HMM whose outputs are symbols 0 .. C-1; X is (N,) or (N, 1), -1 or NaN where missing.

    As `GaussianHMM`, with `emissionprob_` (K, C) and its Dirichlet parameter `emissionprob_prior`
    (at least 1) for means and covariances; the letter for it in `params` and `init_params` is e.
    C is `n_features`, or the largest code of the fit and one. Unlike in hmmlearn, X may be flat.
    """

    _letters: Mapping[str, str] = MappingProxyType(
        {"s": "startprob_", "t": "transmat_", "e": "emissionprob_"}
    )

    def __init__(
        self,
        n_components: int = 1,
        startprob_prior: float | NDArray = 1.0,
        transmat_prior: float | NDArray = 1.0,
        *,
        emissionprob_prior: float | NDArray = 1.0,
        n_features: int | None = None,
        algorithm: str = "viterbi",
        random_state: Any = None,
        n_iter: int = 100,
        tol: float | None = None,
        verbose: bool = False,
        params: str = "ste",
        init_params: str = "ste",
        implementation: str = "log",
        tol_per_step: float = 1e-5,
        transitions: str = "shared",
        n_symbols: int | None = None,
        input_strength: float = 1.0,
        sticky: float = 0.0,
        transmat_mask: NDArray | None = None,
        n_threads: int = 1,
        dtype: str = "float64",
    ) -> None:
        self.n_components = n_components
        self.startprob_prior = startprob_prior
        self.transmat_prior = transmat_prior
        self.emissionprob_prior = emissionprob_prior
        self.n_features = n_features
        self.algorithm = algorithm
        self.random_state = random_state
        self.n_iter = n_iter
        self.tol = tol
        self.verbose = verbose
        self.params = params
        self.init_params = init_params
        self.implementation = implementation
        self.tol_per_step = tol_per_step
        self.transitions = transitions
        self.n_symbols = n_symbols
        self.input_strength = input_strength
        self.sticky = sticky
        self.transmat_mask = transmat_mask
        self.n_threads = n_threads
        self.dtype = dtype

    @property
    def n_features(self) -> int | None:
        """Symbols C: as announced, else those of `emissionprob_`, else None."""
        if self._n_announced is None and hasattr(self, "emissionprob_"):
            return np.shape(self.emissionprob_)[-1]
        return self._n_announced

    @n_features.setter
    def n_features(self, value: int | None) -> None:
        self._n_announced = value

    def _check_settings(self, inputs: Any, *, known: bool = False) -> None:
        super()._check_settings(inputs, known=known)
        if self._n_announced is not None:
            check_whole("n_features", self._n_announced, least=1)

    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed:
        packed = pack_codes(X, lengths, inputs, n_symbols=self._n_symbols(known))
        seen = 1 + max(int(tile.x.max()) for tile in packed.tiles)
        begun = known or self._is_given("e")
        limit = self._emissions().probabilities.shape[1] if begun else self._n_announced
        if limit is not None and seen > limit:
            raise DataError(
                f"X: expected symbols 0 .. {limit - 1}, got {seen - 1}; set n_features to the "
                "number of symbols before the fit",
                page="unknown-symbol",
            )
        self._n_codes = limit or seen
        return packed

    def _emissions(self) -> Tables:
        table = as_array("emissionprob_", self._attribute("emissionprob_"))
        n_codes = self._n_announced or (table.shape[-1] if table.ndim else 0)
        shape = (self.n_components, n_codes)
        return Tables(check_probabilities("emissionprob_", table, shape))

    def _store_emissions(self, emissions: Tables) -> None:
        self.emissionprob_ = emissions.probabilities

    def _emission_prior(self, packed: Any) -> NDArray:
        shape = (self.n_components, self._n_codes)
        return check_prior("emissionprob_prior", self.emissionprob_prior, shape, least=1.0) - 1.0

    def _start_emissions(
        self, packed: Packed, prior: Any, rng: np.random.Generator, metric: str
    ) -> Tables:
        if self._is_given("e"):
            return self._emissions()
        return initial_tables(packed, self._n_codes, self.n_components, rng)

    def _mixed(self, states: NDArray) -> tuple[NDArray, NDArray | None]:
        return states @ self._emissions().probabilities, None
