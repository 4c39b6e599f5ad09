"""How sure the number of states is over sequences drawn anew."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.abstractions.base import Likelihood

N_BOOTSTRAPS, LEVEL = 500, 0.95


def size_interval(
    fits: Mapping[int, Likelihood | None], chosen: int, lengths: np.ndarray, *, seed: int
) -> tuple[int, int] | None:
    """Return the ends of the interval for the number of states over training sequences drawn anew.

    `N_BOOTSTRAPS` times as many sequences are drawn with replacement, and each time the size is
    chosen that has the lowest BIC there. The fits stay as they are: on recorded networks refitting
    them gives the same intervals and costs as much as the sweep (`docs/lumping.md`). The interval
    holds `LEVEL` of the choices, and the size that was chosen. It says how far sequences left the
    choice open, and nothing of what BIC cannot see in so few of them, which it takes too few
    states for.

    Args:
        fits: likelihoods by number of states; None for a fit that has none.
        chosen: the size chosen on the sequences themselves.
        lengths: (S,), steps of each training sequence.
        seed: of the draws.

    Returns:
        None where fits have no likelihood, or it was not BIC that chose.
    """
    known = {size: one for size, one in fits.items() if one is not None}
    if len(known) < len(fits):
        return None
    sizes = np.array(list(known))
    by_sequence = np.stack([one.by_sequence for one in known.values()], axis=1)  # (S, M)
    n_parameters = np.array([one.n_parameters for one in known.values()])

    def best(counts: np.ndarray) -> np.ndarray:
        """Return the size of lowest BIC for counts (B, S) of the sequences."""
        penalty = n_parameters * np.log(counts @ lengths)[:, None]
        found: np.ndarray = sizes[(penalty - 2 * counts @ by_sequence).argmin(axis=1)]
        return found

    n_sequences = len(lengths)
    if best(np.ones((1, n_sequences)))[0] != chosen:
        return None
    even = np.full(n_sequences, 1 / n_sequences)
    drawn = np.random.default_rng(seed).multinomial(n_sequences, even, size=N_BOOTSTRAPS)
    tail = (1 - LEVEL) / 2
    ends = np.quantile(best(drawn), [tail, 1 - tail], method="inverted_cdf")
    return min(int(ends[0]), chosen), max(int(ends[1]), chosen)
