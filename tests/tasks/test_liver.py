import numpy as np
import pandas as pd
import pytest

from markovlens.errors import DataError
from markovlens.tasks import make_task
from markovlens.tasks.fetch import fetch
from markovlens.tasks.liver import CHANNELS, make, outcome, read_visits
from markovlens.tasks.resources import resource_path

SIZES = {"n_valid": 62, "n_test": 62, "horizon": 3}


@pytest.fixture(scope="module")
def folder(resources):
    fetch("pbc", resources)
    return resources


@pytest.fixture(scope="module")
def visits(folder):
    return read_visits(resource_path("pbc", folder))


def made(folder, seed=0, **sizes):
    return make_task("liver_disease", sizes=SIZES | sizes, seed=seed, resources=folder)


def patient_keys(split):
    """Age, sex and drug are of the patient, and together with the first bilirubin his own."""
    first = split.inputs.rows[split.inputs.starts]
    return {tuple(row) for row in np.nan_to_num(first, nan=-1.0)}


def test_the_file_holds_the_trial(visits):
    assert len(visits) == 1945
    assert visits["id"].nunique() == 312
    assert visits.groupby("id")["status2"].first().sum() == 140


def test_each_patient_is_in_one_split_alone(folder):
    task = made(folder)
    keys = [patient_keys(split) for split in task.splits.values()]
    assert [len(some) for some in keys] == [188, 62, 62]
    assert len(set.union(*keys)) == 312
    assert sum(split.inputs.n_steps for split in task.splits.values()) == 1945


def test_deaths_are_spread_evenly(folder):
    shares = [
        (split.targets == 1).sum() / (split.targets >= 0).sum()
        for split in made(folder).splits.values()
    ]
    assert np.ptp(shares) < 0.1


def test_what_is_not_known_in_time_is_not_asked():
    visits = pd.DataFrame(
        {
            "year": [0.0, 4.0, 0.0, 2.5, 1.0],
            "years": [5.0, 5.0, 3.0, 3.0, 5.0],
            "status2": [1, 1, 0, 0, 1],
        }
    )
    # Dies after 5 years; after 1; lives, not followed beyond 3 years, twice; dies after 4.
    assert outcome(visits, 3).tolist() == [0, 1, -1, -1, 0]
    assert outcome(visits, 2).tolist() == [0, 1, 0, -1, 0]


def test_no_input_knows_how_long_a_patient_is_followed(folder, tmp_path):
    path = resource_path("pbc", folder)
    longer = tmp_path / "pbc2.csv"
    pd.read_csv(path).assign(years=lambda visits: visits["years"] + 1.7).to_csv(longer)
    first, second = (
        make("liver_disease", sizes=SIZES, seeds=np.random.SeedSequence(0), pbc=file).splits
        for file in (path, longer)
    )
    for split in first:
        np.testing.assert_array_equal(first[split].inputs.rows, second[split].inputs.rows)
        assert (first[split].targets != second[split].targets).any()


def test_missing_values_stay_missing_and_levels_are_codes(folder, visits):
    task = made(folder)
    rows = np.concatenate([split.inputs.rows for split in task.splits.values()])
    missing = dict(zip(CHANNELS, np.isnan(rows).sum(axis=0), strict=True))
    assert missing["serChol"] == 821
    assert missing["platelets"] == 73
    assert missing["serBilir"] == missing["age"] == 0
    assert set(visits["edema"]) == {0.0, 1.0, 2.0}


def test_visits_of_a_patient_are_in_the_order_of_time(visits):
    assert visits.groupby("id")["year"].is_monotonic_increasing.all()


def test_too_many_patients_are_refused(folder):
    with pytest.raises(DataError, match=r"at most 312.*lower tasks.liver.n_valid"):
        made(folder, n_valid=250)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda visits: visits.drop(columns="albumin"), "lacks the columns albumin"),
        (lambda visits: visits.assign(edema="some"), "edema: unknown levels 'some'"),
    ],
)
def test_another_file_is_named(change, message, folder, tmp_path):
    path = tmp_path / "pbc2.csv"
    change(pd.read_csv(resource_path("pbc", folder))).to_csv(path)
    with pytest.raises(DataError, match=rf"pbc2.csv: {message}"):
        read_visits(path)
