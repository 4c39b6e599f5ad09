from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from markovlens.faithfulness.claims.claims import (
    Claim,
    claims_table,
    decide,
    lisor_claims,
    sign_flip,
)
from markovlens.faithfulness.claims.clusters import clusters_needed


def row(model, method, n_states, value, **more):
    plain = {"task": "t", "model": model, "seed": 0, "method": method, "n_states": n_states}
    rest = {"mode": "closed", "score": "accuracy_string", "value": value, "chosen": True}
    rest["gate"] = "passed"
    return plain | rest | more


def scores(**curves):
    rows = []
    for model, accuracies in curves.items():
        rows.append(row(model, "network", 0, 1.0, mode="-"))
        rows += [row(model, "lisor_k", k, value) for k, value in accuracies.items()]
    return pd.DataFrame(rows)


CELLS = {cell: cell for cell in ("srn", "mgu", "gru", "lstm")}


def many(worse, better, n_seeds=12):
    """Scores of several seeds in which SRN has one curve and the gated cells another."""
    one = scores(srn=worse, mgu=better, gru=better, lstm=better)
    return pd.concat([one.assign(seed=seed) for seed in range(n_seeds)], ignore_index=True)


def test_the_fewest_states_that_reach_the_target_are_needed():
    table = clusters_needed(
        scores(gru={2: 0.6, 3: 0.8, 4: 0.999, 5: 0.9}, srn={2: 0.5, 5: 0.6}), CELLS
    )
    found = table.set_index(["model", "target"])["needed"]
    assert found["gru", "fixed"] == 3
    assert found["gru", "network"] == 4
    assert np.isnan(found["srn", "network"])
    assert np.isnan(found["srn", "fixed"])


def verdicts(table):
    claims = claims_table(lisor_claims(table, clusters_needed(table, CELLS), seed=0))
    return claims.set_index("claim")


def test_gates_matter_when_the_gated_need_fewer():
    easy, hard = {2: 0.5, 4: 1.0, 8: 1.0}, {2: 0.5, 4: 0.6, 8: 0.7}
    assert verdicts(many(hard, easy)).loc["gates_matter", "verdict"] == "supported"
    assert verdicts(many(easy, hard)).loc["gates_matter", "verdict"] == "contradicted"
    same = verdicts(many(easy, easy)).loc["gates_matter"]
    assert (same["verdict"], same["effect"]) == ("undecided", 0)


def test_never_getting_there_needs_more_than_the_largest_number():
    never, late = {2: 0.1, 8: 0.2}, {2: 0.1, 8: 1.0}
    assert verdicts(many(never, late)).loc["gates_matter", "effect"] == 1


def test_trust_is_the_automatons_score_minus_the_networks():
    extra = [
        row(f"m{seed}", "network", 0, 0.9, mode="-", score="seed_agreement") for seed in range(9)
    ] + [row(f"m{seed}", "lisor_k", 4, 0.95, score="seed_agreement") for seed in range(9)]
    table = pd.concat([many({2: 1.0}, {2: 1.0}), pd.DataFrame(extra)], ignore_index=True)
    found = verdicts(table).loc["automaton_more_trustable:seed_agreement"]
    assert found["effect"] == pytest.approx(0.05)
    assert (found["verdict"], found["n"]) == ("supported", 9)


def test_a_claim_without_a_measurement_is_undecided():
    found = verdicts(many({2: 1.0}, {2: 1.0})).loc["states_are_semantic"]
    assert (found["verdict"], found["n"]) == ("undecided", 0)


def test_a_cell_whose_fits_all_failed_never_gets_there():
    table = many({2: 0.5}, {2: 0.5, 4: 1.0})
    broken = (table["model"] == "srn") & (table["method"] == "lisor_k")
    failed = table[broken].assign(score="fit", mode="-", value=np.nan, n_states=4)
    table = pd.concat([table[~broken], failed], ignore_index=True)
    found = verdicts(table).loc["gates_matter"]
    assert (found["effect"], found["verdict"]) == (1, "supported")


def test_under_trained_networks_say_nothing():
    table = many({2: 0.5, 8: 0.6}, {2: 0.5, 4: 1.0}).assign(gate="under-trained")
    assert (verdicts(table)["n"] == 0).all()


def test_what_cannot_be_decided_says_why():
    alone = verdicts(scores(gru={2: 0.5, 4: 1.0}))  # one network, no other to compare it with
    assert set(alone["verdict"]) == {"undecided"}
    assert set(alone["reason"]) == {"these runs hold nothing that the claim compares"}
    few = verdicts(many({2: 0.5}, {2: 1.0}, n_seeds=3)).loc["gates_matter", "reason"]
    assert few == "3 independent groups, and 6 at least can be significant"
    assert verdicts(many({2: 0.5}, {2: 1.0})).loc["gates_matter", "reason"] == ""


def test_few_clusters_decide_nothing():
    found = verdicts(many({2: 0.5}, {2: 1.0}, n_seeds=3)).loc["gates_matter"]
    assert (found["effect"], found["n_clusters"], found["verdict"]) == (1, 3, "undecided")


def test_noise_is_called_a_finding_no_more_often_than_promised():
    rng = np.random.default_rng(0)
    found = sum(sign_flip(rng.normal(size=8), rng) < 0.05 for _ in range(200))
    assert found <= 20


def test_verdicts_hold_for_all_claims_together():
    plain = Claim("a", "S2", "", "", 1.0, 0.5, 1.5, 9, 9, 0.03, "undecided")
    claims = [plain, replace(plain, claim="b", p=0.04)]
    assert {claim.verdict for claim in decide(claims)} == {"undecided"}
    assert decide(claims[:1])[0].verdict == "supported"
    assert decide([replace(plain, effect=-1.0)])[0].verdict == "contradicted"
