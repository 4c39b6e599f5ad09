"""The estimator of states that real-valued inputs drive: an input-output hidden Markov model."""

from collections.abc import Callable, Iterable
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_choice, check_kind, check_number, check_whole
from markovlens.errors import ConfigError, DataError
from markovlens.hmm.base import attribute_of
from markovlens.hmm.checks import as_generator, check_no_device
from markovlens.hmm.driving import (
    DRIVEN,
    EMISSIONS,
    TRANSITIONS,
    DrivenStream,
    Scaling,
    check_rows,
    driven,
)
from markovlens.hmm.em import Parameters
from markovlens.hmm.estimator import Estimator
from markovlens.hmm.gaussians import GaussianPrior, Gaussians, full_covariances
from markovlens.hmm.generalised import (
    SoftParameters,
    SoftPrior,
    expect_soft,
    run_generalised,
)
from markovlens.hmm.generation import sample_path
from markovlens.hmm.given import check_covariances, check_finite, check_means
from markovlens.hmm.inference import Inferring
from markovlens.hmm.lattices import Chain, Engine
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, pack
from markovlens.hmm.regressions import RegressionPrior, Regressions
from markovlens.hmm.softmax import SoftChain, effective_parameters, softmax
from markovlens.hmm.streaming import fit_batches


class InputOutputHMM(Inferring, Estimator):
    """Gaussian HMM driven by rows of real values (Bengio & Frasconi 1995), with gradients and BIC.

    Timing: the row read *at* step t carries the state from t - 1 to t, as a network's input at t
    carries its state; and it moves the outputs of step t.

        P(z_t = j | z_{t-1} = i, u_t) = softmax_j(intercept_[i, j] + coef_[i, j] . u_t)
        P(z_1 = j | u_1)              = softmax_j(start_intercept_[j] + start_coef_[j] . u_1)
        x_t ~ N(means_[k] + slopes_[k] u_t, covars_[k])

    u is the row in deviations: (row - `input_mean_`) / `input_scale_`, so that units change
    nothing. A missing value (NaN) counts as its channel's mean of the fit, which moves nothing;
    where it matters *that* a value is missing, give that a channel of its own.

    Args:
        hmm: what it begins at: a fitted `GaussianHMM`, such as the best of a sweep, or one that is
            fitted to the same data first. It gives number of states, outputs, their priors and how
            EM is run. Shared transitions only.
        driven: "transitions", "emissions" or "both", what rows drive. The other part of the model
            is that of an HMM without inputs.
        strength: of the draw of coefficients and slopes to zero, in pseudo-steps: the log-prior of
            a coefficient b is -strength b^2 / 2 nats, a hundredth of it for intercepts.
        search_steps: of L-BFGS in an M-step, at most. They never lower the objective, so that
            `monitor_.history` never falls (generalised EM); more of them make passes fewer and
            dearer.

    `n_parameters`, by which `bic` and `aic` count, are effective ones: an origin's logits count by
    the trace of H (H + prior)^-1, H the curvature of what the M-step maximises, so that moves that
    were never made and coefficients that the prior holds count for nothing.

    Attributes: `coef_` (K, K, P), `intercept_` (K, K), `start_coef_` (K, P), `start_intercept_`
    (K,), `slopes_` (K, D, P) if emissions are driven, `means_` (K, D) at the mean input,
    `covariances_` in the shape of their type, `input_mean_` and `input_scale_` (P,), `monitor_`.
    """

    algorithm = "viterbi"

    def __init__(
        self,
        hmm: GaussianHMM,
        driven: str = TRANSITIONS,
        strength: float = 1.0,
        *,
        search_steps: int = 4,
    ) -> None:
        self.hmm = hmm
        self.driven = driven
        self.strength = strength
        self.search_steps = search_steps

    @property
    def n_threads(self) -> int:  # type: ignore[override]
        """Threads, those of `hmm`."""
        return self.hmm.n_threads

    @property
    def covars_(self) -> NDArray[np.float64]:
        """(K, D, D) covariances."""
        return full_covariances(self._outputs())

    def fit(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> Self:
        """Fit to X (N, D), cut into sequences by lengths; inputs (N, P) are rows, NaN if missing.

        Raises:
            ConfigError, DataError: arguments or data make no sense.
        """
        self._check_settings(inputs)
        plain = pack(X, lengths, dtype=self.hmm.dtype, n_symbols=1)
        rows = check_rows(cast(ArrayLike, inputs), plain.n_steps)
        scaling = Scaling.of([rows])
        hmm = self._begun(lambda new: new.fit_packed(plain), plain.n_features)
        source = driven(plain, scaling.standardised(rows), self.driven)
        return self._fit(source, scaling, hmm)

    def fit_batches(
        self, read: Callable[[], Iterable[tuple[Any, Any, Any]]], *, rng: np.random.Generator
    ) -> Self:
        """Fit in the memory of one batch; `read()` begins a new reading of (X, lengths, rows).

        From the same fitted `hmm` the same parameters as in memory. Batches are read twice for
        their moments, once a pass and once more for each step of an M-step's search.
        """
        self._check_settings(())
        source = DrivenStream.open(read, dtype=self.hmm.dtype, what=self.driven)
        plain = lambda: (batch[:2] for batch in read())  # noqa: E731
        hmm = self._begun(lambda new: fit_batches(new, plain, rng=rng), source.n_features)
        return self._fit(source, source.scaling, hmm)

    def _fit(self, source: Any, scaling: Scaling, hmm: GaussianHMM) -> Self:
        """Fit to data with inputs, from where a model without them stands."""
        own, prior = hmm.parameters(), self._prior(hmm, source)
        n_inputs = len(scaling.mean)
        outputs = cast(Gaussians, own.emissions)
        emissions = Regressions.begun(outputs, n_inputs) if self._regressed else outputs
        chain = SoftChain.begun(own.chain, n_inputs if self.driven != EMISSIONS else 0)
        start = SoftParameters(chain, emissions)
        fitted, self.monitor_ = run_generalised(
            source, start, prior, hmm.settings(), search_steps=self.search_steps
        )
        self.input_mean_, self.input_scale_ = scaling.mean, scaling.scale
        self._store(fitted)
        _, visits = expect_soft(fitted, source, self.n_threads)
        logits = effective_parameters(fitted.chain, visits(), self.strength)
        self.n_parameters_ = float(logits.sum()) + fitted.emissions.n_parameters(hmm.params)
        return self

    def transition_matrices(self, inputs: ArrayLike) -> NDArray[np.float64]:
        """(N, K, K) probability of each move z_{t-1} -> z_t under each row (N, P)."""
        return self._moved(inputs, slice(0, -1))

    def start_probabilities(self, inputs: ArrayLike) -> NDArray[np.float64]:
        """(N, K) probability of each state after each row (N, P), read first."""
        return self._moved(inputs, slice(-1, None))[:, 0]

    def _moved(self, inputs: ArrayLike, origins: slice) -> NDArray[np.float64]:
        chain = self._chain()
        rows = self._standardised(inputs, len(np.atleast_1d(inputs)))
        ones = np.ones((len(rows), 1))
        kept = chain.weights.shape[2] - 1  # none where rows drive the emissions alone
        design = np.concatenate([ones, rows[:, :kept]], axis=1)
        return softmax(chain.weights[origins], np.ascontiguousarray(design.T))[0].transpose(2, 0, 1)

    def sample(
        self, inputs: ArrayLike, random_state: Any = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """One sequence that reads the rows (N, P): outputs (N, D) and states (N,)."""
        rng = as_generator(self.hmm.random_state if random_state is None else random_state)
        moves, starts = self.transition_matrices(inputs), self.start_probabilities(inputs)
        states = sample_path(Chain(starts, moves), np.arange(len(moves)), rng)
        emissions = self._emissions()
        if isinstance(emissions, Regressions):
            rows = self._standardised(inputs, len(states))
            return emissions.sampled(states, rows, rng), states
        return emissions.sampled(states, rng), states

    def n_parameters(self) -> float:  # type: ignore[override]
        """Effective free parameters, see above; before a fit all that are free."""
        if hasattr(self, "n_parameters_"):
            return self.n_parameters_
        chain = self._chain()
        rows, k, size = chain.weights.shape
        return rows * (k - 1) * size + self._emissions().n_parameters(self.hmm.params)

    def parameters(self) -> Parameters:
        """What takes the place of parameters without inputs; see `soft_parameters`."""
        raise ConfigError(
            "parameters: expected a model without input rows, got an InputOutputHMM; "
            "`soft_parameters` gives its own",
            page="wrong-hmm",
        )

    def soft_parameters(self) -> SoftParameters:
        """The current attributes as parameters, checked."""
        return SoftParameters(self._chain(), self._emissions())

    def _ready(self, X: ArrayLike, lengths: Any, inputs: Any) -> tuple[Packed, Engine]:
        self._check_settings(inputs)
        packed = self._pack(X, lengths, inputs, known=True)
        return packed, self.soft_parameters().engine(packed, self.n_threads)

    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed:
        center = self._outputs().means.mean(axis=0)
        plain = pack(X, lengths, dtype=self.hmm.dtype, center=center, n_symbols=1)
        rows = self._standardised(inputs, plain.n_steps)
        return driven(plain, rows, self.driven)

    def _standardised(self, inputs: ArrayLike, n_steps: int) -> NDArray[np.float64]:
        mean = check_finite("input_mean_", attribute_of(self, "input_mean_"))
        scale = check_finite("input_scale_", attribute_of(self, "input_scale_"))
        return Scaling(mean, scale).standardised(check_rows(inputs, n_steps))

    def _check_settings(self, inputs: Any, *, known: bool = False) -> None:
        """Raise if the constructor's arguments make no sense, alone or together."""
        check_kind("hmm", self.hmm, GaussianHMM, advice="`GaussianHMM(3)` makes one")
        check_choice("driven", self.driven, DRIVEN)
        check_number("strength", self.strength, least=0.0)
        check_whole("search_steps", self.search_steps, least=1)
        if self.hmm.transitions != "shared" or self.hmm.transmat_mask is not None:
            raise ConfigError(
                "hmm: expected transitions='shared' and no transmat_mask, as rows drive the "
                "transitions here; for symbols a GaussianHMM with transitions='input' is enough",
                page="wrong-hmm",
            )
        check_no_device(self.hmm.device, "models driven by rows")
        if inputs is None:
            said = "inputs: expected rows (N, P), got None; without inputs a GaussianHMM is enough"
            raise ConfigError(said, page="wrong-hmm")

    def _begun(self, fitted: Callable[[GaussianHMM], GaussianHMM], n_features: int) -> GaussianHMM:
        """The model without inputs at which a fit begins."""
        if not hasattr(self.hmm, "means_"):
            return fitted(type(self.hmm)(**self.hmm.get_params()))
        if n_features != self.hmm.n_features:
            raise DataError(
                f"X: expected {self.hmm.n_features} features, as hmm was fitted to, got "
                f"{n_features}; pass the same features, or an hmm that is not fitted",
                page="wrong-shape",
            )
        return self.hmm

    @property
    def _regressed(self) -> bool:
        """Whether rows drive the emissions."""
        return self.driven != TRANSITIONS

    def _prior(self, hmm: GaussianHMM, source: Any) -> SoftPrior:
        plain: GaussianPrior = hmm.prior_for(source).emissions
        emissions = RegressionPrior(plain, self.strength) if self._regressed else plain
        return SoftPrior(self.strength, emissions)

    def _store(self, parameters: SoftParameters) -> None:
        """Set the attributes from parameters."""
        weights, emissions = parameters.chain.weights, parameters.emissions
        self.intercept_, self.start_intercept_ = weights[:-1, :, 0], weights[-1, :, 0]
        self.coef_, self.start_coef_ = weights[:-1, :, 1:], weights[-1, :, 1:]
        outputs = emissions.outputs if isinstance(emissions, Regressions) else emissions
        self.means_, self.covariances_ = outputs.means, outputs.covariances
        if isinstance(emissions, Regressions):
            self.slopes_ = emissions.slopes

    def _chain(self) -> SoftChain:
        """The current chain, checked."""
        k = self.hmm.n_components
        p = len(attribute_of(self, "input_mean_")) if self.driven != EMISSIONS else 0
        shapes = {
            "intercept_": (k, k), "coef_": (k, k, p), "start_intercept_": (k,),
            "start_coef_": (k, p),
        }  # fmt: skip
        found = [self._shaped(name, shape) for name, shape in shapes.items()]
        moves = np.concatenate([found[0][:, :, None], found[1]], axis=2)
        start = np.concatenate([found[2][:, None], found[3]], axis=1)
        return SoftChain(np.concatenate([moves, start[None]]))

    def _shaped(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """An attribute of the chain or the slopes, checked."""
        found = check_finite(name, attribute_of(self, name))
        if found.shape != shape:
            raise DataError(
                f"{name}: expected shape {shape}, states by states by channels, got {found.shape}; "
                "set all attributes of one model",
                page="wrong-hmm",
            )
        return found

    def _outputs(self) -> Gaussians:
        means = check_means(attribute_of(self, "means_"), self.hmm.n_components)
        kind = self.hmm.covariance_type
        spread = check_covariances(kind, attribute_of(self, "covariances_"), means)
        return Gaussians(kind, means, spread)

    def _emissions(self) -> Gaussians | Regressions:
        outputs = self._outputs()
        if not self._regressed:
            return outputs
        shape = (*outputs.means.shape, len(attribute_of(self, "input_mean_")))
        return Regressions(outputs, self._shaped("slopes_", shape))
