"""The estimators: `GaussianHMM` and `CategoricalHMM`, with scikit-learn's and hmmlearn's names."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.hmm.base import BaseHMM
from markovlens.hmm.checks import check_probabilities
from markovlens.hmm.gaussians import (
    KINDS,
    GaussianPrior,
    Gaussians,
    full_covariances,
    gaussian_prior,
)
from markovlens.hmm.packing import Packed, pack, pack_codes
from markovlens.hmm.starts import initial_gaussians, initial_tables
from markovlens.hmm.tables import Tables


class GaussianHMM(BaseHMM):
    """HMM with Gaussian emissions; code written for hmmlearn's runs with the import changed.

    Differences from hmmlearn, all deliberate:

    - `min_covar` is a floor on every fitted covariance (its eigenvalues), not only at the start.
      None: 1e-3 of the data's variance, feature by feature. A number: in the data's units.
    - `covars_prior` of full and tied covariances is added to the diagonal. None: 1e-2 of the data's
      variance. With `covars_prior=0, covars_weight=0, means_weight=0, min_covar=0` the fit is
      plain maximum likelihood.
    - `tol` is the gain of the objective in nats *per step* below which a fit has converged.
    - `monitor_.history` is the objective that is maximised, prior included, and its last value
      belongs to the final parameters.

    Ours: `transitions="input"` has one matrix for each of `n_symbols` input symbols (None: as many
    as are seen). The matrix of the symbol read *at* step t carries z_{t-1} to z_t, and row s of
    `startprob_` (V, K) is the state after a first symbol s. `input_strength` pseudo-steps draw each
    symbol's rows to the shared matrix; `sticky` pseudo-steps are added to staying; `transmat_mask`
    (K, K) is False where moves are impossible. Rows of X that are wholly NaN are missing. `dtype`
    "float32" halves the time; sums stay float64.

    Attributes: `startprob_` (K,) or (V, K), `transmat_` (K, K) or (V, K, K), `means_` (K, D),
    `covars_` (K, D, D) whatever the type (set it in the type's own shape), `monitor_`.
    """

    def __init__(
        self,
        n_components: int = 1,
        covariance_type: str = "diag",
        min_covar: float | None = None,
        startprob_prior: float | NDArray = 1.0,
        transmat_prior: float | NDArray = 1.0,
        means_prior: float | NDArray = 0.0,
        means_weight: float = 0.0,
        covars_prior: float | NDArray | None = None,
        covars_weight: float = 1.0,
        algorithm: str = "viterbi",
        random_state: Any = None,
        n_iter: int = 100,
        tol: float = 1e-5,
        verbose: bool = False,
        params: str = "stmc",
        init_params: str = "stmc",
        *,
        transitions: str = "shared",
        n_symbols: int | None = None,
        input_strength: float = 1.0,
        sticky: float = 0.0,
        transmat_mask: NDArray | None = None,
        n_threads: int = 1,
        dtype: str = "float64",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.min_covar = min_covar
        self.startprob_prior = startprob_prior
        self.transmat_prior = transmat_prior
        self.means_prior = means_prior
        self.means_weight = means_weight
        self.covars_prior = covars_prior
        self.covars_weight = covars_weight
        self.algorithm = algorithm
        self.random_state = random_state
        self.n_iter = n_iter
        self.tol = tol
        self.verbose = verbose
        self.params = params
        self.init_params = init_params
        self.transitions = transitions
        self.n_symbols = n_symbols
        self.input_strength = input_strength
        self.sticky = sticky
        self.transmat_mask = transmat_mask
        self.n_threads = n_threads
        self.dtype = dtype

    @property
    def covars_(self) -> NDArray[np.float64]:
        """(K, D, D) covariances."""
        return full_covariances(self._emissions())

    @covars_.setter
    def covars_(self, values: ArrayLike) -> None:
        self.covariances_ = np.array(values, float)

    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed:
        center = self.means_.mean(axis=0) if known else None
        symbols = self._n_symbols(known)
        return pack(X, lengths, inputs, dtype=self.dtype, center=center, n_symbols=symbols)

    def _emissions(self) -> Gaussians:
        means = np.asarray(self.means_, float)
        shape = covariance_shape(self.covariance_type, *means.shape)
        spread = self.covariances_
        if self.covariance_type == "diag" and spread.shape == (*means.shape, means.shape[1]):
            spread = np.diagonal(spread, axis1=1, axis2=2)
        if len(means) != self.n_components or spread.shape != shape:
            raise ValueError(
                f"covars_: expected shape {shape} for {self.covariance_type!r} covariances and "
                f"means_ of {self.n_components} rows, got {spread.shape} and {len(means)} rows"
            )
        return Gaussians(self.covariance_type, means, spread)

    def _store_emissions(self, emissions: Gaussians) -> None:
        self.means_, self.covariances_ = emissions.means, emissions.covariances

    def _emission_prior(self, packed: Any) -> GaussianPrior:
        if self.covariance_type not in KINDS:
            raise ValueError(
                f"covariance_type: expected one of {KINDS}, got {self.covariance_type!r}"
            )
        return gaussian_prior(
            self.covariance_type,
            packed,
            n_states=self.n_components,
            means_prior=self.means_prior,
            means_weight=self.means_weight,
            covars_prior=self.covars_prior,
            covars_weight=self.covars_weight,
            min_covar=self.min_covar,
        )

    def _start_emissions(
        self, packed: Packed, prior: GaussianPrior, rng: np.random.Generator, metric: str
    ) -> Gaussians:
        kind = self.covariance_type
        if "m" in self.init_params or "c" in self.init_params:
            drawn = initial_gaussians(kind, packed, prior, self.n_components, rng, metric=metric)
            if "m" in self.init_params:
                self.means_ = drawn.means
            if "c" in self.init_params:
                self.covariances_ = drawn.covariances
        return self._emissions()

    def _mixed(self, states: NDArray) -> tuple[NDArray, NDArray | None]:
        mean = states @ self.means_
        within = np.diagonal(self.covars_, axis1=1, axis2=2)
        return mean, states @ (within + self.means_**2) - mean**2


def covariance_shape(kind: str, n_states: int, n_features: int) -> tuple[int, ...]:
    """Shape in which covariances of a kind are set and stored."""
    return {
        "spherical": (n_states,),
        "diag": (n_states, n_features),
        "tied": (n_features, n_features),
        "full": (n_states, n_features, n_features),
    }[kind]


class CategoricalHMM(BaseHMM):
    """HMM whose outputs are symbols 0 .. C-1; X is (N,) or (N, 1), -1 or NaN where missing.

    As `GaussianHMM`, with `emissionprob_` (K, C) and its Dirichlet
    parameter `emissionprob_prior` (at least 1) for means and covariances; the letter for it in
    `params` and `init_params` is e.
    """

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
        tol: float = 1e-5,
        verbose: bool = False,
        params: str = "ste",
        init_params: str = "ste",
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
        self.transitions = transitions
        self.n_symbols = n_symbols
        self.input_strength = input_strength
        self.sticky = sticky
        self.transmat_mask = transmat_mask
        self.n_threads = n_threads
        self.dtype = dtype

    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed:
        packed = pack_codes(X, lengths, inputs, n_symbols=self._n_symbols(known))
        seen = 1 + max(int(tile.x.max()) for tile in packed.tiles)
        limit = self.emissionprob_.shape[1] if known else self.n_features
        if limit is not None and seen > limit:
            raise ValueError(
                f"X: expected symbols below {limit}, got {seen - 1}; set n_features to the number "
                "of symbols before the fit"
            )
        self._n_codes = limit or seen
        return packed

    def _emissions(self) -> Tables:
        table = np.asarray(self.emissionprob_)
        shape = (self.n_components, table.shape[-1])
        return Tables(check_probabilities("emissionprob_", table, shape))

    def _store_emissions(self, emissions: Tables) -> None:
        self.emissionprob_ = emissions.probabilities

    def _emission_prior(self, packed: Any) -> NDArray:
        counts = np.asarray(self.emissionprob_prior, float) - 1.0
        if counts.min() < 0:
            raise ValueError("emissionprob_prior: expected at least 1, got less; 1 is no prior")
        return counts

    def _start_emissions(
        self, packed: Packed, prior: Any, rng: np.random.Generator, metric: str
    ) -> Tables:
        if "e" in self.init_params:
            return initial_tables(packed, self._n_codes, self.n_components, rng)
        return self._emissions()

    def _mixed(self, states: NDArray) -> tuple[NDArray, NDArray | None]:
        return states @ self.emissionprob_, None
