"""Intervals of scores: each holds its value and stays within what the score can be.

A score's uncertainty is kept as its `spread`, the variance in units of the scale's own variance
function: p (1 - p) for a share p, so that 1 / spread is a number of sequences, and the square of
the value for a number that is never negative. An interval is all values that the score is not
further from than Student's t allows *at that value's own variance*, which is why it neither leaves
the scale nor closes at its ends: 100 sequences that all agree do not prove that all others would.

Sources: Wilson, "Probable inference", 1927 (the interval); Korn & Graubard, "Confidence intervals
for proportions with small expected number of positive counts", 1998 (sizes from clusters); Price &
Bonett, "An improved confidence interval for a linear function of binomial proportions", 2004
(pseudo-observations shared among classes); Satterthwaite, "An approximate distribution of estimates
of variance components", 1946; Owen, "The pigeonhole bootstrap", 2007 (two-way variance).
`benchmarks/interval_coverage.py` measures how often they hold the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from markovlens.errors import DataError

SHARE, CORRELATION, POSITIVE, AT_MOST_1, FREE = (
    "share", "correlation", "positive", "at most 1", "free",
)  # fmt: skip
PSEUDO = 2.0  # hits and misses added, shared out among the classes
WHOLE = 0.5  # weight of the guess that a sequence fails as a whole, in sequences that failed
SURE = 8.0  # degrees of freedom that knowing a share's variance is worth
LEAST_FREEDOM = 2.0
ROUNDING = 1e-12  # of scores that are made of logarithms
SINGLE = 1e-6  # of costs that are made of a network's outputs, which are float32
ENDS = {
    SHARE: (0.0, 1.0), CORRELATION: (-1.0, 1.0), POSITIVE: (0.0, np.inf),
    AT_MOST_1: (-np.inf, 1.0), FREE: (-np.inf, np.inf),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spread:
    """How surely a score is known.

    Attributes:
        scale: `SHARE` (0 to 1), `CORRELATION` (-1 to 1), `POSITIVE`, `AT_MOST_1` or `FREE`.
        spread: variance over the scale's variance function at the value.
        freedom: degrees of freedom of that variance.
    """

    scale: str
    spread: float
    freedom: float


EXACT = Spread(FREE, 0.0, np.inf)  # computed and not sampled


def on_scale(value: float, scale: str) -> float:
    """Return a value, or the end of its scale if rounding brought it beyond.

    The divergence of a network's outputs from themselves is such a value: a sum of float32 numbers
    about 0, of which none below it has an interval.

    Raises:
        DataError: it is further beyond than rounding brings it.
    """
    _check(np.array([value]), scale, ROUNDING if scale in (SHARE, CORRELATION) else SINGLE)
    least, most = ENDS[scale]
    return min(max(value, least), most)


def _check(values: np.ndarray, scale: str, slack: float) -> None:
    least, most = ENDS[scale]
    off = values[(values < least - slack) | (values > most + slack)]
    if len(off):
        raise DataError(
            f"expected a score of the scale {scale!r}, {least:g} to {most:g}, got {off[0]:g}; give "
            "its scale",
            page="out-of-range",
        )


def spread_of_shares(rates: np.ndarray, influence: np.ndarray, weight: np.ndarray) -> Spread:
    """Return the spread of the mean of G shares, each from its own sequences.

    The variance of a class is that of as many independent answers as its sequences are worth
    (Kish), times the design effect: how much of a sequence fails when it fails. Few failures tell
    the design effect badly, and none tell nothing: sequences are then taken to fail as a whole.

    Args:
        rates: (G,), the shares.
        influence: (S, G), see `tally.influence_of`.
        weight: (S, G), each group with some.
    """
    n_groups = len(rates)
    worth = weight.sum(axis=0) ** 2 / (weight**2).sum(axis=0)
    extra = PSEUDO / n_groups
    likely = (rates * worth + extra) / (worth + 2 * extra)
    effect = _design_effect(rates * (1 - rates) / worth, influence)
    variances = effect * likely * (1 - likely) / worth
    total = variances.sum()
    middle = likely.mean()
    freedom = total**2 / (variances**2 / ((weight > 0).sum(axis=0) + SURE)).sum()
    spread = total / n_groups**2 / (middle * (1 - middle))
    return Spread(SHARE, float(spread), float(freedom))


def _design_effect(binomial: np.ndarray, influence: np.ndarray) -> np.ndarray:
    """Return each group's variance over the binomial one (G,), drawn towards 1."""
    failed = effective_number(influence)
    ratio = np.ones_like(binomial)
    np.divide((influence**2).sum(axis=0), binomial, out=ratio, where=failed > 0)
    return (failed * ratio + WHOLE) / (failed + WHOLE)


def spread_of_mean(value: float, influence: np.ndarray, scale: str) -> Spread:
    """Return the spread of a score with influences (S,) whose sum of squares is its variance.

    The degrees of freedom come from their kurtosis: where few sequences make the variance, as in
    skewed costs, it is known badly, however many others there are. Of one sequence nothing is
    known: the spread is NaN, and so are the ends.
    """
    n_sequences = len(influence)
    if n_sequences < 2:
        return Spread(scale, np.nan, LEAST_FREEDOM)
    variance = float((influence**2).sum())
    loss = _inverse(effective_number(influence)) - 1 / n_sequences
    freedom = min(n_sequences - 1, 2 * _inverse(np.maximum(loss, 0)))
    return _relative(value, variance, max(freedom, LEAST_FREEDOM), scale)


def spread_of_replicates(value: float, replicates: np.ndarray, n: int, scale: str) -> Spread:
    """Return the spread of a score from its replicates (B,) over n sequences.

    At an end of its scale with all replicates there it is that of a share of n sequences.
    """
    variance = float(replicates.var(ddof=1)) if len(replicates) > 1 else 0.0
    found = _relative(value, variance, max(n - 1, 1), scale)
    at_end = scale in (SHARE, CORRELATION) and variance_function(value, scale) <= 0
    return Spread(scale, 1 / n, found.freedom) if at_end else found


def _relative(value: float, variance: float, freedom: float, scale: str) -> Spread:
    unit = float(variance_function(value, scale))
    return Spread(scale, variance / unit if unit > 0 else 0.0, float(freedom))


def effective_number(influence: np.ndarray) -> np.ndarray:
    """Return how many of the first axis make up the variance of influences: 0 if nothing varies."""
    squares = (influence**2).sum(axis=0) ** 2
    fourths = (influence**4).sum(axis=0)
    found: np.ndarray = np.divide(squares, fourths, out=np.zeros_like(squares), where=fourths > 0)
    return found


def variance_function(value: float | np.ndarray, scale: str) -> np.ndarray:
    """Return the variance that a spread of 1 stands for at a value.

    It is 0 at the ends of a scale, and where only rounding keeps a value from one.
    """
    value = np.asarray(value, dtype=np.float64)
    if scale == SHARE:
        return _unless_rounded(value * (1 - value))
    if scale == CORRELATION:
        return _unless_rounded((1 + value) * (1 - value))
    if scale == FREE:
        return np.ones_like(value)
    return (value if scale == POSITIVE else 1 - value) ** 2


def _unless_rounded(unit: np.ndarray) -> np.ndarray:
    return np.where(unit > ROUNDING, unit, 0.0)


def limits(
    value: np.ndarray, spread: np.ndarray, freedom: np.ndarray, *, scale: str, level: float
) -> np.ndarray:
    """Return the intervals (M, 2) of values (M,) on one scale.

    Raises:
        DataError: a value is off the scale.
    """
    _check(value, scale, ROUNDING)
    ends = _ends(value, stdtrit(freedom, (1 + level) / 2), spread, scale)
    # On its scale a value is beyond an end by rounding, and by nothing else.
    return np.stack([np.minimum(ends[:, 0], value), np.maximum(ends[:, 1], value)], axis=1)


def _ends(value: np.ndarray, far: np.ndarray, spread: np.ndarray, scale: str) -> np.ndarray:
    if scale == SHARE:
        return _share(value, far**2 * spread)
    if scale == CORRELATION:
        return 2 * _share((1 + value) / 2, far**2 * spread) - 1
    half = far * np.sqrt(spread)
    if scale == POSITIVE:
        return _positive(value, half)
    if scale == AT_MOST_1:
        return 1 - _positive(1 - value, half)[:, ::-1]
    return np.stack([value - half, value + half], axis=1)


def _share(share: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Return Wilson's interval (M, 2), `loss` (M,) being t² over the number of sequences."""
    ends = [_lower(share, loss), 1 - _lower(1 - share, loss)]
    return np.stack(ends, axis=1)


def _lower(share: np.ndarray, loss: np.ndarray) -> np.ndarray:
    room = share + loss / 2 + np.sqrt(share * (1 - share) * loss + loss**2 / 4)
    return share * np.divide(share, room, out=np.zeros_like(room), where=room > 0)


def _positive(value: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Return the interval (M, 2) whose ends θ have (value - θ)² = `far`² value θ."""
    factor = np.exp(2 * np.arcsinh(far / 2))
    return np.stack([value / factor, value * factor], axis=1)


@dataclass(frozen=True, slots=True)
class Seeds:
    """One score of M cells in n seeds each, all on the same resamples of sequences.

    Attributes:
        values: (M, n).
        replicates: (M, n, B).
        spread, freedom: (M, n), see `Spread`.
    """

    values: np.ndarray
    replicates: np.ndarray
    spread: np.ndarray
    freedom: np.ndarray


def merge(seeds: Seeds, *, scale: str, level: float) -> np.ndarray:
    """Return low, high and standard error (M, 3) of means over seeds.

    They are for seeds and sequences that were not seen.

    The variance is that of the sequences, which are the same for all seeds, and that of the seeds
    over their number, less what sequences do to one seed and not to another, which is in both.
    Its degrees of freedom are Satterthwaite's: three seeds that differ tell badly by how much.
    """
    value = seeds.values.mean(axis=1)
    unit = variance_function(value, scale)
    between = np.divide(_between(seeds), unit, out=np.zeros_like(unit), where=unit > 0)
    within = _shared(seeds.replicates) * seeds.spread.mean(axis=1)
    n_seeds = seeds.values.shape[1]
    doubt = within**2 / seeds.freedom.mean(axis=1) + between**2 / max(n_seeds - 1, 1)
    total = within + between
    freedom = np.divide(total**2, doubt, out=np.full_like(total, np.inf), where=doubt > 0)
    ends = limits(value, total, freedom, scale=scale, level=level)
    return np.column_stack([ends, np.sqrt(total * unit)])


def _shared(replicates: np.ndarray) -> np.ndarray:
    """Return which part (M,) of one seed's variance over sequences is left in the seeds' mean."""
    each = replicates.var(axis=2).mean(axis=1)
    mean = replicates.mean(axis=1).var(axis=1)
    return np.divide(mean, each, out=np.ones_like(each), where=each > 0)


def _between(seeds: Seeds) -> np.ndarray:
    """Return the variance (M,) of the means that comes of the choice of seeds."""
    n_seeds = seeds.values.shape[1]
    if n_seeds == 1:
        return np.zeros(len(seeds.values))
    apart = seeds.replicates - seeds.replicates.mean(axis=1, keepdims=True)
    both = apart.var(axis=2).sum(axis=1) / (n_seeds - 1)
    found: np.ndarray = np.maximum(seeds.values.var(axis=1, ddof=1) - both, 0) / n_seeds
    return found


def _inverse(number: np.ndarray | float) -> float:
    return float(1 / number) if number > 0 else np.inf
