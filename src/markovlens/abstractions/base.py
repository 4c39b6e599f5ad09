"""What every abstraction is once fitted, and the options they share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from markovlens.arguments import (
    check_choice,
    check_choices,
    check_number,
    check_sizes,
    check_whole,
    with_known_settings,
)
from markovlens.codebooks.context import Context
from markovlens.errors import DataError, reason_of
from markovlens.machines.machine import Machine
from markovlens.status import Criterion
from markovlens.trace import Trace

if TYPE_CHECKING:  # only those who hand over a network need torch
    from markovlens.activations.oracle import Askable

ENGINES = ("ours", "hmmlearn")  # what fits the HMMs
COVARIANCES = ("spherical", "diag", "tied", "full")
ACCEPTS = ("centre", "vote")
CODES = ("tree", "oblique", "quantile", "kmeans")
RULES = ("majority", "nearest", "stop", "sink")
COUNTS = (
    "restarts", "draws", "max_iterations", "input_classes", "overcluster", "queries", "max_symbols",
    "grid_dimensions",
)  # fmt: skip
NUMBERS = ("position_weight", "kappa", "alergia_epsilon")

Decoder = Callable[[Trace], np.ndarray]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a method may look at; the test sequences are not in it.

    Attributes:
        train: what is fitted on.
        valid: what sizes may be compared on; None where nothing is held out.
        network: the network itself, for methods that ask it more than was recorded; None where it
            is not at hand.
        seed: of work that several methods share, so that it does not depend on which of them ran.
        rows: the same before its rows were coded; None where the network reads symbols.
    """

    train: Trace
    valid: Trace | None = None
    network: Askable | None = None
    seed: int = 0
    rows: Evidence | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def validation(self) -> Trace:
        """What is held out; raises `DataError` where nothing is."""
        if self.valid is None:
            raise DataError(
                "expected validation sequences, got none; sizes are chosen on them",
                page="nothing-there",
            )
        return self.valid

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what `make` returned when `key` was first asked for: work that methods share."""
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made


@with_known_settings
@dataclass(frozen=True, slots=True)
class Options:
    """Settings of the fits, as in the config section `abstractions`.

    Attributes:
        restarts: random starts of each fit; the best by its own training objective is kept.
        draws: times that methods made of clusters are fitted at each size, each with starts and a
            coreset of its own; kept is the machine that agrees most with the network on validation
            sequences. Methods with a likelihood are fitted once.
        engine: `ours` or `hmmlearn`, what fits the HMMs of `hmm`; those of `hmm_input` are always
            ours.
        covariance: shapes of the Gaussians tried (`spherical`, `diag`, `tied`, `full`); at each
            size the one with the lowest BIC counts.
        criterion: by what methods with a likelihood choose their size, a `status.Criterion`.
        max_iterations: bound on EM or Lloyd iterations.
        coreset: steps that fits are made of at most, all when None: a weighted sample for clusters,
            whole sequences for what has a likelihood, see `abstractions.coresets`.
        input_classes: classes into which the input-driven HMM sorts a larger alphabet.
        accept: `centre` or `vote`, how a cluster of LISOR answers: as the network's own readout
            does at its centre, or as the network did on average at its steps. Where the readout
            of a point is not to be had, it is the vote.
        unseen: `majority`, `nearest`, `stop` or `sink`, where deterministic machines go after a
            (state, symbol) that was never seen; see `tables.complete`.
        position_weight: weight of the position features of LISOR-x, in units of the states a step.
        overcluster: clusters for each state of the budget, before they are minimised.
        kappa: states whose cosine similarity is above 1 - kappa are merged by `merging`.
        queries: words that L* may ask the network, at most.
        max_symbols: alphabets above this are refused by L*, RPNI and Alergia.
        alergia_epsilon: bound of the Hoeffding test by which Alergia takes two states for one;
            smaller merges more.
        grid_dimensions: leading coordinates that the grid cuts, at most.
        codes: kinds of codebooks tried for networks that read rows (`tree`, `oblique`, `quantile`,
            `kmeans`), the plainest first.
        n_codes: numbers of codes tried.
        contexts: what of the past a row is read with, see `codebooks.context`: `row`, `change`,
            `window_3`, ...; the nearest first.
        questions: words that a network is asked about a codebook at most; 0 where it is not asked.
    """

    restarts: int = 3
    draws: int = 1
    engine: str = "ours"
    covariance: Sequence[str] = ("full",)
    criterion: str = "bic"
    max_iterations: int = 100
    coreset: int | None = None
    input_classes: int = 24
    accept: str = "centre"
    unseen: str = "majority"
    position_weight: float = 0.01
    overcluster: int = 6
    kappa: float = 0.01
    queries: int = 5000
    max_symbols: int = 50
    alergia_epsilon: float = 0.5
    grid_dimensions: int = 3
    codes: Sequence[str] = CODES
    n_codes: Sequence[int] = (2, 3, 4, 6, 8)
    contexts: Sequence[str] = ("row", "change")
    questions: int = 300_000

    def __post_init__(self) -> None:
        """Check choices and counts once, here: a fit that fails on them is only a row that says so.

        Raises:
            ConfigError: a choice that is none, a count below 1, or a number below 0.
        """
        check_choice("engine", self.engine, ENGINES)
        check_choice("criterion", self.criterion, [*Criterion])
        check_choice("accept", self.accept, ACCEPTS)
        check_choice("unseen", self.unseen, RULES)
        check_choices("covariance", self.covariance, COVARIANCES)
        check_choices("codes", self.codes, CODES)
        check_choices("contexts", self.contexts)
        for name in self.contexts:
            Context.named(name)
        check_sizes("n_codes", self.n_codes, of="codes")
        check_whole("questions", self.questions, least=0)
        if self.coreset is not None:
            check_whole("coreset", self.coreset, least=1)
        for name in COUNTS:
            check_whole(name, getattr(self, name), least=1)
        for name in NUMBERS:
            check_number(name, getattr(self, name), least=0.0)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """What a fit makes of the training sequences, one by one, and what it took.

    Attributes:
        by_sequence: (S,), log-likelihood of each sequence in nats.
        n_parameters: free parameters, effective ones where a prior holds some.
    """

    by_sequence: np.ndarray
    n_parameters: float


@dataclass(frozen=True, slots=True, repr=False)
class Fitted:
    """An abstraction of one size.

    Attributes:
        machine: the state machine, which runs on inputs alone.
        decode: maps a trace to state numbers (N,) by its activations up to each step; None for the
            floors, which never see an activation.
        rows: one plain record a fit tried (restart), for the sweep table.
        criterion: the value (lower is better) by which sizes of this method are compared; None
            where the method has no likelihood, then closed-loop agreement decides.
        likelihood: of the training sequences; None where the method has none.
        reads_rows: whether `decode` takes traces of rows as they are, and not coded ones.
        moves: whether the machine goes anywhere by what it reads; of one that does not, sizes are
            compared in open loop, by the states that `decode` reads off the activations.
    """

    machine: Machine
    decode: Decoder | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    criterion: float | None = None
    likelihood: Likelihood | None = None
    reads_rows: bool = False
    moves: bool = True

    def __repr__(self) -> str:
        """Return the machine, and how it compares with other sizes."""
        beside = "" if self.criterion is None else f", criterion {self.criterion:.6g}"
        return f"Fitted: {self.machine!r}{beside}"


class Method(Protocol):
    """What the registry holds: fits one abstraction of each size."""

    def __call__(
        self,
        evidence: Evidence,
        *,
        n_states: Sequence[int],
        rng: np.random.Generator,
        options: Options,
    ) -> dict[int, Fitted | str]:
        """Return, for each number of states, the fitted abstraction, or why there is none."""
        ...


FitOne = Callable[[Evidence, int, np.random.Generator, Options], Fitted]


def each_size(fit_one: FitOne) -> Method:
    """Return the method that fits the sizes one by one; a fit that fails is a reason."""

    def fit(
        evidence: Evidence,
        *,
        n_states: Sequence[int],
        rng: np.random.Generator,
        options: Options,
    ) -> dict[int, Fitted | str]:
        fitted: dict[int, Fitted | str] = {}
        for size, child in zip(n_states, rng.spawn(len(n_states)), strict=True):
            try:
                fitted[size] = fit_one(evidence, size, child, options)
            except ValueError as error:  # a LinAlgError is one
                fitted[size] = reason_of(error)
        return fitted

    fit.__doc__ = fit_one.__doc__
    return fit


FitWhole = Callable[[Evidence, int, Options], Fitted]


def each_budget(what: str) -> Callable[[FitWhole], Method]:
    """Return a decorator for methods whose machine has no size to set: (evidence, largest budget).

    The one machine goes to every budget that it fits; the others get the reason, which begins with
    `what` ("merging leaves"). A fit that fails is a reason for all.
    """

    def decorate(fit_whole: FitWhole) -> Method:
        def fit(
            evidence: Evidence,
            *,
            n_states: Sequence[int],
            rng: np.random.Generator,
            options: Options,
        ) -> dict[int, Fitted | str]:
            try:
                fitted = fit_whole(evidence, max(n_states), options)
            except ValueError as error:
                return dict.fromkeys(n_states, reason_of(error))
            size = fitted.machine.n_states
            why = f"{what} {size} states, more than the budget"
            return {budget: fitted if size <= budget else why for budget in n_states}

        fit.__doc__ = fit_whole.__doc__
        return fit

    return decorate
