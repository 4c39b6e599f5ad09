"""Groups of one's own data: who is in which, and designs that cannot be compared."""

import numpy as np
import pandas as pd
import pytest

from markovlens.errors import ConfigError, DataError
from markovlens.tasks import make_task, members_of

N_SUBJECTS = 30


@pytest.fixture
def data(tmp_path):
    """Two visits each of thirty subjects, every third of whom is a case."""
    rows = [
        {"visit": f"{subject}-{visit}", "step": step, "who": f"p{subject}", "when": f"day {visit}",
         "arm": "case" if subject % 3 == 0 else "control", "symbol": "ab"[(subject + step) % 2],
         "target": "xy"[step % 2]}
        for subject in range(N_SUBJECTS) for visit in range(2) for step in range(3)
    ]  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


def section(data, **changes):
    usual = {
        "data": str(data), "sequence": "visit", "step": "step", "symbols": "symbol",
        "target": "target", "group": "who", "split": {"by": "group", "shares": [0.3, 0.3, 0.4]},
        "compare": {"column": "arm", "splits": ["valid", "test"]},
    }  # fmt: skip
    return usual | changes


def test_members_stand_in_the_order_of_the_splits(data):
    sizes = section(data)
    task = make_task("custom_own", sizes=sizes, seed=1)
    members = members_of("custom_own", sizes=sizes, seed=1)
    n_sequences = sum(len(task.splits[split].inputs) for split in ("valid", "test"))
    assert len(members.groups) == len(members.subjects) == n_sequences
    # A subject's first symbol tells whether its number is odd, so that rows can be recognised.
    firsts = np.concatenate(
        [
            part.inputs.values[part.inputs.starts]
            for name, part in task.splits.items()
            if name != "train"
        ]
    )
    numbers = np.array([int(name[1:]) for name in members.subjects])
    assert (firsts == numbers % 2).all()
    assert ((members.groups == "case") == (numbers % 3 == 0)).all()
    places = members.places()
    assert list(places) == ["case", "control"]
    assert sorted(np.concatenate(list(places.values()))) == list(range(n_sequences))


def test_splits_and_data_are_the_same_whether_or_not_groups_are_compared(data):
    with_groups, without = (
        make_task("custom_own", sizes=section(data, compare=compare), seed=1)
        for compare in ({"column": "arm"}, None)
    )
    for split, part in with_groups.splits.items():
        assert np.array_equal(part.inputs.values, without.splits[split].inputs.values)


@pytest.mark.parametrize(
    ("compare", "error", "message"),
    [
        ({"column": "arms"}, DataError, "arms"),
        ({"column": "visit"}, DataError, "expected two values of who or more in"),
        (
            {"column": "symbol"},
            DataError,
            "symbol: expected 'a', as at the first step of its sequence",
        ),
        ({"column": "same"}, DataError, "expected two groups of same or more, got 1"),
    ],
)
def test_groups_that_cannot_be_compared_are_told_when_the_task_is_made(
    data, compare, error, message
):
    table = pd.read_csv(data).assign(same="all")
    table.to_csv(data, index=False)
    with pytest.raises(error, match=message):
        make_task("custom_own", sizes=section(data, compare=compare), seed=1)


def test_pairs_need_to_be_told_whose_sequences_are_whose(data):
    sizes = section(
        data, group=None, split={"by": "sequence"}, compare={"column": "when", "paired": True}
    )
    with pytest.raises(ConfigError, match="paired needs the key group"):
        make_task("custom_own", sizes=sizes, seed=1)


def test_pairs_are_subjects_that_are_in_all_groups(data):
    sizes = section(data, compare={"column": "when", "paired": True, "splits": ["test"]})
    members = members_of("custom_own", sizes=sizes, seed=1)
    assert members.paired
    first, second = (set(members.subjects[at]) for at in members.places().values())
    assert first == second
