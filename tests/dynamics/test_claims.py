"""The claims about emulating networks: worlds in which each holds, fails, or cannot be told."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

from helpers.emulators import placed
from markovlens.dynamics.claims import WORDS, dynamics_claims

ORBIT = ("orbit", "turns_per_switch", "run")
TASKS = ("chain_2", "chain_3", "full_3", "cycle_4")
PLACES = [(task, seed) for task in TASKS for seed in (0, 1, 2)]


def world(sign):
    """Numbers of 12 networks of each loss; with sign 1 every claim holds, with -1 none does."""
    far, near = (0.9, 0.1) if sign > 0 else (0.1, 0.9)
    numbers = [
        ("match", "transition_error_gap", "common symbols", near / 5),
        ("match", "transition_error_gap", "all", 5.0),
        ("fixed_points", "n_roots", "all", 1 if sign > 0 else 2),
        ("fixed_points", "collapsed", "end step=100", 1.0),
        ("orbit", "sign_share", "run", far),
        ("orbit", "sign_share", "shuffled", near),
        ("residency", "drift", "transition", far),
        ("residency", "drift", "cluster", near),
        ("silencing", "rate_ratio", "kick pair=0>2 level=3", 0.5),
        ("silencing", "rate_ratio", "kick pair=0>2 level=6", near),
        ("silencing", "rate_ratio", "matched pair=0>2 level=6", far),
        ("silencing", "rate_ratio", "random pair=0>2 level=6", 0.5),
        ("emergence", "bifurcation", "critical", 100 if sign > 0 else np.nan),
        ("emergence", "bifurcation", "switching", 200),
        ("resonance", "loss_of_irregularity", "all units level=0.1 other=smallest amplitude", 0.9),
        (
            "resonance",
            "loss_of_irregularity",
            "all units level=9 other=largest amplitude",
            far - 0.5,
        ),
        ("composition", "sign_share", "pair pair=0-2", far),
        ("composition", "sign_share_shuffled", "pair pair=0-2", near),
        ("orbit", "turns_per_switch", "shuffled", 0.0),
    ]
    rows = [
        {"task": task, "seed": seed, "loss": loss, "model": loss, "analysis": analysis,
         "measure": measure, "value": value, **asdict(placed(where))}
        for task, seed in PLACES
        for loss, turns in (("transport", far), ("transport+lags", near))
        for analysis, measure, where, value in [*numbers, (*ORBIT, turns)]
    ]  # fmt: skip
    return pd.DataFrame(rows)


def verdicts(table):
    return {claim.claim: claim.verdict for claim in dynamics_claims(table, seed=0)}


def test_every_claim_is_supported_where_it_holds_and_contradicted_where_not():
    good, bad = verdicts(world(1)), verdicts(world(-1))
    assert set(good) == set(bad) == set(WORDS)
    assert set(good.values()) == {"supported"}
    assert set(bad.values()) == {"contradicted"}


def test_effects_are_the_differences_that_were_planted():
    claims = {claim.claim: claim for claim in dynamics_claims(world(1), seed=0)}
    assert {claim.system for claim in claims.values()} == {"S4"}
    effects = {name: round(claim.effect, 6) for name, claim in claims.items()}
    assert effects == {
        "emissions_replicated": 0.05,
        "one_fixed_point": 1.0,
        "orbit_sustained_by_noise": 0.8,
        "slow_regions_fast_transitions": 0.8,
        "kick_units_initiate": 0.8,
        "emergence_is_a_bifurcation": 1.0,
        "stochastic_resonance": 0.4,
        "motif_is_reused": 0.8,
        "loss_decides_orbit": 0.8,
    }
    assert claims["motif_is_reused"].n_clusters == 6
    assert claims["loss_decides_orbit"].n_clusters == 12


@pytest.mark.parametrize(
    ("analysis", "claim"),
    [
        ("orbit", "loss_decides_orbit"),
        ("silencing", "kick_units_initiate"),
        ("emergence", "emergence_is_a_bifurcation"),
        ("fixed_points", "one_fixed_point"),
    ],
)
def test_without_an_analysis_its_claims_are_undecided(analysis, claim):
    table = world(1)
    gone = verdicts(table[table["analysis"] != analysis])
    assert gone[claim] == "undecided"


def test_networks_of_other_losses_do_not_speak_for_the_authors():
    table = world(1)
    table.loc[table["loss"] != "transport", "value"] = 1e3
    claims = {claim.claim: claim for claim in dynamics_claims(table, seed=0)}
    assert claims["orbit_sustained_by_noise"].effect == pytest.approx(0.8)
    assert claims["loss_decides_orbit"].effect < 0


def test_seeds_without_a_control_are_left_out():
    table = world(1)
    missing = (table["seed"] == 0) & (table["where"] == "matched")
    claims = {claim.claim: claim for claim in dynamics_claims(table[~missing], seed=0)}
    assert claims["kick_units_initiate"].n_clusters == 8
