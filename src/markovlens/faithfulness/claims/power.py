"""What groups can decide of a claim: how many an effect takes, and the effect that some would show.

By the normal approximation with Guenther's correction for Student's t ("Sample size formulas for
normal theory t tests", 1981): n = ((z(1 - level / 2m) + z(.8)) s / effect)^2 + z(1 - level / 2m)^2
/ 2 groups give power .8 at Holm's first step among m claims, s being the groups' standard deviation
out of Student's 95 % interval. Without the correction, groups found so decide in 55 to 65 % of the
cases at the strict levels of a table of claims. No fewer than let the rarest pattern of signs, 2
in 2^n, be significant.
"""

from __future__ import annotations

import math

from scipy.special import ndtri, stdtrit

POWER = 0.8


def groups_to_decide(
    effect: float, high: float, n_groups: int, *, n_claims: int, level: float
) -> int | None:
    """Return the groups that decide an effect as large as measured, None where nothing says.

    The effect is uncertain itself: of one that is overestimated it would take more.

    Args:
        effect: mean over groups.
        high: upper end of the interval.
        n_groups: groups behind it, two at least.
        n_claims: claims m decided together.
        level: of the test.
    """
    if n_groups < 2 or not effect or not math.isfinite(effect + high):
        return None
    z, lost = _margins(n_claims, level)
    for_size = (z * _spread(effect, high, n_groups) / effect) ** 2 + lost
    return math.ceil(max(for_size, _for_signs(n_claims, level)))


def effect_shown(
    effect: float, high: float, n_groups: int, *, n_claims: int, level: float
) -> float | None:
    """Return the smallest effect that these groups decide, None where they decide none.

    It rests on their spread alone and not on the effect that was measured.

    Args:
        effect: mean over groups.
        high: upper end of the interval.
        n_groups: groups behind it.
        n_claims: claims m decided together.
        level: of the test.
    """
    z, lost = _margins(n_claims, level)
    if n_groups <= max(lost, _for_signs(n_claims, level)) or not math.isfinite(effect + high):
        return None
    return z * _spread(effect, high, n_groups) / math.sqrt(n_groups - lost)


def _margins(n_claims: int, level: float) -> tuple[float, float]:
    """Return the standard errors that an effect must be large, and the groups lost to Student."""
    z = float(ndtri(1 - level / (2 * n_claims)))
    return z + float(ndtri(POWER)), z**2 / 2


def _spread(effect: float, high: float, n_groups: int) -> float:
    return float((high - effect) * math.sqrt(n_groups) / stdtrit(n_groups - 1, 0.975))


def _for_signs(n_claims: int, level: float) -> float:
    return math.log2(2 * n_claims / level)
