"""How likely a breach is: exactly, by linear equations, and by the worst choice of symbols.

Baier & Katoen, "Principles of model checking", 2008, chapters 10.1.1 (chains) and 10.6 (choices).
Choices are bettered from one strategy to the next (Howard's policy iteration), each of which is
solved exactly, so that the result does not hang on when an iteration is stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from warnings import catch_warnings, simplefilter

import numpy as np
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.csgraph import breadth_first_order
from scipy.sparse.linalg import MatrixRankWarning, spsolve

from markovlens.errors import DataError
from markovlens.reliance.properties.patterns import ROUNDING
from markovlens.reliance.properties.product import BREACH, Product

BETTER = 1e-13  # by less no choice is changed: rounding
MOST_EXACT = 300  # places whose equations are solved without any rounding that adds up
MOST_KEPT = 10_000_000  # values of a strategy that hangs on the steps that are left


def breach_probabilities(product: Product, *, worst: bool, steps: int | None = None) -> np.ndarray:
    """Return for each place (P,) the probability of a breach from there on.

    Args:
        product: the graph.
        worst: where symbols are chosen, whether by the choices that make it most likely, or least.
            They may hang on all that was read and on the state.
        steps: within how many symbols; any number when None.
    """
    if steps is not None:
        return _within(product, worst, steps)
    if product.weight is not None:
        return solved(product.chain)
    return _chosen(product, worst)[0]


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a breach is made as likely as can be, and how likely it then is.

    Attributes:
        value: (L, P), how likely a breach is from each of P places; in row t within t steps, or in
            one row with any number of them.
        choice: int (L, P), that is made there, -1 without any; None where symbols are drawn.
    """

    value: np.ndarray
    choice: np.ndarray | None

    def row(self, left: int | None) -> int:
        """Return the row where so many steps are left, of any number where that is None."""
        return 0 if left is None or len(self.value) == 1 else left


def worst_strategy(product: Product, *, steps: int | None = None) -> Strategy:
    """Return how a breach is made most likely.

    Choices hang on how many steps are left, too, where there are so few that all fit into memory
    (`MOST_KEPT`); else they are those with any number of steps.
    """
    if product.weight is not None:
        return Strategy(solved(product.chain)[None], None)
    if steps is None or (steps + 1) * product.n_places > MOST_KEPT:
        value, choice = _chosen(product, worst=True)
        return Strategy(value[None], choice[None])
    values = [breach_probabilities(product, worst=True, steps=0)]
    choices = [np.full(product.n_places, -1)]
    for _ in range(steps):
        after = product.moves @ values[-1]
        values.append(_step(product, values[-1], worst=True))
        choices.append(_reaching(product, after, values[-1]))
    return Strategy(np.array(values), np.array(choices))


def solved(chain: csr_array) -> np.ndarray:
    """Return for each place (P,) of a chain (P, P) the probability that a breach is reached."""
    reaching = _can_reach(chain)
    found = np.zeros(chain.shape[0])
    found[BREACH] = 1.0
    reaching[BREACH] = False
    inside: np.ndarray = np.flatnonzero(reaching)
    if len(inside):
        rows = csr_array(chain[inside])
        within, breach = rows[:, inside].tocsc(), rows[:, [BREACH]].toarray().ravel()
        if len(inside) <= MOST_EXACT:
            over = 1.0 - rows.sum(axis=1)  # that the word ends, where it is drawn
            lost = rows[:, np.flatnonzero(found + reaching == 0)].sum(axis=1)
            lost += np.where(over > ROUNDING, over, 0.0)
            found[inside] = _absorbed(within.toarray(), breach, lost)
        else:
            found[inside] = _solved_sparse(within, breach)
    return np.clip(found, 0.0, 1.0)


def _solved_sparse(within: csc_array, breach: np.ndarray) -> np.ndarray:
    with catch_warnings():
        simplefilter("ignore", MatrixRankWarning)
        found = np.asarray(spsolve(eye_array(len(breach), format="csc") - within, breach))
    if not np.isfinite(found).all():
        raise DataError(
            f"property: expected moves that are no rounding in more than {MOST_EXACT} places of "
            "machine and watch, got some too seldom to count; ask of a smaller machine",
            page="wrong-property",
        )
    return found


def _absorbed(within: np.ndarray, breach: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Return how likely a breach is (I,) from each of I places, however seldom one is left.

    Places are left out one by one, and staying in one is not counted, so that nothing is taken away
    from anything else: moves of 1e-200, which Baum-Welch leaves behind, count for what they are.
    Grassmann, Taksar & Heyman, "Regenerative analysis and steady state distributions for Markov
    chains", 1985.

    Args:
        within: (I, I), how likely each place follows each.
        breach: (I,), how likely a breach follows.
        lost: (I,), how likely the word ends, or a place follows from which none can be reached.
    """
    size = len(within)
    ways = np.column_stack([lost, breach, within])
    for last in range(size - 1, -1, -1):
        left = ways[: last + 1, : last + 3]
        left[np.arange(last + 1), np.arange(2, last + 3)] = 0.0  # to stay is no move
        left /= np.maximum(left.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        left[:last, : last + 2] += np.outer(left[:last, last + 2], left[last, : last + 2])
    found = np.zeros(size)
    for place in range(size):
        found[place] = ways[place, 1] + ways[place, 2 : place + 2] @ found[:place]
    return found


def _can_reach(chain: csr_array) -> np.ndarray:
    """Return which places (P,) have some way to a breach."""
    found = np.zeros(chain.shape[0], dtype=bool)
    found[breadth_first_order(chain.T.tocsr(), BREACH, return_predecessors=False)] = True
    return found


def _within(product: Product, worst: bool, steps: int) -> np.ndarray:
    found = np.zeros(product.n_places)
    found[BREACH] = 1.0
    for _ in range(steps):
        found = _step(product, found, worst)
    return found


def _step(product: Product, found: np.ndarray, worst: bool) -> np.ndarray:
    """Return how likely a breach is (P,) with a step more than that."""
    values = product.moves @ found
    if product.weight is not None:
        sums = np.bincount(product.owner, product.weight * values, product.n_places)
        after = sums.astype(np.float64)
    else:
        after = _best(product, values, np.zeros_like(found), worst)
    after[BREACH] = 1.0
    return after


def _reaching(product: Product, values: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Return for each place (P,) the first choice whose value (R,) is the best (P,), or -1."""
    reached = np.flatnonzero(values == best[product.owner])[::-1]
    first = np.full(product.n_places, -1)
    first[product.owner[reached]] = reached
    return first


def _best(product: Product, values: np.ndarray, empty: np.ndarray, worst: bool) -> np.ndarray:
    """Return for each place the largest, or smallest, value (R,) of its choices."""
    found = empty.copy()
    begins = np.flatnonzero(np.diff(product.owner, prepend=-1))
    join: Callable[..., np.ndarray] = np.maximum.reduceat if worst else np.minimum.reduceat
    found[product.owner[begins]] = join(values, begins)
    return found


def _chosen(product: Product, worst: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of each place (P,) by the best strategy, and its choices (P,)."""
    able = np.arange(product.n_places) != BREACH
    if not worst:
        able &= ~_avoiding(product)
    choice = _towards(product, able)
    while True:
        found = solved(_follow(product, choice))
        values = product.moves @ found
        best = _best(product, values, found, worst)
        gain = (best - found) if worst else (found - best)
        better = np.flatnonzero((gain > BETTER) & able & (choice >= 0))
        if not len(better):
            return found, choice
        choice[better] = _reaching(product, values, best)[better]


def _follow(product: Product, choice: np.ndarray) -> csr_array:
    """Return the chain (P, P) of a strategy; places without a choice stay where they are."""
    places = np.flatnonzero(choice >= 0)
    rows = csr_array((np.ones(len(places)), (places, choice[places])),
                     shape=(product.n_places, len(product.owner)))  # fmt: skip
    return csr_array(rows @ product.moves)


def _towards(product: Product, able: np.ndarray) -> np.ndarray:
    """Return a strategy (P,) that has some chance of a breach wherever one can be had.

    A strategy that goes round in circles, from which nothing seems better, is none to begin with.
    """
    choice = np.full(product.n_places, -1)
    near = np.zeros(product.n_places, dtype=bool)
    near[BREACH] = True
    while True:
        coming = np.flatnonzero((product.moves @ near.astype(float)) > 0)[::-1]
        first = np.full(product.n_places, -1)
        first[product.owner[coming]] = coming
        fresh = np.flatnonzero((first >= 0) & (choice < 0) & able & ~near)
        if not len(fresh):
            return choice
        choice[fresh] = first[fresh]
        near[fresh] = True


def _avoiding(product: Product) -> np.ndarray:
    """Return the places (P,) from which symbols can be chosen so that no breach ever comes.

    It is the largest set of places, each with a choice that stays within; what is over stays.
    """
    safe = np.arange(product.n_places) != BREACH
    ends = np.setdiff1d(np.arange(product.n_places), product.owner)
    while True:
        stays = (product.moves @ (~safe).astype(float)) == 0
        kept = np.zeros_like(safe)
        kept[product.owner[stays]] = True
        kept[ends] = True
        kept &= safe
        if (kept == safe).all():
            return safe
        safe = kept
