"""Split-merge EM: moves out of a local optimum (Ueda et al. 2000, Neural Computation 12(9)).

Where states tile a curve there is an optimum for each way to lay the tiles, and restarts rarely
find a good one. A move splits one state and merges two others; it stays if EM then gets further.
"""

import numpy as np

from markovlens.hmm.em import Parameters
from markovlens.hmm.resizing import merged, merging_costs, with_split
from markovlens.hmm.restarts import Candidate, Plan, advance, new_model, ranked, unfitted

SPLIT_PASSES = 10
"""Full passes with one state more, before two are merged."""

MERGED_PASSES = 5
"""Full passes after which the merges that follow a split are compared."""

MERGES = 40
"""Pairs of states tried after a split, closest first: all of them up to 8 states."""

PROMISING = 0.02
"""Nats a step below the fit to beat within which the best merge runs on."""


def rearranged(plan: Plan, kind: str, best: Candidate, *, rng: np.random.Generator) -> Candidate:
    """The fit after moves that each gained the plan's least gain or more, until none of them does.

    Each of K states is split in turn, the fullest first, and up to `MERGES` pairs are merged again;
    the first move that gains is kept and the round begins anew.
    """
    settings = new_model(plan, kind, best.start.chain.n_states).settings()
    least = max(settings.least_gain(plan.packed.n_steps), 0.0)
    while not best.out:
        wanted = best.objective + least
        order = np.argsort(-best.fit.counts, kind="stable")
        moves = (_moved(plan, kind, best, int(state), rng=rng) for state in order)
        better = next((c for c in moves if not c.out and c.objective > wanted), None)
        if better is None:
            break
        best = better
    return best


def _moved(
    plan: Plan, kind: str, best: Candidate, state: int, *, rng: np.random.Generator
) -> Candidate:
    """The best fit with the state split and two others, or its halves, merged."""
    start = with_split(best.fit.parameters, state, plan.packed, rng)
    larger = _refitted(plan, kind, best, start, SPLIT_PASSES)
    if larger.out:
        return larger
    counts = larger.fit.counts
    costs = merging_costs(larger.fit.parameters.emissions, counts)
    n_pairs = min(MERGES, len(counts) * (len(counts) - 1) // 2)
    pairs = (divmod(int(flat), len(counts)) for flat in np.argsort(costs, axis=None)[:n_pairs])
    starts = (merged(larger.fit.parameters, keep, lose, counts) for keep, lose in pairs)
    shorts = [_refitted(plan, kind, best, start, MERGED_PASSES) for start in starts]
    found = ranked(plan, shorts)[0]
    if found.objective < best.objective - PROMISING * plan.packed.n_steps:
        return found
    return _refitted(plan, kind, best, found.fit.parameters, None)


def _refitted(
    plan: Plan, kind: str, best: Candidate, start: Parameters, passes: int | None
) -> Candidate:
    """A restart's fit from another start after so many full passes, or all the plan allows."""
    model = new_model(plan, kind, start.chain.n_states)
    until = model.n_iter if passes is None else passes
    candidate = Candidate(best.restart, start, unfitted(start))
    return advance(plan, model, model.prior_for(plan.packed), candidate, until)
