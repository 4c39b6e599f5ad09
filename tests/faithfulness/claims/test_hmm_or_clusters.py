import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from markovlens.faithfulness.claims.claims import decide
from markovlens.faithfulness.claims.groups import differences_table
from markovlens.faithfulness.claims.hmm_or_clusters import (
    ALIKE,
    BRANCHING,
    CHANCE,
    PLAIN,
    claim_of_runs,
    cluster_claims,
    regions,
)
from markovlens.faithfulness.claims.together import decide_tables
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.tables.networks import ROBUSTNESS_RUN
from markovlens.tables.writer import write_table

VALUES = {"kmeans": 0.7, "hmm": 0.8, "hmm_input": 0.6}


def rows(values, *, aliasing=PLAIN, noise=(0.0, 1.0), n_train=(20, 300), seeds=8):
    """Every method has its value under all conditions of all seeds, give or take the seed's own."""
    return pd.DataFrame(
        {
            "task": "t",
            "model": "m",
            "seed": seed,
            "aliasing": aliasing,
            "noise": sd,
            "n_train": n,
            "method": method,
            "value": value + 0.001 * seed,
        }
        for seed, sd, n in itertools.product(range(seeds), noise, n_train)
        for method, value in values.items()
    )


def claims(table):
    return {claim.claim: claim for claim in decide(cluster_claims(table, seed=0))}


def test_the_closer_one_has_the_claim_for_or_against_it():
    found = claims(rows(VALUES))
    against, supporting = (found[f"clusters_beat_hmms:noisy:{hmm}"] for hmm in ("hmm", "hmm_input"))
    assert against.effect == pytest.approx(-0.1)
    assert supporting.effect == pytest.approx(0.1)
    assert (against.verdict, supporting.verdict) == ("contradicted", "supported")
    assert against.low <= against.effect <= against.high


def test_a_network_counts_once_however_many_conditions_it_had():
    few = claims(rows(VALUES, noise=[1.0]))["clusters_beat_hmms:noisy:hmm"]
    many = claims(rows(VALUES, noise=[1.0, 2.0, 3.0]))["clusters_beat_hmms:noisy:hmm"]
    assert (few.n, many.n) == (16, 48)
    assert few.n_clusters == many.n_clusters == 8
    assert few.p == many.p


def test_each_kind_of_condition_is_decided_on_its_own_rows():
    worse = {"kmeans": 0.5, "hmm": 0.9}
    table = pd.concat([rows({"kmeans": 0.9, "hmm": 0.5}), rows(worse, aliasing=ALIKE)])
    found = claims(table)
    assert {name.split(":")[1] for name in found} == {"quiet", "few", "noisy", ALIKE}
    assert found["clusters_beat_hmms:noisy:hmm"].effect == pytest.approx(0.4)
    assert found["clusters_beat_hmms:alike:hmm"].effect == pytest.approx(-0.4)
    assert claims(rows({"hmm": 0.9, "hmm_input": 0.9})) == {}


def test_a_method_without_a_machine_is_at_chance():
    table = rows({"kmeans": 0.9, "hmm": np.nan})
    assert claims(table)["clusters_beat_hmms:quiet:hmm"].effect == pytest.approx(
        0.9 + 0.001 * 3.5 - CHANCE
    )


@given(
    st.sampled_from([PLAIN, ALIKE, BRANCHING]),
    st.floats(0, 5),
    st.integers(1, 1000),
)
def test_every_condition_is_of_one_kind(aliasing, noise, n_train):
    row = pd.DataFrame({"aliasing": [aliasing], "noise": [noise], "n_train": [n_train]})
    assert sum(inside.item() for inside in regions(row).values()) == 1


def disturbed(folder, seed, **changes):
    run = Run.at(folder, "parity", "gru", seed, layer="")
    plain = {
        "task": "parity",
        "model": "gru",
        "seed": seed,
        "noise": 0.0,
        "n_train": 20,
        "score": "balanced_fidelity_string",
        "n_states": 3,
        "low": 0.0,
        "high": 1.0,
        "replicates": [0.5],
        "scale": "share",
        "spread": 0.01,
        "freedom": 9.0,
        "status": "ok",
        "reason": "",
        "n_sequences": 7,
        "gate": "passed",
    }
    made = [plain | {"method": name, "value": value} | changes for name, value in VALUES.items()]
    write_table(run.robustness, pd.DataFrame(made), ROBUSTNESS_RUN)
    return run


def claimed(tmp_path, runs):
    claim_of_runs(runs, tmp_path / "claims.csv", seed=0)
    return read_table(tmp_path / "claims.csv").set_index("claim")


def test_claims_are_read_off_disturbed_networks(tmp_path):
    found = claimed(tmp_path, [disturbed(tmp_path, seed) for seed in range(6)])
    assert list(found.index) == [f"clusters_beat_hmms:few:{hmm}" for hmm in ("hmm", "hmm_input")]
    assert found["effect"].to_list() == pytest.approx([-0.1, 0.1])
    assert set(found["n_clusters"]) == {6}


def test_undertrained_networks_and_those_that_predict_do_not_count(tmp_path):
    left_out = [{"gate": "under-trained"}, {"score": "divergence"}]
    some = [disturbed(tmp_path, seed, **changes) for seed, changes in enumerate(left_out)]
    assert claimed(tmp_path, some).empty
    some.append(disturbed(tmp_path, 2))
    assert set(claimed(tmp_path, some)["n_clusters"]) == {1}


def test_no_claim_of_disturbed_networks_leaves_the_others_as_they_are(tmp_path):
    run = disturbed(tmp_path, 0, score="divergence")
    claim_of_runs([run], tmp_path / "none.csv", seed=0)
    claim_of_runs([disturbed(tmp_path, 1)], tmp_path / "some.csv", seed=0)
    parts, together = ("none.csv", "some.csv"), tmp_path / "claims.csv"
    rest = tmp_path / "claims_differences.csv"
    decide_tables([tmp_path / part for part in parts], together, differences=rest)
    some = read_table(tmp_path / "some.csv").drop(columns="groups")
    pd.testing.assert_frame_equal(read_table(together), some)


def test_the_groups_that_a_claim_rests_on_are_a_table(tmp_path):
    claim_of_runs([disturbed(tmp_path, seed) for seed in range(3)], tmp_path / "a.csv", seed=0)
    rest = tmp_path / "claims_differences.csv"
    decide_tables([tmp_path / "a.csv"], tmp_path / "claims.csv", differences=rest)
    claims, groups = read_table(tmp_path / "claims.csv"), read_table(rest)
    assert list(groups.columns) == ["claim", "group", "difference"]
    found = groups.groupby("claim", sort=False)["difference"]
    assert found.mean().to_list() == pytest.approx(claims["effect"].to_list(), abs=1e-5)
    assert found.size().to_list() == claims["n_clusters"].to_list() == [3, 3]
    assert groups["group"].to_list()[:2] == ["task parity, seed 0", "task parity, seed 1"]


def test_a_claim_without_groups_has_no_rows():
    claims = pd.DataFrame({"claim": ["a", "b"], "groups": [np.nan, "model gru, seed 1: -0.5"]})
    assert differences_table(claims).values.tolist() == [["b", "model gru, seed 1", -0.5]]


def test_seeds_without_one_of_the_methods_count_for_nothing():
    table = rows(VALUES)
    other = table[table["method"] != "hmm"].assign(task="other")
    found = claims(pd.concat([table, other]))["clusters_beat_hmms:noisy:hmm"]
    alone = claims(table)["clusters_beat_hmms:noisy:hmm"]
    assert (found.effect, found.n_clusters) == (alone.effect, alone.n_clusters)
