"""Arrays of other tools that mean harm: nothing is run, or read from elsewhere, or huge."""

import json
import pickle
import resource
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import markovlens as ml
from markovlens.activations.guards import BELIEVED, check_codecs
from markovlens.errors import DataError

STATES = np.random.default_rng(0).normal(size=(6, 2))
MARK = "executed"
PATIENCE_S = 20
GROWTH = 300 * 2**10  # KiB by which the process may grow


class Hostile:
    """Writes a file if it is unpickled."""

    def __reduce__(self):
        return open, (MARK, "w")


@pytest.fixture(autouse=True)
def _bounded(tmp_path, monkeypatch):
    """Nothing is run, and neither time nor memory is spent, whatever a file claims."""
    monkeypatch.chdir(tmp_path)
    begun, size = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert not Path(MARK).exists()
    assert time.process_time() - begun < PATIENCE_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - size < GROWTH


def refused(path, said, name="h"):
    with pytest.raises(DataError, match=said) as caught:
        ml.read_trace(path, {"states": name})
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_npz_of_objects(tmp_path):
    np.savez(tmp_path / "a.npz", h=np.array([Hostile()] * 3, dtype=object))
    refused(tmp_path / "a.npz", "cannot be read")


def header(shape):
    """Return an array file that claims a shape, and holds nothing."""
    said = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    said = said.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said.encode()


@pytest.mark.parametrize("shape", [(10**7, 10**7), (10**6, 100), (-1, 2)])
def test_npz_that_claims_more_than_it_holds(shape, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("h.npy", header(shape))
    refused(tmp_path / "a.npz", "cannot be read")


def test_npz_whose_directory_claims_much(tmp_path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, h=STATES)
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = (BELIEVED * 3).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, f"claims {BELIEVED * 3} bytes")


def hdf5(path, **links):
    h5py = pytest.importorskip("h5py", reason="needs h5py: the extra hdf5")
    with h5py.File(path, "w") as file:
        file["kept"] = STATES
        for name, made in links.items():
            made(h5py, file, name)
    return path


@pytest.fixture
def secret(tmp_path):
    return hdf5(tmp_path / "secret.h5")


def external(h5py, file, name):
    file[name] = h5py.ExternalLink("secret.h5", "/kept")


def through_a_soft_link(h5py, file, name):
    file["away"] = h5py.ExternalLink("secret.h5", "/")
    file[name] = h5py.SoftLink("/away/kept")


def stored_elsewhere(h5py, file, name):
    file.create_dataset(name, (3,), "u1", external=[("secret.h5", 0, 3)])


def put_together(h5py, file, name):
    layout = h5py.VirtualLayout(shape=(6, 2), dtype="f8")
    layout[:] = h5py.VirtualSource("secret.h5", "kept", shape=(6, 2))
    file.create_virtual_dataset(name, layout)


AWAY = [external, through_a_soft_link, stored_elsewhere, put_together]


@pytest.mark.parametrize("suffix", [".h5", ".nwb"])
@pytest.mark.parametrize("away", AWAY)
def test_hdf5_that_leads_to_another_file(away, suffix, secret, tmp_path):
    refused(hdf5(tmp_path / f"a{suffix}", h=away), "another file")


def test_trials_of_nwb_whose_times_are_in_another_file(secret, tmp_path):
    def series(h5py, file, name):
        file["s/data"] = STATES
        file["s/timestamps"] = h5py.ExternalLink("secret.h5", "/kept")
        file["t/start_time"], file["t/stop_time"] = [0.0], [9.0]

    path = hdf5(tmp_path / "a.nwb", s=series)
    with pytest.raises(DataError, match="another file"):
        ml.read_trace(path, {"states": "s/data", "trials": "t"})


def test_links_inside_a_file_are_followed(tmp_path):
    def soft(h5py, file, name):
        file["there/h"] = STATES
        file[name] = h5py.SoftLink("/there/h")

    trace = ml.read_trace(hdf5(tmp_path / "a.h5", h=soft), {"states": "h"})
    np.testing.assert_allclose(trace.states, STATES)


def test_links_in_a_circle_end(tmp_path):
    def circle(h5py, file, name):
        file[name], file["g"] = h5py.SoftLink("/g"), h5py.SoftLink(f"/{name}")

    refused(hdf5(tmp_path / "a.h5", h=circle), "expected 'h', got kept")


def empty(h5py, file, name):
    file.create_dataset(name, (10**8, 10**3), "f8")


def one_chunk_for_much(h5py, file, name):
    file.create_dataset(name, (2**20, 2**8), "u8", chunks=(2**19, 2**8), compression="gzip")
    for place in (0, 2**19):
        file[name].id.write_direct_chunk((place, 0), b"x\x9c\x03\x00\x00\x00\x00\x01")


@pytest.mark.parametrize("made", [empty, one_chunk_for_much])
def test_hdf5_that_claims_more_than_it_holds(made, tmp_path):
    refused(hdf5(tmp_path / "a.h5", h=made), "claims .* bytes, and .* are stored")


def zarr_group(path):
    zarr = pytest.importorskip("zarr", reason="needs zarr: `make test-frameworks`")
    return zarr.open_group(path, mode="w", zarr_format=2)


def test_zarr_whose_codec_unpickles(tmp_path):
    array = zarr_group(tmp_path / "a.zarr").create_array(
        "h", shape=(3,), chunks=(3,), dtype="u1", compressors=None
    )
    array[:] = [1, 2, 3]
    place = tmp_path / "a.zarr" / "h"
    described = json.loads((place / ".zarray").read_text())
    described["filters"] = [{"id": "pickle", "protocol": 2}]
    (place / ".zarray").write_text(json.dumps(described))
    (place / "0").write_bytes(pickle.dumps(Hostile()))
    refused(tmp_path / "a.zarr", "codec 'pickle'|object_codec_id.*pickle")  # zarr's own guard


def test_codecs_that_may_run_what_they_read_are_not_believed():
    codecs = pytest.importorskip("numcodecs", reason="needs zarr: `make test-frameworks`")
    check_codecs("a.zarr/h", [codecs.Blosc(), codecs.Zstd(), codecs.Delta("f8")])
    with pytest.raises(DataError, match="written by the codec 'pickle'"):
        check_codecs("a.zarr/h", [codecs.Zstd(), codecs.Pickle()])


def test_zarr_of_objects(tmp_path):
    array = zarr_group(tmp_path / "a.zarr").create_array(
        "h", shape=(3,), chunks=(3,), dtype="u1", compressors=None
    )
    array[:] = [1, 2, 3]
    place = tmp_path / "a.zarr" / "h"
    described = json.loads((place / ".zarray").read_text())
    described |= {"dtype": "|O", "filters": [{"id": "pickle"}], "fill_value": None}
    (place / ".zarray").write_text(json.dumps(described))
    (place / "0").write_bytes(pickle.dumps([Hostile()] * 3))
    refused(tmp_path / "a.zarr", "codec|cannot be read")


def test_zarr_that_claims_more_than_it_holds(tmp_path):
    array = zarr_group(tmp_path / "a.zarr").create_array(
        "h", shape=(3, 2), chunks=(3, 2), dtype="f8", compressors=None
    )
    array[:] = STATES[:3]
    place = tmp_path / "a.zarr" / "h"
    described = json.loads((place / ".zarray").read_text())
    described |= {"chunks": [2**20, 2**10], "shape": [3, 2]}
    (place / ".zarray").write_text(json.dumps(described))
    refused(tmp_path / "a.zarr", "claims .* bytes, and .* are stored")


def test_parquet_of_many_rows_in_few_bytes(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "a.parquet"
    same = pa.table({"h": pa.array(np.zeros(2**22))})
    with parquet.ParquetWriter(path, same.schema) as writer:
        for _ in range(40):
            writer.write_table(same)
    refused(path, "claims .* bytes, and .* are stored")


@pytest.mark.parametrize("suffix", [".npz", ".h5", ".nwb", ".parquet", ".feather", ".csv"])
@pytest.mark.parametrize("content", [b"", b"\x80\x04pickle", pickle.dumps(Hostile())])
def test_what_is_none_of_it_ends_in_a_sentence(suffix, content, tmp_path):
    if suffix in (".h5", ".nwb"):
        pytest.importorskip("h5py", reason="needs h5py: the extra hdf5")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    refused(path, "cannot be read|expected")


def test_a_table_of_objects_is_no_states(tmp_path):
    frame = pd.DataFrame({"h": ["__import__('os')", "x"]})
    frame.to_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError):
        ml.read_trace(tmp_path / "a.parquet", {"states": "h"})
