import errno
import os
import re

import numpy as np
import pyarrow as pa
import pytest

from markovlens.errors import DataError, StorageError
from markovlens.files.whole import (
    check_folder,
    read_arrays,
    read_json,
    read_table,
    replacing,
    write_json,
    write_parquet,
)
from markovlens.networks.weights import read_weights


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")

    def interrupted():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_json_is_canonical(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [1.5]})
    write_json(tmp_path / "b.json", {"a": [1.5], "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_json(tmp_path / "a.json") == {"a": [1.5], "b": 1}


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"a": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"PAR1 but no more"])
def test_a_bad_table_is_named_with_the_way_out(tmp_path, content):
    path = tmp_path / "scores.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"scores\.parquet: .*(running its rule|run again)"):
        read_table(path)


@pytest.mark.parametrize("name", ["table.csv", "weights.pt", "weights.safetensors", "x.npz"])
def test_only_what_a_run_made_is_ever_to_be_deleted(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"neither of these \xff")
    readers = {".csv": read_table, ".npz": read_arrays}
    with pytest.raises(DataError) as caught:
        readers.get(path.suffix, read_weights)(path)
    before, deleting, _ = str(caught.value).partition("delete")
    assert not deleting or before.endswith("if a run made it, ")
    assert not deleting or "if it is your own, keep it" in str(caught.value)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_place_that_cannot_be_written_is_named(code, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    reason = re.escape(os.strerror(code))
    with (
        pytest.raises(StorageError, match=rf"table\.csv: cannot be written \({reason}\)"),
        replacing(path),
    ):
        raise OSError(code, os.strerror(code))
    assert path.read_text() == "old"


def test_other_errors_are_left_as_they_are(tmp_path):
    with pytest.raises(ConnectionError), replacing(tmp_path / "a"):
        raise ConnectionError(errno.ECONNRESET, "reset")


def test_a_changed_bit_in_a_table_is_found(tmp_path):
    path = tmp_path / "scores.parquet"
    write_parquet(path, [pa.table({"value": np.random.default_rng(0).normal(size=1000)})])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"scores\.parquet: cannot be read .*run again"):
        read_table(path)


@pytest.mark.parametrize(
    ("path", "said", "kind"),
    [
        ("", "got a folder; add a file name", StorageError),
        (None, "expected str or Path", DataError),
    ],
)
def test_what_is_no_place_for_a_file_is_told(tmp_path, path, said, kind):
    with pytest.raises(kind, match=said), replacing(path if path is None else tmp_path):
        pytest.fail("nothing is written there")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot be written .*another place"):
        write_json(tmp_path / "file" / "below" / "a.json", {})


def test_a_folder_that_a_user_mistyped_is_named_and_not_made(tmp_path):
    check_folder(tmp_path / "drawn.svg")
    check_folder("drawn.svg")
    with pytest.raises(StorageError, match=r"none/drawn.svg: expected a folder.*none"):
        check_folder(tmp_path / "none" / "drawn.svg")
    assert not (tmp_path / "none").exists()
