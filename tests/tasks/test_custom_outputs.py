"""A user's columns of labels, values and risks, now or ahead, and what is wrong with them."""

import numpy as np
import pandas as pd
import pytest

from markovlens.errors import ConfigError, DataError
from markovlens.outputs import Output
from markovlens.tasks import make_task
from markovlens.tasks.base import SPLITS
from markovlens.tasks.custom.description import check_descriptions
from markovlens.tasks.store import load_task, save_task

N_SUBJECTS, STEPS = 20, 6


def table_of() -> pd.DataFrame:
    """Return twenty subjects whose columns are functions of pulse and minute."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(N_SUBJECTS), STEPS)
    minute = np.tile(np.arange(STEPS), N_SUBJECTS)
    pulse = rng.normal(80, 10, len(subject)).round(1)
    return pd.DataFrame(
        {
            "subject": subject,
            "minute": minute,
            "pulse": pulse,
            "dose": (pulse / 4).round(2),
            "flow": (pulse - 70).round(1),
            "fast": (pulse > 80).astype(int),
            "slow": pulse < 75,
            "left": (STEPS - minute).astype(float),
            "came": (subject % 3 > 0).astype(int),
        }
    )


SECTION = {"sequence": "subject", "step": "minute", "inputs": ["pulse"]}
KINDS = {
    Output.VALUES: {"target": ["dose", "flow"], "units": {"dose": "mg", "flow": "l/min"}},
    Output.LABELS: {"target": ["fast", "slow"]},
    Output.RISK: {"target": ["left", "came"]},
}


def made(tmp_path, table=None, **change):
    path = tmp_path / "vitals.csv"
    (table_of() if table is None else table).to_csv(path, index=False)
    return make_task("custom_vitals", sizes={**SECTION, "data": str(path), **change}, seed=0)


def test_values_are_columns_named_with_their_units(tmp_path):
    task = made(tmp_path, output="values", **KINDS[Output.VALUES])
    assert task.output == Output.VALUES
    assert task.classes == ("dose [mg]", "flow [l/min]")
    for split in task.splits.values():
        pulse = split.inputs.rows[:, 0]
        np.testing.assert_allclose(split.targets[:, 0], pulse / 4, atol=0.006)
        np.testing.assert_allclose(split.targets[:, 1], pulse - 70, atol=1e-9)


def test_labels_are_ones_and_truth_values_and_unknown_where_empty(tmp_path):
    table = table_of().astype({"fast": "Int64"})
    table.loc[0, "fast"] = pd.NA
    task = made(tmp_path, table, output="labels", **KINDS[Output.LABELS])
    assert task.classes == ("fast", "slow")
    found = np.concatenate([task.splits[name].targets for name in SPLITS])
    pulse = np.concatenate([task.splits[name].inputs.rows[:, 0] for name in SPLITS])
    unknown = found[:, 0] == -1
    assert unknown.sum() == 1
    np.testing.assert_array_equal(found[~unknown, 0], pulse[~unknown] > 80)
    np.testing.assert_array_equal(found[:, 1], pulse < 75)


def test_labels_that_are_one_sided_raise_what_a_network_must_beat(tmp_path):
    both = made(tmp_path, output="labels", **KINDS[Output.LABELS])
    table = table_of().assign(part=np.repeat(SPLITS, [78, 24, 18]))
    table.loc[table["part"] == "valid", "slow"] = False
    sided = made(tmp_path, table, output="labels", split={"column": "part"}, **KINDS[Output.LABELS])
    # Of three groups a constant has one of `fast` and the one of `slow`; it is not enough.
    for task, constant in ((both, 1 / 2), (sided, 2 / 3)):
        assert constant < task.gate == pytest.approx(constant)


def test_a_risk_is_a_time_with_its_event_or_one_number(tmp_path):
    task = made(tmp_path, output="risk", **KINDS[Output.RISK])
    assert task.classes == ("risk",)
    assert task.splits["test"].targets.shape[1] == 2
    alone = made(tmp_path, output="risk", target="flow")
    assert alone.classes == ("flow",)
    assert alone.splits["test"].targets.shape[1] == 1


@pytest.mark.parametrize("horizon", [1, 2])
def test_a_forecast_asks_for_later_rows_of_the_same_sequence(tmp_path, horizon):
    task = made(tmp_path, output="values", target="pulse", horizon=horizon, units={"pulse": "/min"})
    said = "next pulse" if horizon == 1 else "pulse in 2 steps"
    assert task.classes == (f"{said} [/min]",)
    assert task.horizon == horizon
    for split in task.splits.values():
        pulse = split.inputs.rows.reshape(-1, STEPS)
        asked = split.targets.reshape(-1, STEPS)
        np.testing.assert_array_equal(asked[:, :-horizon], pulse[:, horizon:])
        assert np.isnan(asked[:, -horizon:]).all()


@pytest.mark.parametrize(("horizon", "unasked"), [(1, {1, 4}), (2, {0, 1, 3, 4})])
def test_nothing_is_forecast_across_a_gap(tmp_path, horizon, unasked, caplog):
    table = table_of()
    table = table[table["minute"] != 2]  # 0, 1, then 3, 4, 5
    task = made(tmp_path, table, output="values", target="pulse", horizon=horizon)
    assert "nothing is forecast across it" in caplog.text
    for split in task.splits.values():
        pulse = split.inputs.rows.reshape(-1, STEPS - 1)
        asked = split.targets.reshape(-1, STEPS - 1)
        assert set(np.flatnonzero(np.isnan(asked).any(axis=0))) == unasked
        kept = [place for place in range(STEPS - 1) if place not in unasked]
        np.testing.assert_array_equal(asked[:, kept], pulse[:, np.array(kept) + horizon])


@pytest.mark.parametrize("stands", [-999, "-999", "-999.0"])
@pytest.mark.parametrize("column", ["pulse", "dose"])
def test_what_stands_for_a_missing_number_may_be_its_text(tmp_path, stands, column):
    table = table_of()
    table.loc[3, column] = -999
    task = made(tmp_path, table, output="values", target="dose", missing_values=[stands])
    parts = task.splits.values()
    values = [part.targets if column == "dose" else part.inputs.rows for part in parts]
    assert np.isnan(np.concatenate(values)).sum() == 1


def test_classes_can_be_forecast_too(tmp_path):
    task = made(tmp_path, target="fast", horizon=1)
    assert task.output == Output.DISTRIBUTION
    for split in task.splits.values():
        asked = split.targets.reshape(-1, STEPS)
        pulse = split.inputs.rows.reshape(-1, STEPS)
        np.testing.assert_array_equal(asked[:, :-1], pulse[:, 1:] > 80)
        assert (asked[:, -1] == -1).all()


@pytest.mark.parametrize("output", list(KINDS))
def test_what_is_kept_is_read_again(tmp_path, output):
    task = made(tmp_path, output=str(output), **KINDS[output])
    save_task(tmp_path / "task", task)
    again = load_task(tmp_path / "task")
    assert (again.output, again.classes, again.gate) == (task.output, task.classes, task.gate)
    for name in SPLITS:
        np.testing.assert_array_equal(again.splits[name].targets, task.splits[name].targets)
        assert again.splits[name].targets.dtype == task.splits[name].targets.dtype


WRONG_SECTIONS = {
    "several classes": ({"target": ["fast", "slow"]}, "one column of classes.*need `output`"),
    "one label": ({"output": "labels", "target": "fast"}, "one label is two classes"),
    "three of a risk": (
        {"output": "risk", "target": ["left", "came", "dose"]},
        "one column, the higher the sooner, or time and event",
    ),
    "the answer is read": ({"output": "values", "target": "pulse"}, "learns nothing.*`horizon`"),
    "an unknown output": ({"output": "value", "target": "dose"}, "did you mean values"),
    "a unit of a class": ({"target": "fast", "units": {"fast": "x"}}, "no input"),
    "levels of a value": (
        {"output": "values", "target": "dose", "levels": {"dose": ["a"]}},
        "no input, symbol or class",
    ),
    "looking back": ({"target": "fast", "horizon": -1}, "horizon: expected .* 0 or more, got -1"),
    "half a step": ({"target": "fast", "horizon": 0.5}, "horizon: expected a whole number"),
    "no window": ({"target": "fast", "window": 0}, "window: expected .* 1 or more, got 0"),
    "a typo": ({"target": "fast", "missing": "refused"}, "missing: got .*did you mean refuse"),
    "another": ({"target": "fast", "split": {"by": "groups"}}, "by: got .*did you mean group"),
    "twice": ({"output": "values", "target": ["dose", "dose"]}, "different columns"),
}


@pytest.mark.parametrize("what", WRONG_SECTIONS)
def test_a_section_that_does_not_go_together_is_refused(tmp_path, what):
    change, message = WRONG_SECTIONS[what]
    with pytest.raises(ConfigError, match=f"(?s)tasks.custom.vitals.*{message}"):
        made(tmp_path, **change)


WRONG_CELLS = {
    "text": (Output.VALUES, "dose", "much", r"vitals.csv, row 4: dose: expected a number.*'much'"),
    "infinite": (Output.VALUES, "dose", np.inf, "row 4: dose: expected a number, got inf"),
    "a third label": (Output.LABELS, "fast", 2, "row 4: fast: expected 1 or 0.*got 2"),
    "a share": (Output.RISK, "came", 0.5, "row 4: came: expected 1 or 0.*got 0.5"),
    "time alone": (Output.RISK, "came", None, "row 4: came: expected a value beside left"),
    "event alone": (Output.RISK, "left", None, "row 4: left: expected a value beside came"),
    "before now": (Output.RISK, "left", -2, "row 4: left: expected the time left.*got -2"),
}


@pytest.mark.parametrize("what", WRONG_CELLS)
def test_a_wrong_cell_is_named_with_file_column_and_row(tmp_path, what):
    output, column, value, message = WRONG_CELLS[what]
    table = table_of().astype({column: object})
    table.loc[3, column] = value
    with pytest.raises(DataError, match=message):
        made(tmp_path, table, output=str(output), **KINDS[output])


@pytest.mark.parametrize(
    ("output", "column", "value", "message"),
    [
        (Output.VALUES, "dose", 3.5, "dose: expected two values or more, got 3.5 throughout"),
        (Output.VALUES, "dose", None, "dose: expected a target at some step, got empty cells"),
        (Output.LABELS, "fast", 1, "fast: expected two labels or more, got 1 throughout"),
        (Output.VALUES, "dose", "low", "dose: expected numbers, since the output is values"),
        (Output.LABELS, "fast", "on", "fast: expected 1 or 0, or true or false, got 'on'"),
    ],
)
def test_a_column_that_says_nothing_is_refused(tmp_path, output, column, value, message):
    with pytest.raises(DataError, match=message):
        made(tmp_path, table_of().assign(**{column: value}), output=str(output), **KINDS[output])


@pytest.mark.parametrize("always", [True, "true", 1])
def test_an_event_that_always_came_is_a_risk_without_censored_times(tmp_path, always):
    path = tmp_path / "vitals.parquet"  # whose text stays text
    table_of().assign(came=always).to_parquet(path)
    section = {**SECTION, **KINDS[Output.RISK], "data": str(path), "output": "risk"}
    task = make_task("custom_vitals", sizes=section, seed=0)
    for part in task.splits.values():
        assert (part.targets[:, 1] == 1).all()


VAIN = {
    "a value": (Output.VALUES, "flow", 3.5, "flow: expected two different targets or more in"),
    "a time": (Output.RISK, "left", 2.0, "left: expected two different targets or more in"),
    "no event": (Output.RISK, "came", 0, "left, came: expected an event in"),
    "no label": (Output.LABELS, ["fast", "slow"], 0, "fast, slow: expected a label .* on and off"),
}


@pytest.mark.parametrize("what", VAIN)
@pytest.mark.parametrize("split", SPLITS[1:])
def test_a_split_by_which_no_answer_is_better_is_refused_before_any_training(tmp_path, what, split):
    output, column, value, message = VAIN[what]
    table = table_of().astype({"slow": int}).assign(part=np.repeat(SPLITS, [78, 24, 18]))
    section = {"output": str(output), "split": {"column": "part"}, **KINDS[output]}
    assert made(tmp_path, table, **section)
    table.loc[table["part"] == split, column] = value
    with pytest.raises(DataError, match=f"{message}.*{split}.*split otherwise"):
        made(tmp_path, table, **section)


def test_an_event_after_all_times_are_over_orders_nothing(tmp_path):
    table = table_of().assign(part=np.repeat(SPLITS, [78, 24, 18]))
    valid = table["part"] == "valid"
    table.loc[valid, "came"] = (table.loc[valid, "left"] == STEPS).astype(int)
    with pytest.raises(DataError, match="an event in valid that comes before another's time"):
        made(tmp_path, table, output="risk", split={"column": "part"}, **KINDS[Output.RISK])


def test_a_horizon_longer_than_every_sequence_asks_for_nothing(tmp_path):
    with pytest.raises(DataError, match="dose: expected two different targets or more in train"):
        made(tmp_path, output="values", target="dose", horizon=STEPS)


@pytest.mark.parametrize("column", [["high", *"1234567"], [f"note {n}" for n in range(8)]])
@pytest.mark.parametrize("output", [Output.VALUES, Output.LABELS, Output.RISK])
def test_text_in_a_target_of_numbers_is_not_told_to_become_categories(column, output, tmp_path):
    table = table_of()
    target = KINDS[output]["target"]
    table = table.assign(**{target[0]: np.resize(np.array(column, dtype=object), len(table))})
    with pytest.raises(DataError, match=rf"row \d+: {target[0]}: expected ") as error:
        made(tmp_path, table, output=output, target=target)
    assert "levels" not in str(error.value)


def test_a_misspelt_target_is_named_and_not_its_unit(tmp_path):
    table_of().to_csv(tmp_path / "v.csv", index=False)
    section = {**SECTION, "data": str(tmp_path / "v.csv"), "output": "values"}
    section |= {"target": ["doses", "flow"], "units": {"dose": "mg"}}
    (line,) = check_descriptions({"vitals": section}, ["vitals"])
    assert "v.csv: expected a column 'doses', got " in line
    assert "did you mean dose" in line
    (line,) = check_descriptions({"vitals": {**section, "target": ["flow"]}}, ["vitals"])
    assert "units: got 'dose', which is no input and no target; the inputs and targets are" in line
