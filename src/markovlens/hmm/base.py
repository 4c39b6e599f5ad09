"""What both estimators share: arguments, starting points, fitting, counting parameters."""

import logging
from abc import abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_choice, check_letters, check_number, check_whole
from markovlens.errors import ConfigError
from markovlens.hmm.chains import ChainPrior, chain_parameters, chain_prior, support_of
from markovlens.hmm.checks import as_generator
from markovlens.hmm.em import (
    Emissions,
    Fit,
    Monitor,
    Parameters,
    Prior,
    Settings,
    run_em,
)
from markovlens.hmm.estimator import Estimator
from markovlens.hmm.generation import Generative
from markovlens.hmm.given import check_prior, check_probabilities
from markovlens.hmm.inference import ALGORITHMS, Inferring
from markovlens.hmm.lattices import Chain
from markovlens.hmm.numbering import Numbered
from markovlens.hmm.packing import Packed
from markovlens.hmm.starts import OWN, initial_chain

CHOICES = {
    "transitions": ("shared", "input"),  # "input" has one matrix a symbol
    "algorithm": ALGORITHMS,
    "implementation": ("log", "scaling"),
    "dtype": ("float64", "float32"),
}

WHOLE = {"n_components": 1, "n_iter": 0, "n_threads": 1}
"""Arguments that are whole numbers, and the least each may be."""

NUMBERS = {"sticky": 0.0, "input_strength": 0.0, "tol_per_step": -np.inf}

logger = logging.getLogger(__name__)


def shown(name: str) -> str:
    """The name by which users know an attribute."""
    return "covars_" if name == "covariances_" else name


def attribute_of(model: Estimator, name: str) -> Any:
    """A fitted attribute; raises if neither a fit nor the user has set it."""
    if not hasattr(model, name):
        from sklearn.exceptions import NotFittedError

        raise NotFittedError(
            f"{shown(name)}: expected to be set, got nothing; fit the {type(model).__name__} "
            "first, or set all its parameters"
        )
    return getattr(model, name)


def monitor_of(fit: Fit, settings: Settings) -> Monitor:
    """How a fit with some settings went."""
    return Monitor(
        fit.history, fit.likelihoods, fit.converged, fit.n_passes, settings.n_iter, settings.tol,
        fit.reseeded, fit.status, fit.reason, settings.tol_per_step,
    )  # fmt: skip


class BaseHMM(Inferring, Generative, Numbered, Estimator):
    """Hidden Markov model with shared or input-driven transitions; see the two estimators."""

    n_components: int
    startprob_prior: float | NDArray
    transmat_prior: float | NDArray
    algorithm: str
    random_state: Any
    n_iter: int
    tol: float | None
    tol_per_step: float
    verbose: bool
    params: str
    init_params: str
    implementation: str
    transitions: str
    n_symbols: int | None
    input_strength: float
    sticky: float
    transmat_mask: NDArray | None
    n_threads: int
    dtype: str
    device: str | None = None
    startprob_: NDArray
    transmat_: NDArray
    monitor_: Monitor
    _letters: Mapping[str, str]
    """What each letter of `params` stands for: the attribute in which it is stored."""

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
        self.announce_start()
        rng = as_generator(self.random_state)
        prior = self.prior_for(packed)
        parameters = self.start_for(packed, prior, rng)
        free = self._count(parameters, support_of(parameters.chain, prior.chain))
        if free > packed.n_observed * packed.n_features:
            logger.warning(
                "%d free parameters for %d numbers are a degenerate fit, which the priors decide; "
                "take fewer states or more data", free, packed.n_observed * packed.n_features,
            )  # fmt: skip
        return self.learn(run_em(packed, parameters, prior, self.settings(), rng=rng), parameters)

    def announce_start(self) -> None:
        """Log what a user may not expect of where a fit begins."""
        for letter, name in self._letters.items():
            given, drawn = hasattr(self, name), letter in self.init_params
            if given and drawn:
                logger.warning(
                    "%s is set and will be overwritten, as init_params contains %r; leave the "
                    "letter out to begin the fit there", shown(name), letter,
                )  # fmt: skip
            elif not given and not drawn:
                logger.warning(
                    "%s is not set and will be drawn, though init_params leaves out %r; set it to "
                    "begin the fit there", shown(name), letter,
                )  # fmt: skip

    def prior_for(self, source: Any) -> Prior:
        """The constructor's priors in the units of some data."""
        self._check_settings(None, known=True)
        if self.transitions == "shared" and source.n_symbols > 1:
            raise ConfigError(
                f"inputs: expected none with transitions='shared', got {source.n_symbols} symbols; "
                "set transitions='input', or leave the inputs out",
                page="wrong-hmm",
            )
        return Prior(self._chain_prior(source.n_symbols), self._emission_prior(source))

    def settings(self) -> Settings:
        """The constructor's way to run EM."""
        return Settings(
            self.n_iter, self.tol_per_step, self.params, self.n_threads, self.tol, self.device
        )

    def _check_settings(self, inputs: Any, *, known: bool = False) -> None:
        """Raise if the constructor's arguments make no sense, alone or together."""
        for name, choices in CHOICES.items():
            check_choice(name, getattr(self, name), choices)
        for name, least in WHOLE.items():
            check_whole(name, getattr(self, name), least=least)
        for name, lowest in NUMBERS.items():
            check_number(name, getattr(self, name), least=lowest)
        if self.n_symbols is not None:
            check_whole("n_symbols", self.n_symbols, least=1)
        if self.tol is not None:
            check_number("tol", self.tol)
        if self.device is not None:
            # By name: only those who ask for a device need torch.
            import_module("markovlens.hmm.torch_tiles").device_of(self.device)
        check_letters("params", self.params, self._letters)
        check_letters("init_params", self.init_params, self._letters)
        if not known and (self.transitions == "input") != (inputs is not None):
            raise ConfigError(
                f"inputs: expected {'symbols' if inputs is None else 'None'} with transitions="
                f"{self.transitions!r}, got {'None' if inputs is None else 'symbols'}; set "
                "transitions='input' and pass inputs together",
                page="wrong-hmm",
            )

    def _chain_prior(self, n_symbols: int) -> ChainPrior:
        """Prior of the chain from the constructor's arguments; what is set keeps its zeros."""
        shape = (self.n_components, self.n_components)
        prior = chain_prior(
            self.n_components,
            start=check_prior("startprob_prior", self.startprob_prior, shape[1:], least=1.0),
            transition=check_prior("transmat_prior", self.transmat_prior, shape, least=1.0),
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
        """What is set of the chain, (V, K) and (V, K, K), None where it is to be drawn."""
        shape = (n_symbols, self.n_components)
        start = self._with_symbols("startprob_", shape) if self._is_given("s") else None
        moves = (*shape, self.n_components)
        return start, self._with_symbols("transmat_", moves) if self._is_given("t") else None

    def _is_given(self, letter: str) -> bool:
        """Whether a fit begins at what is set: where nothing is, it is drawn, as hmmlearn does."""
        return letter not in self.init_params and hasattr(self, self._letters[letter])

    def _with_symbols(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """A chain attribute with its symbol axis, checked."""
        shown = shape if self.transitions == "input" else shape[1:]
        return check_probabilities(name, self._attribute(name), shown).reshape(shape)

    def _attribute(self, name: str) -> Any:
        """A fitted attribute; raises if neither a fit nor the user has set it."""
        return attribute_of(self, name)

    def learn(self, fit: Fit, start: Parameters) -> Self:
        """Take over the result of a fit that began at `start`."""
        support = support_of(start.chain, self._chain_prior(len(start.chain.start)))
        self._store(fit.parameters)
        self.monitor_ = monitor_of(fit, self.settings())
        self.n_parameters_ = self._count(start, support)
        if self.verbose:
            logger.info("%s: %s %s", type(self).__name__, fit.status, fit.reason)
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
        """The current attributes as parameters, checked."""
        return Parameters.of(self._chain(), self._emissions())

    def _chain(self) -> Chain:
        """The current chain, checked."""
        moves = self._moves()
        return Chain(self._with_symbols("startprob_", moves.shape[:2]), moves)

    def _moves(self) -> NDArray[np.float64]:
        """(V, K, K) current transition probabilities, checked."""
        shared = self.transitions == "shared"
        v = 1 if shared else len(np.atleast_1d(self._attribute("transmat_")))
        return self._with_symbols("transmat_", (v, self.n_components, self.n_components))

    def _n_symbols(self, known: bool) -> int | None:
        """Input symbols V that data may have: those of a known model, or of the constructor."""
        if self.transitions == "shared":
            return 1
        return len(self.transmat_) if known else self.n_symbols

    def n_parameters(self) -> int:
        """Free parameters: what `params` fixes and structural zeros are not counted."""
        if hasattr(self, "n_parameters_"):
            return self.n_parameters_
        parameters = self.parameters()
        prior = self._chain_prior(len(parameters.chain.start))
        return self._count(parameters, support_of(parameters.chain, prior))
