"""What both estimators share: fitting, scoring, decoding, criteria, sampling."""

import logging
from abc import abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from markovlens.hmm import posteriors
from markovlens.hmm.chains import ChainPrior, chain_parameters, chain_prior, support_of
from markovlens.hmm.checks import as_generator, check_probabilities
from markovlens.hmm.em import (
    Emissions,
    Fit,
    Monitor,
    Parameters,
    Prior,
    Settings,
    engine_of,
    run_em,
)
from markovlens.hmm.generation import Generative
from markovlens.hmm.lattices import Chain
from markovlens.hmm.packing import Packed
from markovlens.hmm.starts import OWN, initial_chain


class BaseHMM(Generative, BaseEstimator):
    """Hidden Markov model with shared or input-driven transitions; see the two estimators."""

    n_components: int
    startprob_prior: float | NDArray
    transmat_prior: float | NDArray
    algorithm: str
    random_state: Any
    n_iter: int
    tol: float
    verbose: bool
    params: str
    init_params: str
    transitions: str
    n_symbols: int | None
    input_strength: float
    sticky: float
    transmat_mask: NDArray | None
    n_threads: int
    dtype: str
    startprob_: NDArray
    transmat_: NDArray
    monitor_: Monitor

    @abstractmethod
    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed: ...

    @abstractmethod
    def _emissions(self) -> Emissions: ...

    @abstractmethod
    def _store_emissions(self, emissions: Any) -> None: ...

    @abstractmethod
    def _emission_prior(self, packed: Any) -> Any: ...

    @abstractmethod
    def _start_emissions(
        self, packed: Packed, prior: Any, rng: np.random.Generator, metric: str
    ) -> Any: ...

    def fit(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> Self:
        """Fit to X (N, D), cut into sequences by lengths; inputs (N,) are symbols 0 .. V-1."""
        self._check_settings(inputs)
        return self.fit_packed(self._pack(X, lengths, inputs, known=False))

    def fit_packed(self, packed: Packed) -> Self:
        """Fit to data packed once for many fits."""
        self._check_settings(None, known=True)
        rng = as_generator(self.random_state)
        prior = self.prior_for(packed)
        parameters = self.start_for(packed, prior, rng)
        return self.learn(run_em(packed, parameters, prior, self.settings(), rng=rng), parameters)

    def prior_for(self, source: Any) -> Prior:
        """The constructor's priors in the units of some data."""
        return Prior(self._chain_prior(source.n_symbols), self._emission_prior(source))

    def settings(self) -> Settings:
        """The constructor's way to run EM."""
        return Settings(self.n_iter, self.tol, self.params, self.n_threads)

    def _check_settings(self, inputs: Any, *, known: bool = False) -> None:
        """Raise if the constructor's arguments make no sense together."""
        if self.transitions not in ("shared", "input"):
            raise ValueError(
                f"transitions: expected 'shared' or 'input', got {self.transitions!r}; 'input' has "
                "one matrix a symbol"
            )
        if self.n_components < 1:
            raise ValueError(f"n_components: expected at least 1, got {self.n_components}")
        if not known and (self.transitions == "input") != (inputs is not None):
            raise ValueError(
                f"inputs: expected {'symbols' if inputs is None else 'None'} with transitions="
                f"{self.transitions!r}, got {'None' if inputs is None else 'symbols'}; set "
                "transitions='input' and pass inputs together"
            )

    def _chain_prior(self, n_symbols: int) -> ChainPrior:
        """Prior of the chain from the constructor's arguments; what is set keeps its zeros."""
        prior = chain_prior(
            self.n_components,
            start=self.startprob_prior,
            transition=self.transmat_prior,
            sticky=self.sticky,
            strength=self.input_strength if self.transitions == "input" else 0.0,
            mask=self.transmat_mask,
        )
        return prior.within(*self._given_chain(n_symbols))

    def start_for(
        self, packed: Packed, prior: Prior, rng: np.random.Generator, *, metric: str = OWN
    ) -> Parameters:
        """Starting parameters: drawn where `init_params` says so, else what is set.

        `metric` is that of the clusters, see `starts`.
        """
        start, moves = self._given_chain(packed.n_symbols)
        drawn = self._start_emissions(packed, prior.emissions, rng, metric)
        scattered = not hasattr(drawn, "means")
        chain = initial_chain(prior.chain, packed.n_symbols, rng, scattered=scattered)
        start = chain.start if start is None else start
        moves = chain.transition if moves is None else moves
        return Parameters.of(Chain(start, moves), drawn)

    def _given_chain(self, n_symbols: int) -> tuple[NDArray | None, NDArray | None]:
        """What is set of the chain, (V, K) and (V, K, K), None where `init_params` draws it."""
        shape = (n_symbols, self.n_components)
        start = None if "s" in self.init_params else self._with_symbols("startprob_", shape)
        moves = (*shape, self.n_components)
        return start, None if "t" in self.init_params else self._with_symbols("transmat_", moves)

    def _with_symbols(self, name: str, shape: tuple[int, ...]) -> NDArray:
        """A chain attribute with its symbol axis, checked."""
        if not hasattr(self, name):
            raise ValueError(f"{name}: expected to be set, as init_params leaves it out; set it")
        shown = shape if self.transitions == "input" else shape[1:]
        return check_probabilities(name, getattr(self, name), shown).reshape(shape)

    def learn(self, fit: Fit, start: Parameters) -> Self:
        """Take over the result of a fit that began at `start`."""
        support = support_of(start.chain, self._chain_prior(len(start.chain.start)))
        self._store(fit.parameters)
        self.monitor_ = Monitor(
            fit.history, fit.likelihoods, fit.converged, fit.n_passes, self.n_iter, self.tol,
            fit.reseeded, fit.status,
        )  # fmt: skip
        self.n_parameters_ = self._count(start, support)
        if self.verbose:
            logging.getLogger(__name__).info("%s: %s", type(self).__name__, fit.status)
        return self

    def _store(self, parameters: Parameters) -> None:
        """Set the attributes from parameters."""
        chain = parameters.chain
        shared = self.transitions == "shared"
        self.startprob_ = chain.start[0] if shared else chain.start
        self.transmat_ = chain.transition[0] if shared else chain.transition
        self._store_emissions(parameters.emissions)

    def _count(self, parameters: Parameters, support: Chain) -> int:
        """Free parameters of a model."""
        chain = chain_parameters(parameters.chain, support, self.params)
        return chain + parameters.emissions.n_parameters(self.params)

    def parameters(self) -> Parameters:
        """The current attributes as parameters."""
        check_is_fitted(self, "transmat_")
        k = self.n_components
        v = 1 if self.transitions == "shared" else len(self.transmat_)
        start = self._with_symbols("startprob_", (v, k))
        return Parameters.of(
            Chain(start, self._with_symbols("transmat_", (v, k, k))), self._emissions()
        )

    def _n_symbols(self, known: bool) -> int | None:
        """Input symbols V that data may have: those of a known model, or of the constructor."""
        if self.transitions == "shared":
            return 1
        return len(self.transmat_) if known else self.n_symbols

    def _run(self, task: Any, X: ArrayLike, lengths: Any, inputs: Any) -> Any:
        """Pack new data and run one of the passes of `expectation` over it."""
        self._check_settings(inputs)
        parameters = self.parameters()
        packed = self._pack(X, lengths, inputs, known=True)
        return task(packed, engine_of(parameters, packed, self.n_threads))

    def score(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """Log-likelihood of all the data, in nats."""
        return float(self.score_sequences(X, lengths, inputs).sum())

    def score_sequences(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """(n_sequences,) log-likelihood of each sequence, in nats."""
        return self._run(posteriors.sequence_scores, X, lengths, inputs)

    def score_samples(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> tuple[float, NDArray[np.float64]]:
        """Log-likelihood in nats and the smoothed states (N, K)."""
        smoothed = self.predict_proba(X, lengths, inputs)
        return self.score(X, lengths, inputs), smoothed

    def predict_proba(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """(N, K) smoothed states p(z_t | x_1..T); sees later steps."""
        return self._run(posteriors.smoothed, X, lengths, inputs)

    def filter(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """(N, K) belief states p(z_t | x_1..t); sees no later step."""
        return self._run(posteriors.filtered, X, lengths, inputs)

    def decode(
        self,
        X: ArrayLike,
        lengths: ArrayLike | None = None,
        algorithm: str | None = None,
        *,
        inputs: ArrayLike | None = None,
    ) -> tuple[float, NDArray[np.int64]]:
        """Log-probability and states (N,): of the best path, or each step's best ('map')."""
        chosen = algorithm or self.algorithm
        if chosen == "map":
            score, smoothed = self.score_samples(X, lengths, inputs)
            return score, smoothed.argmax(axis=1)
        if chosen != "viterbi":
            raise ValueError(f"algorithm: expected 'viterbi' or 'map', got {chosen!r}")
        states, joint = self._run(posteriors.most_likely, X, lengths, inputs)
        return float(joint.sum()), states

    def predict(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """(N,) states of the best path."""
        return self.decode(X, lengths, inputs=inputs)[1]

    def n_parameters(self) -> int:
        """Free parameters: what `params` fixes and structural zeros are not counted."""
        if hasattr(self, "n_parameters_"):
            return self.n_parameters_
        parameters = self.parameters()
        prior = self._chain_prior(len(parameters.chain.start))
        return self._count(parameters, support_of(parameters.chain, prior))

    def bic(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """Bayesian information criterion over observed steps; lower is better."""
        score = self.score(X, lengths, inputs)
        return -2.0 * score + self.n_parameters() * np.log(_n_observed(X))

    def aic(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """Akaike information criterion; lower is better."""
        return -2.0 * self.score(X, lengths, inputs) + 2.0 * self.n_parameters()

    def icl(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """BIC with the best path's joint log-probability (Biernacki et al. 2000)."""
        joint, _ = self.decode(X, lengths, "viterbi", inputs=inputs)
        return -2.0 * joint + self.n_parameters() * np.log(_n_observed(X))


def _n_observed(X: ArrayLike) -> int:
    """Rows that are not missing."""
    rows = np.asarray(X, float)
    return int((~np.isnan(rows.reshape(len(rows), -1)[:, 0])).sum())
