"""What a fitted model says about data: scores, states, criteria."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.arguments import check_choice
from markovlens.hmm import posteriors
from markovlens.hmm.em import Parameters, engine_of
from markovlens.hmm.lattices import Engine
from markovlens.hmm.packing import Packed

ALGORITHMS = ("viterbi", "map")
"""Ways to decode: the best path of each sequence, or each step's best state."""


class Inferring(ABC):
    """The part of an estimator that looks at data: scoring, filtering, decoding, criteria."""

    algorithm: str
    n_threads: int

    @abstractmethod
    def parameters(self) -> Parameters:
        """The whole model."""

    @abstractmethod
    def n_parameters(self) -> int:
        """Free parameters."""

    @abstractmethod
    def _check_settings(self, inputs: Any, *, known: bool = False) -> None:
        """Raise if the constructor's arguments make no sense."""

    @abstractmethod
    def _pack(self, X: ArrayLike, lengths: Any, inputs: Any, *, known: bool) -> Packed:
        """The data, packed."""

    def _ready(self, X: ArrayLike, lengths: Any, inputs: Any) -> tuple[Packed, Engine]:
        """New data, packed, and the model in the form that runs over them."""
        self._check_settings(inputs)
        parameters = self.parameters()
        packed = self._pack(X, lengths, inputs, known=True)
        return packed, engine_of(parameters, packed, self.n_threads)

    def score(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """Log-likelihood of all the data, in nats."""
        return float(self.score_sequences(X, lengths, inputs).sum())

    def score_sequences(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """(n_sequences,) log-likelihood of each sequence, in nats."""
        return posteriors.sequence_scores(*self._ready(X, lengths, inputs))

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
        return posteriors.smoothed(*self._ready(X, lengths, inputs))

    def filter(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """(N, K) belief states p(z_t | x_1..t); sees no later step."""
        return posteriors.filtered(*self._ready(X, lengths, inputs))

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
        check_choice("algorithm", chosen, ALGORITHMS)
        if chosen == "map":
            score, smoothed = self.score_samples(X, lengths, inputs)
            return score, smoothed.argmax(axis=1)
        states, joint = posteriors.most_likely(*self._ready(X, lengths, inputs))
        return float(joint.sum()), states

    def predict(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """(N,) states of the best path."""
        return self.decode(X, lengths, inputs=inputs)[1]

    def bic(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """Bayesian information criterion over observed steps; lower is better."""
        packed, engine = self._ready(X, lengths, inputs)
        score = float(posteriors.sequence_scores(packed, engine).sum())
        return -2.0 * score + self.n_parameters() * float(np.log(packed.n_observed))

    def aic(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """Akaike information criterion; lower is better."""
        return -2.0 * self.score(X, lengths, inputs) + 2.0 * self.n_parameters()

    def icl(
        self, X: ArrayLike, lengths: ArrayLike | None = None, inputs: ArrayLike | None = None
    ) -> float:
        """BIC with the best path's joint log-probability (Biernacki et al. 2000)."""
        packed, engine = self._ready(X, lengths, inputs)
        joint = float(posteriors.most_likely(packed, engine)[1].sum())
        return -2.0 * joint + self.n_parameters() * float(np.log(packed.n_observed))
