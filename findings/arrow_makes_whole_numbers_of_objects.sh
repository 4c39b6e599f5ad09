#!/bin/sh
# Arrow refuses to make the whole number 2 of 2.5 in a column of floats, and makes it without a word
# where the same values stand in a list or in a column of objects, as pandas gives one with a None in
# it; text is parsed on the way, and flags and counts pass for each other. A schema is no check.
# Guessed: an explicit type is checked alike, whatever the column comes as.
# For users: Check types before a table is written; the writer of tables does here.
#
# Versions: pyarrow 26.0.1, pandas 3.1.1, numpy 2.4.6
# Output seen:
#   floats: refused
#   list: [2]
#   objects: [2, None]
#   text: [1.5, 2.0]
#   flags as counts: [1, 0]
#   counts as flags: [True, True]
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import pandas as pd
import pyarrow as pa


def made(values, dtype):
    try:
        return pa.array(values, dtype, from_pandas=True).to_pylist()
    except pa.ArrowInvalid:
        return "refused"


found = {
    "floats": made(pd.Series([2.5, None]), pa.int64()),
    "list": made([2.5], pa.int64()),
    "objects": made(pd.Series([2.5, None], dtype=object), pa.int64()),
    "text": made(pd.Series(["1.5", "2"]), pa.float64()),
    "flags as counts": made(pd.Series([True, False]), pa.int64()),
    "counts as flags": made(pd.Series([1, 2]), pa.bool_()),
}
for name, values in found.items():
    print(f"{name}: {values}")
assert list(found.values()) == ["refused", [2], [2, None], [1.5, 2.0], [1, 0], [True, True]]
PYTHON
