"""What claims make of networks whose states are known to come and go."""

import numpy as np
import pandas as pd
import pytest

from markovlens.formation.claims import formation_claims

MOMENTS = {
    "hump": [1, 4, 16, 8, 2, 2],
    "rise": [1, 2, 4, 8, 16, 16],
    "flat": [2] * 6,
}  # fmt: skip


def table_of(numbers, *, tasks=("parity",), exact=True, saved=1.0, resampled=0):
    """Return the moments of six networks a task, all alike."""
    n = len(numbers)
    accuracy = np.where(np.arange(n) < n - 3, 0.5, 1.0)
    one = pd.DataFrame(
        {
            "step": np.arange(n), "gate": "passed", "accuracy": accuracy, "threshold": 0.999,
            "n_states": numbers, "n_merged": np.array(numbers) * 8, "exact": exact,
            "births": [np.nan, *[1] * (n - 1)], "splits": [np.nan, *[1] * (n - 1)],
            "merges": [np.nan, *[0] * (n - 1)], "deaths": [np.nan, *[0] * (n - 1)],
            "resampled": resampled, "source_states": np.nan,
            "lsharp_queries": 20.0 * saved, "lsharp_tests": 400.0, "lsharp_finished": True,
            "adaptive_queries": 20.0, "adaptive_tests": 400.0, "adaptive_finished": True,
        }
    )  # fmt: skip
    named = [one.assign(task=task, model="gru", seed=seed) for task in tasks for seed in range(6)]
    return pd.concat(named, ignore_index=True)


def effects(table):
    return {claim.claim: claim.effect for claim in formation_claims(table, seed=0)}


def test_numbers_that_rise_and_fall_speak_for_it_those_that_only_rise_against():
    of = {name: effects(table_of(numbers)) for name, numbers in MOMENTS.items()}
    for kind in ("minimal", "merged"):
        name = f"parity_expands_then_merges:{kind}"
        assert of["hump"][name] > 0.5
        assert of["rise"][name] < -0.5
        assert of["flat"][name] == 0


def test_the_last_machine_is_parity_or_not():
    assert effects(table_of(MOMENTS["hump"]))["parity_ends_with_two"] == 1
    assert effects(table_of(MOMENTS["hump"], exact=False))["parity_ends_with_two"] == -1


def test_past_convergence_is_log2_of_the_first_that_passes_over_the_last():
    found = effects(table_of(MOMENTS["hump"], tasks=("contains_000",)))
    assert found["training_on_merges_states:minimal"] == 2  # 8 to 2
    assert found["training_on_merges_states:merged"] == 2
    assert np.isnan(found["parity_ends_with_two"])


def test_events_count_beyond_those_of_other_sequences():
    assert effects(table_of(MOMENTS["hump"]))["states_come_and_go_in_training"] == 2
    found = effects(table_of(MOMENTS["hump"], resampled=3))
    assert found["states_come_and_go_in_training"] == -1


def of_source(numbers, *, source=2, gate="passed"):
    """Return the moments of six networks a source, of which all have the same numbers of states."""
    table = table_of(numbers, tasks=("chain_2",))
    reading = ["accuracy", "threshold", "n_merged", "exact"]
    return table.assign(source_states=source, gate=gate, **dict.fromkeys(reading, np.nan))


@pytest.mark.parametrize(
    ("numbers", "expected"), [([1, 4, 3, 2, 2, 2], 1), ([2, 2, 2, 3, 2, 2], -1)]
)
def test_the_source_is_reached_where_the_last_three_numbers_are_its_own(numbers, expected):
    found = effects(of_source(numbers))
    assert found["emulators_reach_the_source"] == expected
    assert np.isnan(found["training_on_merges_states:minimal"])


def test_a_moment_without_a_machine_has_not_reached_the_source():
    found = effects(of_source([1, 4, 2, 2, np.nan, 2]))
    assert found["emulators_reach_the_source"] == -1


def test_emulating_networks_and_languages_have_claims_of_their_own():
    both = pd.concat([table_of(MOMENTS["hump"]), of_source([1, 2, 2, 2, 2, 2], gate="missed")])
    counted = {claim.claim: claim.n for claim in formation_claims(both, seed=0)}
    assert counted["states_come_and_go_in_training"] == 6
    assert counted["states_come_and_go_in_emulation"] == 6
    assert counted["emulators_reach_the_source"] == 0, "none passed the gate"
    assert effects(both)["states_come_and_go_in_emulation"] == 2


def test_questions_saved_are_log2_of_a_ratio_and_only_where_both_finish():
    table = table_of(MOMENTS["hump"], saved=4.0)
    found = effects(table)
    assert found["an_earlier_machine_saves_questions:building"] == pytest.approx(2)
    assert found["an_earlier_machine_saves_questions:all"] == pytest.approx(np.log2(480 / 420))
    table.loc[table["step"] < 3, "adaptive_finished"] = False
    table.loc[table["step"] < 3, "lsharp_queries"] = 1e6
    assert effects(table) == found


def test_a_moment_at_which_nothing_was_asked_has_no_ratio():
    table = table_of(MOMENTS["hump"], saved=4.0)
    found = effects(table)
    table.loc[table["step"] == 2, ["adaptive_queries", "lsharp_queries"]] = 0.0
    table.loc[table["step"] == 4, "adaptive_queries"] = 0.0
    again = effects(table)["an_earlier_machine_saves_questions:building"]
    assert again == found["an_earlier_machine_saves_questions:building"] == pytest.approx(2)


def test_networks_that_decide_nothing_have_no_classes_and_no_claim_on_them():
    claims = formation_claims(table_of(MOMENTS["hump"]).assign(n_merged=None), seed=0)
    counted = {claim.claim: claim.n for claim in claims}
    assert counted["parity_expands_then_merges:merged"] == 0
    assert counted["training_on_merges_states:merged"] == 0
    assert counted["parity_expands_then_merges:minimal"] == 6


def test_the_share_that_end_as_parity_has_an_interval_though_all_do():
    [claim] = [
        each
        for each in formation_claims(table_of(MOMENTS["hump"]), seed=0)
        if each.claim == "parity_ends_with_two"
    ]
    # Wilson's 95 % interval of 6 of 6 begins at 6 / (6 + 1.96^2).
    assert (claim.effect, claim.high) == (1, 1)
    assert claim.low == pytest.approx(2 * 6 / (6 + 1.959964**2) - 1)


def test_networks_that_miss_the_gate_say_nothing_of_learning():
    found = {
        claim.claim: claim.n_clusters
        for claim in formation_claims(
            table_of(MOMENTS["hump"]).assign(gate="under-trained"), seed=0
        )
    }
    assert found["parity_expands_then_merges:minimal"] == 0
    assert found["training_on_merges_states:merged"] == 0
    assert found["states_come_and_go_in_training"] == 6
