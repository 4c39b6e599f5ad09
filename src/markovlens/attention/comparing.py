"""The public door: how good explanations are, of anybody's network and by anybody's method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from markovlens.arguments import check_seed, check_whole, with_known_arguments
from markovlens.arrays import as_array, check_numbers
from markovlens.attention.asking import ends_of
from markovlens.attention.ranking import each_part
from markovlens.attention.replacing import Ask, Marginal
from markovlens.attention.scoring import MEASURES, RANDOM, TRUTH, Judge, Judged, judged
from markovlens.errors import DataError
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.keyed import with_keys
from markovlens.listed import Listed, sequences_of
from markovlens.sequences import Sequences


@with_keys(judged="explanations")
@dataclass(frozen=True, slots=True, repr=False)
class EvidenceComparison:
    """How good some explanations are, beside numbers at random and, where known, the truth.

    Attributes:
        judged: by name of the explanation, `random` and `truth` last.
    """

    judged: dict[str, Judged]

    @property
    def table(self) -> pd.DataFrame:
        """A row for each explanation and measure: value, low, high, n_sequences."""
        return pd.DataFrame(
            [
                {"explanation": name, "measure": measure, "value": score.value, "low": score.low,
                 "high": score.high, "n_sequences": score.n_sequences}
                for name, one in self.judged.items()
                for measure, score in one.scores.items()
            ]
        )  # fmt: skip

    def __repr__(self) -> str:
        """Return a line for each explanation, a column for each measure, with intervals."""
        lines = []
        for name, one in self.judged.items():
            numbers = [
                f"{measure} {score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"
                for measure in MEASURES
                if (score := one.scores.get(measure)) is not None
            ]
            lines.append(f"{name}: {', '.join(numbers)}")
        return "\n".join(lines)


@with_known_arguments
def compare_evidence(
    evidence: Mapping[str, Any],
    sequences: Listed,
    *,
    symbols: Sequence[str] | None = None,
    truth: Any = None,
    network: Any = None,
    usual: Listed | None = None,
    n_draws: int = 4,
    n_symbols: int = 40,
    bootstraps: int = 500,
    seed: int = 0,
) -> EvidenceComparison:
    """Return how good explanations are that give each step of a sequence a number.

    Against the `truth`: `auroc`, the chance that a step which decides has a higher number than one
    which does not. On the `network`: `deletion` and `insertion`, the areas under the probability of
    its answer while the steps of the highest numbers first give way to symbols drawn as they are
    usual, or come back among such (a good explanation has a low deletion and a high insertion, so
    that `gap`, the one less the other, is high); and `changes`, how often some other symbol at the
    step of the highest number changes the answer, of the sequences in which one symbol can.

    Args:
        evidence: by name, numbers (N,) for all steps of the sequences, end to end.
        sequences: S sequences of symbols, as `explain` takes them.
        symbols: the names of all symbols, where the sequences are texts.
        truth: bool (N,), or 0 and 1: which steps decide; sequences in which none or all do say
            nothing.
        network: that is explained: what has `outputs`, as an `Oracle`, or what `record` takes.
        usual: sequences whose symbols are usual, in one of the same forms; these when None.
        n_draws: sequences that are drawn for each point of a curve.
        n_symbols: tried at each step, at most; those that are usual, drawn where there are more.
        bootstraps: resamples of the sequences.
        seed: of what is drawn.

    Raises:
        ConfigError: numbers that are none.
        DataError: there is no evidence, neither a truth nor a network, or a truth that says
            nothing; evidence does not have one finite number a step, the sequences are of rows, or
            a network cannot be asked.
    """
    _check(evidence, truth, network)
    sequences = _coded("sequences", sequences, symbols)
    usual = None if usual is None else _coded("usual", usual, symbols)
    counts = {"n_draws": n_draws, "n_symbols": n_symbols, "bootstraps": bootstraps}
    for name, number in counts.items():
        check_whole(name, number, least=1)
    check_seed(seed)
    known = None if truth is None else _known(truth, sequences)
    ask = None if network is None else ends_of(network, sequences)
    judge = _judge(sequences, usual, known, ask, seed=seed, **counts)
    columns = {name: _column(name, numbers, sequences) for name, numbers in evidence.items()}
    every = columns | judge.controls()
    return EvidenceComparison({name: judged(numbers, judge) for name, numbers in every.items()})


def _judge(
    sequences: Sequences, usual: Sequences | None, truth: np.ndarray | None, ask: Ask | None, *,
    n_draws: int, n_symbols: int, bootstraps: int, seed: int,
) -> Judge:  # fmt: skip
    read = sequences if usual is None else usual
    rng = np.random.default_rng([seed, 0])
    marginal = Marginal.of(read, 1 + int(max(read.values.max(), sequences.values.max())))
    return Judge(
        sequences,
        truth,
        ask,
        marginal,
        marginal.distinct(n_symbols, rng),
        n_draws,
        Bootstrap.draw(len(sequences), n_resamples=bootstraps, rng=rng),
        seed,
    )


def _coded(name: str, given: Any, symbols: Sequence[str] | None) -> Sequences:
    """Return sequences of symbols in one of their forms; raises `DataError` of rows."""
    sequences = sequences_of(given, symbols, name=name)
    if not sequences.are_symbols:
        raise DataError(
            f"{name}: expected symbols, got rows of channels; code them first, by a codebook",
            page="wrong-kind",
        )
    return sequences


def _check(evidence: Any, truth: Any, network: Any) -> None:
    if not isinstance(evidence, Mapping):
        raise DataError(
            f"evidence: expected a dict, got {type(evidence).__name__}; give numbers by name, such "
            'as {"mine": numbers}',
            page="wrong-kind",
        )
    if not evidence:
        raise DataError(
            "evidence: expected one explanation or more, got an empty dict; give numbers by name",
            page="nothing-there",
        )
    if truth is None and network is None:
        raise DataError(
            "expected `truth`, `network` or both to judge explanations by, got neither",
            page="nothing-there",
        )
    if taken := {RANDOM, TRUTH} & set(evidence):
        raise DataError(
            f"evidence: {', '.join(sorted(taken))} is the name of a control; name it otherwise",
            page="wrong-names",
        )


LOWEST = "give a step of which nothing is said the lowest number"
ADVICE = {"truth": "give 1 at the steps that decide and 0 elsewhere"}  # a truth has no lowest


def _column(name: str, numbers: Any, sequences: Sequences) -> np.ndarray:
    _check_flat(name, numbers, sequences.n_steps)
    found = as_array(name, numbers)
    if found.dtype.kind in "SU":
        raise DataError(
            f"{name}: expected numbers, got text; give one a step, as `numbers.astype(float)` does",
            page="wrong-dtype",
        )
    found = check_numbers(name, found.astype(float) if found.dtype == bool else found)
    if found.shape != (sequences.n_steps,):
        raise DataError(
            f"{name}: expected one number for each of the {sequences.n_steps} steps, got "
            f"{found.shape}; put those of all sequences end to end",
            page="wrong-shape",
        )
    if not np.isfinite(found).all():
        raise DataError(
            f"{name}: expected finite numbers, got NaN or infinity; {ADVICE.get(name, LOWEST)}",
            page="not-finite",
        )
    return np.asarray(found, dtype=float)


def _check_flat(name: str, numbers: Any, n_steps: int) -> None:
    parted = isinstance(numbers, list | tuple) or (
        isinstance(numbers, np.ndarray) and numbers.dtype.kind == "O"
    )
    if parted and any(isinstance(one, list | tuple) or np.ndim(one) for one in numbers):
        raise DataError(
            f"{name}: expected one number for each of the {n_steps} steps, got a list of lists; "
            "put the numbers of all sequences end to end, as `np.concatenate` does",
            page="wrong-shape",
        )


def _known(truth: Any, sequences: Sequences) -> np.ndarray:
    """Return which steps decide, bool (N,); raises `DataError` where that says nothing."""
    found = _column("truth", truth, sequences)
    other = (found != 0) & (found != 1)
    if other.any():
        raise DataError(
            f"truth: expected 1 or True at the steps that decide and 0 or False elsewhere, got "
            f"{found[other][0]:g} first at step {int(other.argmax())}; give `numbers > threshold`",
            page="out-of-range",
        )
    decides = found == 1
    if not any(part.any() and not part.all() for part in each_part(sequences, decides)):
        marked = f"{int(decides.sum())} of {len(decides)} steps" if decides.any() else "no step"
        raise DataError(
            "truth: expected steps that decide beside steps that do not, in one sequence at least, "
            f"got a truth that marks {marked}; leave it out where it is not known",
            page="nothing-to-learn",
        )
    return decides
