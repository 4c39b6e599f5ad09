"""Claims on tables of numbers whose verdict is plain."""

import pandas as pd
import pytest

from markovlens.attractors.claims import WORDS, attractor_claims
from markovlens.faithfulness.claims.claims import SUPPORTED, UNDECIDED


def numbers(seed, *, stable=8, memories=8, ari=0.9, n_states=8, along=(0.6, 0.1)):
    """Return what the study says of a flip-flop and of a network that decides by context."""
    hmm = {"where": "attractor", "method": "hmm", "selection": "chosen", "n_states": n_states}
    flip_flop = [
        {"measure": "points", "where": "unstable_0", "value": stable},
        {"measure": "points", "where": "unstable_1", "value": 12},
        {"measure": "memories", "where": "stable", "value": memories},
        {"measure": "ari", "value": ari} | hmm,
        {"measure": "ari_floor", "value": 0.1} | hmm,
    ]
    context = [
        {"measure": f"along_{evidence}", "where": name, "value": value}
        for name in ("motion", "colour")
        for evidence, value in zip(("counts", "other"), along, strict=True)
    ]
    parts = {"flip_flop": flip_flop, "context_integration": context}
    return pd.concat(
        [
            pd.DataFrame(rows).assign(task=task, model="gru", seed=seed)
            for task, rows in parts.items()
        ]
    )


def claimed(n_seeds=14, gate="passed", **options):
    table = pd.concat([numbers(seed, **options) for seed in range(n_seeds)], ignore_index=True)
    found = attractor_claims(table.assign(gate=gate), seed=0)
    return {claim.claim: claim for claim in found}


def test_networks_as_published_support_every_claim():
    claims = claimed()
    assert set(claims) == set(WORDS)
    assert {claim.verdict for claim in claims.values()} == {SUPPORTED}
    assert claims["hmm_states_are_attractors"].effect == pytest.approx(0.8)
    assert claims["context_selects_by_slow_direction"].effect == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("options", "claim"),
    [
        ({"stable": 9}, "flip_flop_has_eight_fixed_points"),
        ({"memories": 7}, "flip_flop_has_eight_fixed_points"),
        ({"ari": 0.05}, "hmm_states_are_attractors"),
        ({"n_states": 12}, "hmm_counts_attractors"),
        ({"along": (0.1, 0.3)}, "context_selects_by_slow_direction"),
    ],
)
def test_networks_that_are_otherwise_speak_against_one(options, claim):
    claims = claimed(**options)
    assert claims[claim].effect < 0
    assert all(other.effect > 0 for name, other in claims.items() if name != claim)


def test_networks_that_have_not_learned_do_not_count():
    claims = claimed(gate="under-trained")
    assert {(claim.n, claim.verdict) for claim in claims.values()} == {(0, UNDECIDED)}
