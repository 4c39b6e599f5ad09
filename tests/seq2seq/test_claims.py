import numpy as np
import pandas as pd
import pytest

from markovlens.faithfulness.claims.claims import decide
from markovlens.seq2seq.claims import seq2seq_claims

PLACES = [
    {"task": task, "model": "gru", "seed": seed} for task in ("a", "b", "c") for seed in range(3)
]


def tables(*, follows=0.95, stays=0.05, ratio=0.1, separates=1.0, modes=3, ari=0.8):
    rng = np.random.default_rng(0)
    noise = lambda: 0.02 * rng.normal()  # noqa: E731
    swaps = {
        ("other_class", "class_of_donor"): follows,
        ("other_class", "leaves_class"): follows,
        ("input_only", "class_of_donor"): 1 - follows,
        ("same_class", "leaves_class"): stays,
        ("none", "leaves_class"): stays,
        ("displaced", "return_ratio"): ratio,
    }
    return (
        pd.DataFrame(
            [p | {"part": "joint", "modes_90": modes, "n_units": 16} for p in PLACES]
        ),
        pd.DataFrame(
            [
                p | {
                    "step": step, "test_loss": 5 - i + 3 * (i == 2), "silhouette": 0.4 + noise(),
                    "joint_participation": 4.0 - i / 4,
                    "pointwise": separates * (i - 3 * (i == 2)), "centroid": separates * i,
                }
                for p in PLACES
                for i, step in enumerate([10, 100, 300, 1000, 3000])
            ]
        ),
        pd.DataFrame(
            [
                p | {"method": method, "space": "states", "unit": "step", "score": "ari",
                     "value": ari + noise(), "control": 0.1}
                for p in PLACES
                for method in ("kmeans", "single_linkage")
            ]
        ),
        pd.DataFrame(
            [
                p | {"condition": condition, "of": "states", "score": score,
                     "value": value + noise()}
                for p in PLACES
                for (condition, score), value in swaps.items()
            ]
        ),
    )  # fmt: skip


def verdicts(**changes):
    return {claim.claim: claim for claim in decide(seq2seq_claims(*tables(**changes), seed=0))}


def test_a_network_as_the_paper_has_it_supports_every_claim():
    found = verdicts()
    assert {claim.system for claim in found.values()} == {"S3"}
    undecided = [name for name, claim in found.items() if claim.verdict != "supported"]
    assert undecided == ["separability_tracks_optimality:centroid:beyond_time"]
    assert found["encoder_initialises"].n_clusters == len(PLACES)


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"follows": 0.03}, "encoder_and_not_the_input"),
        ({"ratio": 1.5}, "decoder_attracts"),
        ({"separates": -1.0}, "separability_tracks_optimality:pointwise"),
        ({"modes": 9}, "few_dimensions"),
        ({"ari": 0.0}, "clusters_are_types:kmeans"),
        ({"follows": 0.2, "stays": 0.6}, "encoder_initialises"),
    ],
)
def test_a_network_that_does_otherwise_contradicts(changes, claim):
    assert verdicts(**changes)[claim].verdict == "contradicted"


def test_effects_are_the_numbers_of_the_tables():
    found = verdicts()
    assert found["few_dimensions"].effect == pytest.approx(0.25 - 3 / 16)
    assert found["training_makes_few_dimensions"].effect == pytest.approx(0.25)
    assert found["encoder_initialises"].effect == pytest.approx(0.9, abs=0.02)


def test_what_was_not_measured_is_undecided():
    modes, progress, clusters, swaps = tables()
    claims = seq2seq_claims(modes, progress, clusters, swaps[:0], seed=0)
    by_name = {claim.claim: claim for claim in decide(claims)}
    assert by_name["decoder_attracts"].verdict == "undecided"
    assert by_name["decoder_attracts"].n == 0
