"""Jobs that go to a cluster together are one submission, and how long each is."""

import pytest

from helpers.costs import FITS, PARITY, START, config_of, jobs_of, measured_from, record
from markovlens.running.benchmarks import Job, Place
from markovlens.running.estimate import (
    LONG_S,
    SHORT_S,
    SUBMISSION_COLUMNS,
    by_submission,
    estimate,
)


def submissions(folder, lengths, **profile):
    """Return the table of submissions, where each job takes the seconds that `lengths` says."""
    records = [
        record(rule, taken, task=task, model=model)
        for (rule, task, model), taken in lengths.items()
    ]
    jobs = [Job(Place(*names)) for names in lengths]
    costs = estimate(jobs, config_of(), measured_from(folder, records), config_of())
    table = by_submission(costs, profile)
    assert tuple(table.columns) == SUBMISSION_COLUMNS
    return table.set_index("submission")


LENGTHS = {
    ("activations_record", "parity", "gru"): SHORT_S - 5.0,
    ("activations_record", "contains_000", "gru"): 7.0,
    ("embedding_fit", "parity", "gru"): 6.0,
    ("embedding_fit", "contains_000", "gru"): 4.0,
    ("abstractions_fit", "parity", "gru"): LONG_S + 1.0,
    ("abstractions_fit", "contains_000", "gru"): LONG_S - 1.0,
    ("tasks_fetch", "", ""): 1.0,
}


def test_jobs_of_no_group_go_alone_and_downloads_are_not_submitted(tmp_path):
    table = submissions(tmp_path, LENGTHS)
    assert set(table.index) == {"activations_record", "embedding_fit", "abstractions_fit"}
    assert list(table["submissions"]) == [2, 2, 2]
    assert table["too_short"].to_dict() == {
        "activations_record": 2, "embedding_fit": 2, "abstractions_fit": 0,
    }  # fmt: skip
    fits = table.loc["abstractions_fit"]
    assert (fits["too_long"], fits["longest_of"]) == (1, "parity gru")
    assert (fits["shortest_s"], fits["longest_s"]) == (LONG_S - 1, LONG_S + 1)


def test_jobs_of_one_group_and_network_are_one_submission(tmp_path):
    groups = ["activations_record=record", "embedding_fit=record"]
    table = submissions(tmp_path, LENGTHS, groups=groups)
    together = table.loc["record"]
    assert (together["submissions"], together["too_short"]) == (2, 1)
    assert (together["shortest_s"], together["longest_s"]) == (11, SHORT_S + 1)
    assert (together["shortest_of"], together["longest_of"]) == ("contains_000 gru", "parity gru")


def test_groups_of_several_networks_can_be_one_submission(tmp_path):
    groups = ["activations_record=record", "embedding_fit=record"]
    profile = {"groups": groups, "group-components": ["record=2"]}
    together = submissions(tmp_path, LENGTHS, **profile).loc["record"]
    assert (together["submissions"], together["longest_s"]) == (1, SHORT_S + 12)
    assert (together["shortest_of"], together["longest_of"]) == ("", "")


def test_the_last_of_several_is_named_where_it_goes_alone(tmp_path):
    fits = {key: taken for key, taken in LENGTHS.items() if key[0] == "abstractions_fit"}
    fits[("abstractions_fit", "chain_2", "gru")] = 3.0
    profile = {"groups": ["abstractions_fit=fits"], "group-components": ["fits=2"]}
    row = submissions(tmp_path, fits, **profile).loc["fits"]
    assert (row["submissions"], row["shortest_of"], row["longest_of"]) == (2, "chain_2 gru", "")


def test_a_group_that_has_a_network_in_its_name_is_of_one_network(tmp_path):
    name = "record_{task}_{model}"
    groups = [f"activations_record={name}", f"embedding_fit={name}"]
    table = submissions(tmp_path, LENGTHS, groups=groups, **{"group-components": [f"{name}=2"]})
    assert table.loc[name, "submissions"] == 2
    assert table.loc[name, "longest_of"] == "parity gru"


def test_jobs_without_a_number_are_counted_beside_the_submissions(tmp_path):
    measured = measured_from(tmp_path, FITS)
    wanted = [*PARITY, *jobs_of("embedding_fit", ("parity", "gru"), ("contains_000", "gru"))]
    wanted += jobs_of("dynamics_analyse", ("chain_2", "a"))
    costs = estimate(wanted, config_of(), measured, config_of())
    groups = {"groups": ["abstractions_fit=network", "embedding_fit=network"]}
    table = by_submission(costs, groups).set_index("submission")
    assert table["submissions"].to_dict() == {"dynamics_analyse": 1, "network": 2}
    assert table["unmeasured"].to_dict() == {"dynamics_analyse": 1, "network": 2}
    assert table.loc["network", "shortest_s"] == pytest.approx(START + 60)
    assert table.loc["network", "shortest_of"] == "parity gru"
    assert table["longest_s"].isna().to_dict() == {"dynamics_analyse": True, "network": False}


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (["abstractions_fit=network"], {"abstractions_fit": 2}),
        (["abstractions_fit_1=network", "abstractions_fit_2=network"], {"network": 1}),
    ],
)
def test_parts_of_the_fits_go_together_only_if_the_profile_names_the_parts(
    tmp_path, groups, expected
):
    jobs = [Job(PARITY[0].place, part) for part in "12"]
    costs = estimate(jobs, config_of(), measured_from(tmp_path, FITS), config_of())
    table = by_submission(costs, {"groups": groups}).set_index("submission")
    assert table["submissions"].to_dict() == expected
