"""The closed vocabularies of tables: how a number came about, whose it is, what a network is.

And by what a number of states may be chosen, which light code checks, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum


class Status(StrEnum):
    """What became of a row; the words why are in the column `reason`, empty where all is well."""

    OK = "ok"
    """The number is there, and rests on all that it should rest on."""
    PARTIAL = "partial"
    """The number is there, but some seeds have none."""
    NOT_CONVERGED = "not_converged"
    """A fit that was stopped at its bound of iterations, or because its likelihood fell; it is used
    like any other."""
    DROPPED = "dropped"
    """A fit that was given up because others did better; its numbers are those at that time."""
    DUPLICATE = "duplicate"
    """A budget whose machine was not kept: another budget gave one of the same size."""
    FAILED = "failed"
    """It was tried, and there is no number."""
    SKIPPED = "skipped"
    """It was not tried, because it means nothing here or cannot be asked."""


class Criterion(StrEnum):
    """By what the number of states is chosen; `hmm.criteria` defines and computes them."""

    BIC = "bic"
    AIC = "aic"
    ICL = "icl"
    BIC_ESS = "bic_ess"
    """BIC with an effective sample size."""
    SLOPE = "slope"
    """Slope heuristic."""
    EML = "eml"
    """Expected marginal likelihood over restarts."""
    HELDOUT = "heldout"
    """Log-likelihood of other sequences."""
    HELDOUT_1SE = "heldout_1se"
    """The fewest states within one standard error of the best `heldout`."""


# Steps in the half of the runs that machines of noise-driven networks are fitted on. On planted
# sources of two to four states fewer found their number no more often than always saying three. It
# was chosen on those same sources and sizes, so that they do not confirm it.
LEAST_NOISE_STEPS = 150
LEAST_SLOPE_SIZES = 5
"""Numbers of states of which the slope heuristic needs a fit."""


class Scope(StrEnum):
    """Whose a row is, in tables that have a row a seed and one for all of them."""

    SEED = "seed"
    NETWORK = "network"
    """Of all seeds of a (task, model); its cell in the column `seed` is empty."""


class Judgement(StrEnum):
    """What is said of a network: the words of the column `verdict` of `verdicts.csv`."""

    FINITE = "finite-state"
    """It runs a small machine."""
    REFUSED = "not finite-state at this budget"
    """No machine that was tried stands for it."""
    UNTOLD = "cannot be told on these sequences"
    """It answered alike throughout, or all it read was the same: nothing was put to a test."""
    UNKNOWN = "no machine could be fitted"
    """There is none to judge it by."""
    NO_DECISIONS = "makes no decisions"
    """It answers with labels, values or a risk; automata decide, so that none is judged by it."""


FROM_WORST = (Judgement.REFUSED, Judgement.UNKNOWN, Judgement.UNTOLD, Judgement.NO_DECISIONS,
              Judgement.FINITE)  # fmt: skip


def worst_of(verdicts: Iterable[str]) -> Judgement:
    """Return what is said of a network by the verdicts on its seeds, in whatever order they come.

    Without any it is `Judgement.UNKNOWN`.
    """
    said = map(Judgement, verdicts)
    return min(said, key=FROM_WORST.index, default=Judgement.UNKNOWN)


def in_short(verdict: str) -> str:
    """Return in a word or two what was said of a network that is not `Judgement.FINITE`."""
    short = {
        Judgement.REFUSED: "refused",
        Judgement.UNTOLD: "cannot be told",
        Judgement.NO_DECISIONS: "no decisions",
    }
    return short.get(Judgement(verdict), "no machine")


def of_seeds(missing: Sequence[tuple[str, str]], n_seeds: int) -> dict[str, str]:
    """Return status and reason of what is merged over seeds, of which some have no number.

    Args:
        missing: status and reason of each seed without a number.
        n_seeds: all that were tried.

    Returns:
        `status`: where no seed has a number `failed` if one failed; `reason`: every one that there
        is, with how many seeds have it.
    """
    if not missing:
        return {"status": Status.OK, "reason": ""}
    said = [
        f"{count} of {n_seeds} seeds {status}: {reason}"
        for (status, reason), count in Counter(missing).items()
    ]
    statuses = [Status(status) for status, _ in missing]
    whole = Status.FAILED if Status.FAILED in statuses else statuses[0]
    status = whole if len(missing) == n_seeds else Status.PARTIAL
    return {"status": status, "reason": "; ".join(said)}
