"""How many independent groups it would take to decide a claim, by the effect that was measured."""

from __future__ import annotations

import math

from scipy.special import ndtri, stdtrit

POWER = 0.8


def groups_to_decide(
    effect: float, high: float, n_groups: int, *, n_claims: int, level: float
) -> int | None:
    """Return the groups that give power .8 at Holm's first step, None where nothing says.

    By the normal approximation n = ((z(1 - level / 2m) + z(.8)) s / effect)^2 with the groups'
    standard deviation s out of Student's 95 % interval (Cohen 1988, section 2.4); no fewer than
    let the rarest pattern of signs, 2 in 2^n, be significant among m claims. The effect is taken
    as measured, which is uncertain itself: of one that is overestimated it would take more.

    Args:
        effect: mean over groups.
        high: upper end of the interval.
        n_groups: groups behind it, two at least.
        n_claims: claims m decided together.
        level: of the test.
    """
    if n_groups < 2 or not effect or not math.isfinite(effect + high):
        return None
    spread = (high - effect) * math.sqrt(n_groups) / stdtrit(n_groups - 1, 0.975)
    z = ndtri(1 - level / (2 * n_claims)) + ndtri(POWER)
    for_signs = math.log2(2 * n_claims / level)
    return math.ceil(max((z * spread / effect) ** 2, for_signs))
