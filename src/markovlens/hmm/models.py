"""The estimator of real-valued observations, with scikit-learn's and hmmlearn's names."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_choice, check_number
from markovlens.errors import DataError
from markovlens.hmm.arrays import as_array
from markovlens.hmm.base import BaseHMM
from markovlens.hmm.gaussians import (
    KINDS,
    GaussianPrior,
    Gaussians,
    full_covariances,
    gaussian_prior,
)
from markovlens.hmm.given import (
    check_covariances,
    check_means,
    check_prior,
    check_scale,
)
from markovlens.hmm.packing import Packed, pack
from markovlens.hmm.starts import initial_gaussians


class GaussianHMM(BaseHMM):
    """HMM with Gaussian emissions; code written for hmmlearn's runs with the import changed.

    Arguments have hmmlearn's names, order and meaning (0.3.3). Differences, all deliberate:

    - `min_covar` is a floor on every fitted covariance (its eigenvalues), not only at the start.
      None: 1e-3 of the data's variance, feature by feature. A number: in the data's units.
    - `covars_prior` of full and tied covariances is added to the diagonal. None: 1e-2 of the data's
      variance. With `covars_prior=0, covars_weight=0, means_weight=0, min_covar=0` the fit is
      plain maximum likelihood. Weights are single numbers; Dirichlet priors are at least 1.
    - `tol` is, as there, the gain in nats over all the data below which a fit has converged; of the
      objective, prior included. None: `tol_per_step` nats a step, so that more data do not mean
      more passes. `n_iter` is 100, not 10.
    - `implementation` is accepted and changes nothing: one engine scales, and redoes in logarithms
      what underflows.
    - `monitor_` is there after a fit. Its `history` is the objective and its last value belongs to
      the final parameters; `converged` is False where `n_iter` ended the fit.
    - `decode` with "map" returns the data's log-likelihood beside the states.
    - Free parameters, as criteria count them, leave out what `params` fixes and structural zeros.

    What is set by hand is checked where it is used: see `hmm.given`. Where `init_params` says so, a
    fit overwrites it and logs a warning; what is not set is drawn, whatever `init_params` says.

    X may be an array, list, tensor or data frame; rows that are wholly NaN, masked or NA are
    missing. numpy.concatenate drops masks: use numpy.ma.concatenate.

    Ours: `transitions="input"` has one matrix for each of `n_symbols` input symbols (None: as many
    as are seen). The matrix of the symbol read *at* step t carries z_{t-1} to z_t, and row s of
    `startprob_` (V, K) is the state after a first symbol s. `input_strength` pseudo-steps draw each
    symbol's rows to the shared matrix; `sticky` pseudo-steps are added to staying; `transmat_mask`
    (K, K) is False where moves are impossible. `dtype` "float32" halves the time; sums stay
    float64. `device` "cuda" or "cuda:1" has torch do the full passes of a fit there, for large
    data (untested on GPUs); "cpu" is torch on the processor, None the engine's own kernels.

    Attributes: `startprob_` (K,) or (V, K), `transmat_` (K, K) or (V, K, K), `means_` (K, D),
    `covars_` (K, D, D) whatever the type (set it so, or in the type's own shape), `monitor_`.
    """

    _n_announced: int | None = None
    _letters: Mapping[str, str] = MappingProxyType(
        {"s": "startprob_", "t": "transmat_", "m": "means_", "c": "covariances_"}
    )

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
        tol: float | None = None,
        verbose: bool = False,
        params: str = "stmc",
        init_params: str = "stmc",
        implementation: str = "log",
        *,
        tol_per_step: float = 1e-5,
        transitions: str = "shared",
        n_symbols: int | None = None,
        input_strength: float = 1.0,
        sticky: float = 0.0,
        transmat_mask: NDArray | None = None,
        n_threads: int = 1,
        dtype: str = "float64",
        device: str | None = None,
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
        self.implementation = implementation
        self.tol_per_step = tol_per_step
        self.transitions = transitions
        self.n_symbols = n_symbols
        self.input_strength = input_strength
        self.sticky = sticky
        self.transmat_mask = transmat_mask
        self.n_threads = n_threads
        self.dtype = dtype
        self.device = device

    @property
    def covars_(self) -> NDArray[np.float64]:
        """(K, D, D) covariances."""
        return full_covariances(self._emissions())

    @covars_.setter
    def covars_(self, values: ArrayLike) -> None:
        self.covariances_ = as_array("covars_", values).astype(np.float64)

    @property
    def n_features(self) -> int:
        """Features D: as announced, else those of `means_`."""
        return (
            self._n_announced or check_means(self._attribute("means_"), self.n_components).shape[1]
        )

    @n_features.setter
    def n_features(self, value: int) -> None:
        self._n_announced = value

    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed:
        center = self._emissions().means.mean(axis=0) if known else None
        symbols = self._n_symbols(known)
        packed = pack(X, lengths, inputs, dtype=self.dtype, center=center, n_symbols=symbols)
        if self._n_announced not in (None, packed.n_features):
            raise DataError(
                f"X: expected {self._n_announced} features, as n_features says, got "
                f"{packed.n_features}; set n_features to the number of columns",
                page="wrong-shape",
            )
        return packed

    def _check_settings(self, inputs: Any, *, known: bool = False) -> None:
        super()._check_settings(inputs, known=known)
        check_choice("covariance_type", self.covariance_type, KINDS)
        for name in ("means_weight", "covars_weight"):
            check_number(name, getattr(self, name), least=0.0)
        if self.min_covar is not None:
            check_number("min_covar", self.min_covar, least=0.0)

    def _emissions(self) -> Gaussians:
        check_choice("covariance_type", self.covariance_type, KINDS)
        means = check_means(self._attribute("means_"), self.n_components)
        self._attribute("covariances_")
        spread = check_covariances(self.covariance_type, self.covariances_, means)
        return Gaussians(self.covariance_type, means, spread)

    def _store_emissions(self, emissions: Gaussians) -> None:
        self.means_, self.covariances_ = emissions.means, emissions.covariances

    def _emission_prior(self, packed: Any) -> GaussianPrior:
        shape, scale = (self.n_components, packed.n_features), self.covars_prior
        if scale is not None:
            scale = check_scale(self.covariance_type, scale, shape)
        return gaussian_prior(
            self.covariance_type,
            packed,
            n_states=self.n_components,
            means_prior=check_prior("means_prior", self.means_prior, shape),
            means_weight=self.means_weight,
            covars_prior=scale,
            covars_weight=self.covars_weight,
            min_covar=self.min_covar,
        )

    def _start_emissions(
        self, packed: Packed, prior: GaussianPrior, rng: np.random.Generator, metric: str
    ) -> Gaussians:
        kind, k = self.covariance_type, self.n_components
        means, widths = self._is_given("m"), self._is_given("c")
        if means and check_means(self.means_, k).shape[1] != packed.n_features:
            raise DataError(
                f"means_: expected {packed.n_features} features as in X, got "
                f"{np.shape(self.means_)[1]}; set means of the same features",
                page="wrong-shape",
            )
        if means and widths:
            return self._emissions()
        start = initial_gaussians(kind, packed, prior, k, rng, metric=metric)
        if means:
            return replace(start, means=check_means(self.means_, k))
        if widths:
            spread = check_covariances(kind, self.covariances_, start.means)
            return replace(start, covariances=spread)
        return start

    def _mixed(self, states: NDArray) -> tuple[NDArray, NDArray | None]:
        emissions = self._emissions()
        mean = states @ emissions.means
        within = np.diagonal(full_covariances(emissions), axis1=1, axis2=2)
        return mean, states @ (within + emissions.means**2) - mean**2
