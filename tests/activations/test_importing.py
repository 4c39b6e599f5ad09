"""Arrays that other tools wrote become a trace, or it is said what they lack."""

import numpy as np
import pandas as pd
import pytest

import markovlens as ml
from markovlens.errors import ConfigError, DataError

RNG = np.random.default_rng(0)
STATES = RNG.normal(size=(10, 3))
INPUTS = RNG.integers(2, size=10)
OUTPUTS = np.stack([INPUTS, 1 - INPUTS], axis=1).astype(float)
LENGTHS = np.array([4, 6])
ALL = {"states": "h", "inputs": "x", "outputs": "p", "lengths": "n"}


def check(trace):
    np.testing.assert_allclose(trace.states, STATES)
    np.testing.assert_array_equal(trace.inputs, INPUTS)
    np.testing.assert_allclose(trace.outputs, OUTPUTS)
    np.testing.assert_array_equal(trace.lengths, LENGTHS)
    assert trace.symbols == trace.classes == ("0", "1")


def test_npz(tmp_path):
    np.savez(tmp_path / "a.npz", h=STATES, x=INPUTS, p=OUTPUTS, n=LENGTHS)
    check(ml.read_trace(tmp_path / "a.npz", ALL))


def test_hdf5_by_path(tmp_path):
    h5py = pytest.importorskip("h5py", reason="needs h5py: the extra hdf5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["run/h"], file["run/x"], file["run/p"], file["n"] = STATES, INPUTS, OUTPUTS, LENGTHS
    paths = {"states": "run/h", "inputs": "run/x", "outputs": "run/p", "lengths": "n"}
    check(ml.read_trace(tmp_path / "a.h5", paths))


@pytest.mark.parametrize("suffix", [".parquet", ".feather", ".csv"])
def test_tables_in_any_order(tmp_path, suffix):
    frame = pd.DataFrame(STATES, columns=["u1", "u2", "u3"]).assign(
        x=INPUTS,
        p0=OUTPUTS[:, 0],
        p1=OUTPUTS[:, 1],
        who=["b"] * 4 + ["a"] * 6,
        t=[*range(4), *range(6)],
    )
    shuffled = frame.iloc[[0, *RNG.permutation(np.arange(1, 10))]].reset_index(drop=True)
    path = tmp_path / f"a{suffix}"
    write = {".parquet": "to_parquet", ".feather": "to_feather", ".csv": "to_csv"}[suffix]
    getattr(shuffled, write)(path, **({"index": False} if suffix == ".csv" else {}))
    columns = {
        "states": ["u1", "u2", "u3"],
        "inputs": "x",
        "outputs": ["p0", "p1"],
        "sequence": "who",
        "step": "t",
    }
    check(ml.read_trace(path, columns))


def test_a_column_of_lists_is_a_row_of_units_a_step(tmp_path):
    pd.DataFrame({"h": list(STATES), "x": INPUTS}).to_parquet(tmp_path / "a.parquet")
    trace = ml.read_trace(tmp_path / "a.parquet", {"states": "h", "inputs": "x"})
    np.testing.assert_allclose(trace.states, STATES)
    assert not trace.has_output.any()


def test_sequences_of_one_length_and_nothing_but_states(tmp_path):
    np.savez(tmp_path / "a.npz", h=STATES[:8].reshape(2, 4, 3))
    trace = ml.read_trace(tmp_path / "a.npz", {"states": "h"})
    np.testing.assert_array_equal(trace.lengths, [4, 4])
    np.testing.assert_allclose(trace.states, STATES[:8])
    assert trace.symbols == ("(none)",)


def test_zarr_and_what_is_missing_of_one(tmp_path):
    zarr = pytest.importorskip("zarr", reason="needs zarr: `make test-frameworks`")
    group = zarr.open_group(tmp_path / "a.zarr", mode="w")
    for name, values in {"h": STATES, "x": INPUTS, "p": OUTPUTS, "n": LENGTHS}.items():
        chunks = (5, *values.shape[1:]) if len(values) > 5 else values.shape
        group.create_array(name, data=values, chunks=chunks)
    check(ml.read_trace(tmp_path / "a.zarr", ALL))
    (tmp_path / "a.zarr" / "h" / "c" / "1" / "0").unlink()
    with pytest.raises(DataError, match="1 of its 2 chunks are not there"):
        ml.read_trace(tmp_path / "a.zarr", ALL)


def test_hdf5_that_was_never_written_to_the_end(tmp_path):
    h5py = pytest.importorskip("h5py", reason="needs h5py: the extra hdf5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("h", shape=(10, 3), chunks=(5, 3), dtype="f4")[:5] = STATES[:5]
    with pytest.raises(DataError, match="1 of its 2 chunks are not there"):
        ml.read_trace(tmp_path / "a.h5", {"states": "h"})


@pytest.mark.parametrize("regular", [True, False])
def test_trials_and_units_of_nwb(tmp_path, regular):
    """Rates of 10 bins of 0.1 s from 5 s on, kept in tenths; two trials, one bin between."""
    pynwb = pytest.importorskip("pynwb", reason="needs pynwb: `make test-frameworks`")
    from datetime import UTC, datetime

    session = pynwb.NWBFile(
        session_description="made",
        identifier="made",
        session_start_time=datetime(2020, 1, 1, tzinfo=UTC),
    )
    times = (
        {"starting_time": 5.0, "rate": 10.0} if regular else {"timestamps": 5 + np.arange(10) / 10}
    )
    session.add_acquisition(
        pynwb.TimeSeries(name="rates", data=10 * STATES, unit="Hz", conversion=0.1, **times)
    )
    session.add_trial(start_time=4.99, stop_time=5.395)
    session.add_trial(start_time=5.495, stop_time=9.0)
    with pynwb.NWBHDF5IO(tmp_path / "a.nwb", "w") as file:
        file.write(session)
    columns = {"states": "acquisition/rates/data", "trials": "intervals/trials"}
    trace = ml.read_trace(tmp_path / "a.nwb", columns)
    np.testing.assert_array_equal(trace.lengths, [4, 5])
    np.testing.assert_allclose(trace.states, np.delete(STATES, 4, axis=0))


def test_objects_are_not_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (exec, ("raise SystemExit",))

    np.savez(tmp_path / "a.npz", h=np.array([Trap()], dtype=object))
    with pytest.raises(DataError, match="cannot be read .*allow_pickle"):
        ml.read_trace(tmp_path / "a.npz", {"states": "h"})


def test_wrong_use_is_said_in_a_sentence(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, h=STATES, x=INPUTS[:9], s=np.zeros(10, int), n=LENGTHS)
    (tmp_path / "half.npz").write_bytes(path.read_bytes()[:100])
    cases = [
        (path, {"states": "H"}, DataError, "expected 'H', got h, x, s, n"),
        (path, {"inputs": "x"}, ConfigError, "expected `columns` with `states`"),
        (path, {"states": "h", "state": "h"}, ConfigError, "expected `columns` with `states`"),
        (path, {"states": "h", "step": "s"}, ConfigError, "expected one of `lengths`"),
        (path, {"states": "h", "inputs": "x"}, DataError, "expected 10 rows of inputs"),
        (path, {"states": "h", "sequence": "s", "step": "s"}, DataError, "step 0 twice"),
        (path, {"states": "h", "trials": "s"}, DataError, "`trials` are those of NWB"),
        (tmp_path / "half.npz", {"states": "h"}, DataError, "cannot be read"),
        (tmp_path / "none.npz", {"states": "h"}, DataError, "it is not there"),
        (tmp_path, {"states": "h"}, DataError, "expected a file that ends in .npz"),
    ]
    for place, columns, kind, words in cases:
        with pytest.raises(kind, match=words):
            ml.read_trace(place, columns)
