"""The study of one network: all analyses, failures as rows, the same seed the same bytes."""

from functools import partial

import numpy as np
import pytest

from markovlens.dynamics import study
from markovlens.dynamics.bridge import Sizes
from markovlens.dynamics.emergence import Checkpoint
from markovlens.dynamics.measures import COLUMNS, PLACE
from markovlens.dynamics.study import ANALYSES, analyse
from markovlens.errors import DataError
from markovlens.tables.dynamics import STUDIES
from markovlens.tables.writer import write_table
from markovlens.tasks.base import Source

TABLES = {"numbers", "paths", "points", "decay", "roles"}
SOURCE = Source(np.full(2, 0.5), np.array([[0.9, 0.1], [0.1, 0.9]]), np.eye(2))
SMALL = {
    "N_RUNS": 40, "N_STEPS": 120, "N_COLLAPSING": 6, "GAIN_RUNS": 20, "GAIN_DRAWS": 2,
    "POOL_STEPS": 60, "STAGE_RUNS": 10, "STAGE_STEPS": 60,
}  # fmt: skip
OF_ANALYSIS = {  # what tables call the parts of an analysis, where they are not its name
    "kicks": {"kicks", "silencing", "recurrent_gain", "noise_gain", "populations"},
}
FITS = Sizes(
    n_states=(1, 2, 3), n_components=3, n_runs=12, n_steps=60, warmup=5, restarts=1,
    n_resamples=20,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _small():
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SMALL.items():
            patch.setattr(study, name, size)
        for name in ("build_bridge", "bridge_table"):
            patch.setattr(study, name, partial(getattr(study, name), sizes=FITS))
        yield


def look_into(network, seed=0):
    checkpoints = [Checkpoint(0, network, 2.0), Checkpoint(5, network, 1.0)]
    return analyse(
        network, SOURCE, length=50, checkpoints=checkpoints, seed=np.random.SeedSequence(seed)
    )


@pytest.fixture(scope="module")
def whole(rivals):
    return look_into(rivals)


def written(folder, tables):
    for name, table in tables.items():
        write_table(folder / f"{name}.parquet", table, STUDIES[name])
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_analysis_is_there(whole):
    assert set(whole) == TABLES
    assert all(len(table) for table in whole.values())
    numbers = whole["numbers"]
    assert [*numbers] == [*COLUMNS, "status", "reason"]
    assert set(numbers["status"]) == {"ok"}
    expected = set().union(*(OF_ANALYSIS.get(name, {name}) for name in ANALYSES))
    assert set(numbers["analysis"]) == expected


def test_no_number_has_two_rows(whole):
    assert not whole["numbers"].duplicated(["analysis", "measure", *PLACE]).any()


def test_no_name_of_a_place_holds_a_key(whole):
    """Numbers that tell rows apart have columns of their own: nobody must take names to pieces."""
    names = set(whole["numbers"]["where"])
    assert not [name for name in names if set(name) & set("0123456789,:>=/")]


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    whole, rivals, tmp_path, monkeypatch
):
    for name in ("first", "again", "other"):
        (tmp_path / name).mkdir()
    first = written(tmp_path / "first", whole)
    assert written(tmp_path / "again", look_into(rivals)) == first
    monkeypatch.setattr(study, "ANALYSES", {"orbit": ANALYSES["orbit"]})
    other = written(tmp_path / "other", look_into(rivals, seed=1))
    assert other["paths.parquet"] != first["paths.parquet"]


@pytest.mark.parametrize("error", [DataError, ValueError, np.linalg.LinAlgError])
def test_an_analysis_that_fails_is_a_row_and_changes_no_other(whole, rivals, monkeypatch, error):
    def fails(subject, rng):
        rng.random()
        raise error("no switches\nand more")

    quick = {"orbit", "residency", "composition"}
    monkeypatch.setattr(
        study, "ANALYSES", {name: run if name in quick else fails for name, run in ANALYSES.items()}
    )
    numbers = look_into(rivals)["numbers"]
    failed = numbers[numbers["status"] != "ok"]
    assert set(failed["analysis"]) == set(ANALYSES) - quick
    assert set(failed["status"]) == {"failed"}
    assert set(failed["reason"]) == {"no switches"}
    assert failed["value"].isna().all()
    assert (failed["n"] == 0).all()
    kept, before = (
        table[table["analysis"].isin(quick)].reset_index(drop=True)
        for table in (numbers, whole["numbers"])
    )
    assert kept.equals(before)


def test_an_error_of_ours_is_not_taken_for_a_failed_analysis(rivals, monkeypatch):
    def broken(subject, rng):
        raise TypeError("a mistake in the code")

    monkeypatch.setattr(study, "ANALYSES", {"orbit": broken})
    with pytest.raises(TypeError, match="a mistake"):
        look_into(rivals)


def test_a_network_without_input_units_has_its_other_analyses(turning, monkeypatch):
    monkeypatch.setattr(study, "ANALYSES", {name: ANALYSES[name] for name in ("orbit", "kicks")})
    numbers = look_into(turning)["numbers"]
    assert set(numbers.loc[numbers["status"] == "ok", "analysis"]) == {"orbit"}
    (reason,) = numbers.loc[numbers["analysis"] == "kicks", "reason"]
    assert "train a larger network" in reason


def test_states_without_bound_cannot_be_studied(make_linear):
    growing = make_linear(30 * np.eye(2), drive=np.eye(2), readout=np.eye(2))
    with pytest.raises(DataError, match="without bound"):
        look_into(growing)
