"""The estimator of states whose dwell times need not be geometric: a hidden semi-Markov model."""

from dataclasses import replace
from typing import Any, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_choice, check_kind, check_number, check_whole
from markovlens.errors import ConfigError, DataError
from markovlens.hmm.base import attribute_of, monitor_of
from markovlens.hmm.checks import as_generator, check_no_device
from markovlens.hmm.em import Parameters, Prior, Settings, engine_of, run_em
from markovlens.hmm.estimator import Estimator
from markovlens.hmm.gaussians import Gaussians, full_covariances
from markovlens.hmm.generation import sample_path
from markovlens.hmm.given import check_covariances, check_finite, check_means, check_probabilities
from markovlens.hmm.inference import ALGORITHMS, Inferring
from markovlens.hmm.lattices import Engine
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.packing import Packed, pack
from markovlens.hmm.phases import DWELLS, FREE, PhasedEmissions, Phases
from markovlens.hmm.segmentations import Stays, likeliest_stays


class DurationHMM(Inferring, Estimator):
    """Hidden semi-Markov model with Gaussian outputs, exact and with every recursion of the HMMs.

    Args:
        hmm: what it begins at: a fitted `GaussianHMM`, such as the best of a sweep, or one that is
            fitted to the same data first. It gives number of states, outputs, their priors and how
            EM is run; a move that it excludes stays excluded. Shared transitions only.
        dwell: law of the steps in a state. "free": any chances to leave after 1 .. `n_phases` - 1
            steps, the last one's for ever after. "negative_binomial": the sum of `n_phases`
            geometric times with one chance, `n_phases` steps or more. See `hmm.phases`.
        n_phases: M of a state. A pass costs as one of an HMM with K M states.
        dwell_strength: pseudo-visits to each phase that draw its chance to leave to that of `hmm`,
            so that times hardly or never seen keep a sensible chance.

    Free dwell times hold the geometric ones, so that the objective never falls below where `hmm`
    stands. A sequence begins as a state is entered; it may end anywhere. States are `hmm`'s, in its
    order; none is seeded again. Input symbols, batches (`fit_batches`) and `save_model` are for the
    other models; `pickle` keeps this one.

    Attributes: `startprob_` (K,), `transmat_` (K, K) where a state is left for, zero on the
    diagonal, `leaving_` (K, M) chance to leave each phase, `means_` (K, D), `covariances_` in the
    shape of their type, `monitor_`.
    """

    algorithm = "viterbi"

    def __init__(
        self,
        hmm: GaussianHMM,
        dwell: str = FREE,
        n_phases: int = 20,
        *,
        dwell_strength: float = 1.0,
    ) -> None:
        self.hmm = hmm
        self.dwell = dwell
        self.n_phases = n_phases
        self.dwell_strength = dwell_strength

    @property
    def covars_(self) -> NDArray[np.float64]:
        """(K, D, D) covariances."""
        return full_covariances(self._outputs())

    def fit(self, X: ArrayLike, lengths: ArrayLike | None = None) -> Self:
        """Fit to X (N, D), cut into sequences by lengths.

        Raises:
            ConfigError, DataError: arguments or data make no sense.
        """
        self._check_settings(None)
        packed = self._pack(X, lengths, None, known=False)
        plain = self._begun(packed)
        own = plain.parameters()
        chain = self._phases().from_plain(own.chain)
        outputs = PhasedEmissions(own.emissions, self.n_phases, plain.params)
        prior = self._phases().prior(chain, self.dwell_strength)
        priors = Prior(prior, plain.prior_for(packed).emissions)
        settings, rng = self._settings(), as_generator(plain.random_state)
        fit = run_em(packed, Parameters.of(chain, outputs), priors, settings, rng=rng)
        self._store(fit.parameters)
        self.monitor_ = monitor_of(fit, settings)
        return self

    def predict_proba(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """(N, K) smoothed states p(z_t | x_1..T); sees later steps."""
        return self._over_phases(super().predict_proba(X, lengths, inputs))

    def filter(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """(N, K) belief states p(z_t | x_1..t); sees no later step."""
        return self._over_phases(super().filter(X, lengths, inputs))

    def decode(
        self,
        X: ArrayLike,
        lengths: ArrayLike | None = None,
        algorithm: str | None = None,
        *,
        inputs: ArrayLike | None = None,
    ) -> tuple[float, NDArray[np.int64]]:
        """Log-probability and states (N,): of the best stays, or each step's best ('map')."""
        chosen = algorithm or self.algorithm
        check_choice("algorithm", chosen, ALGORITHMS)
        if chosen == "viterbi" and self.dwell != FREE:
            states, joint = self._segmented(*self._ready(X, lengths, inputs))
            return float(joint.sum()), states
        score, states = super().decode(X, lengths, chosen, inputs=inputs)
        return score, states // self.n_phases if chosen == "viterbi" else states

    def _segmented(
        self, packed: Packed, engine: Engine
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The best segmentation: its best path through phases, of which it has many, is not it."""
        longest = max(len(tile.offsets) - 1 for tile in packed.tiles)
        with np.errstate(divide="ignore"):
            laws = map(np.log, self._phases().stays(self._leaving(), longest))
            stays = Stays(np.log(self.startprob_), np.log(self.transmat_), *laws)
        return likeliest_stays(packed, engine, stays, self.n_phases)

    def icl(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """BIC with the best segmentation's joint log-probability (Biernacki et al. 2000)."""
        apart = self.score(X, lengths, inputs) - self.decode(X, lengths, inputs=inputs)[0]
        return self.bic(X, lengths, inputs) + 2.0 * apart

    def sample(
        self, n_samples: int = 1, random_state: Any = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """One sequence: outputs (n_samples, D) and states (n_samples,)."""
        check_whole("n_samples", n_samples, least=1)
        rng = as_generator(self.hmm.random_state if random_state is None else random_state)
        parameters = self.parameters()
        path = sample_path(parameters.chain, np.zeros(n_samples, dtype=np.int64), rng)
        return parameters.emissions.sampled(path, rng), path // self.n_phases

    def dwell_distribution(self, longest: int) -> NDArray[np.float64]:
        """(K, longest) probability to stay 1, 2, .., `longest` steps in a state."""
        check_whole("longest", longest, least=1)
        return self._phases().stays(self._leaving(), longest)[0]

    def parameters(self) -> Parameters:
        """The current attributes as parameters of the chain of phases, checked."""
        k = self.hmm.n_components
        start = check_probabilities("startprob_", attribute_of(self, "startprob_"), (k,))
        moves = check_probabilities("transmat_", attribute_of(self, "transmat_"), (k, k))
        if np.diagonal(moves).any():
            raise DataError(
                f"transmat_: expected zeros on the diagonal, got {np.diagonal(moves)}; staying is "
                "what leaving_ says",
                page="wrong-hmm",
            )
        chain = self._phases().chain(start, self._leaving(), moves)
        return Parameters.of(
            chain, PhasedEmissions(self._outputs(), self.n_phases, self.hmm.params)
        )

    def n_parameters(self) -> int:
        """Free parameters: those of a state's output once, however many phases it has."""
        outputs = self.parameters().emissions.n_parameters(self.hmm.params)
        return self._phases().n_parameters(attribute_of(self, "transmat_")) + outputs

    def _check_settings(self, inputs: Any, *, known: bool = False) -> None:
        """Raise if the constructor's arguments make no sense, alone or together."""
        check_kind("hmm", self.hmm, GaussianHMM, advice="`GaussianHMM(3)` makes one")
        check_whole("hmm.n_components", self.hmm.n_components, least=2)
        check_choice("dwell", self.dwell, DWELLS)
        check_whole("n_phases", self.n_phases, least=1)
        check_number("dwell_strength", self.dwell_strength, least=0.0)
        if inputs is not None or self.hmm.transitions != "shared":
            raise ConfigError(
                "hmm: expected transitions='shared' and no inputs, as dwell times are of states "
                "that nothing drives; where inputs drive them, leave dwell times out",
                page="wrong-hmm",
            )
        check_no_device(self.hmm.device, "dwell times")

    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed:
        center = self._outputs().means.mean(axis=0) if known else None
        return pack(X, lengths, dtype=self.hmm.dtype, center=center, n_symbols=1)

    def _begun(self, packed: Packed) -> GaussianHMM:
        """The model without phases at which a fit begins."""
        if not hasattr(self.hmm, "means_"):
            return type(self.hmm)(**self.hmm.get_params()).fit_packed(packed)
        expected = self.hmm.n_features
        if packed.n_features != expected:
            raise DataError(
                f"X: expected {expected} features, as hmm was fitted to, got {packed.n_features}; "
                "pass the same features, or an hmm that is not fitted",
                page="wrong-shape",
            )
        return self.hmm

    def _ready(self, X: ArrayLike, lengths: Any, inputs: Any) -> tuple[Packed, Engine]:
        self._check_settings(inputs)
        parameters = self.parameters()
        packed = self._pack(X, lengths, inputs, known=True)
        return packed, engine_of(parameters, packed, self.hmm.n_threads)

    def _phases(self) -> Phases:
        return Phases(self.dwell, self.hmm.n_components, self.n_phases)

    def _settings(self) -> Settings:
        """How EM runs on the chain, as for `hmm`; without an "m" no state is seeded again."""
        own = self.hmm.settings()
        return replace(own, params="".join(sorted({*own.params} & {*"st"})))

    def _store(self, parameters: Parameters) -> None:
        """Set the attributes from parameters of the chain of phases."""
        chain, shared = parameters.chain, cast(PhasedEmissions, parameters.emissions)
        outputs = cast(Gaussians, shared.states)
        self.startprob_ = chain.start[0, :: self.n_phases]
        self.leaving_, self.transmat_ = self._phases().split(chain.transition[0])
        self.means_, self.covariances_ = outputs.means, outputs.covariances

    def _over_phases(self, found: NDArray) -> NDArray[np.float64]:
        """(N, K) probabilities of states from those of their phases."""
        return found.reshape(len(found), -1, self.n_phases).sum(axis=2)

    def _leaving(self) -> NDArray[np.float64]:
        """(K, M) chances to leave, checked."""
        shape = (self.hmm.n_components, self.n_phases)
        found = check_finite("leaving_", attribute_of(self, "leaving_"))
        if found.shape != shape or found.min() < 0.0 or found.max() > 1.0:
            raise DataError(
                f"leaving_: expected chances 0 to 1 of shape {shape}, states and phases, got shape "
                f"{found.shape} from {found.min():g} to {found.max():g}; set n_phases to go with "
                "it",
                page="wrong-hmm",
            )
        return found

    def _outputs(self) -> Gaussians:
        means = check_means(attribute_of(self, "means_"), self.hmm.n_components)
        kind = self.hmm.covariance_type
        spread = check_covariances(kind, attribute_of(self, "covariances_"), means)
        return Gaussians(kind, means, spread)
