"""The page on exports says what happens, and its table is what was measured."""

import doctest
import re
from pathlib import Path

import pandas as pd

PAGE = Path(__file__).parents[3] / "docs" / "export.md"


def test_the_page_runs_as_it_is_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    run = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert run.failed == 0
    assert run.attempted > 10


def test_the_table_has_the_numbers_that_were_measured():
    measured = pd.read_csv(PAGE.with_suffix(".csv"))
    text = PAGE.read_text(encoding="utf-8")
    lines = re.findall(r"^\| .+ \| (?:state|belief), \d+ states.+$", text, re.MULTILINE)
    assert len(lines) == len(measured)
    for line, row in zip(lines, measured.itertuples(), strict=True):
        cells = [cell.strip().replace(",", "") for cell in line.strip("| \n").split(" | ")]
        assert cells[0].replace(",", "") == row.case.replace(",", "")
        decimals = [1 if "." in cell else 0 for cell in cells[2:]]
        wanted = [
            row.torch_ns, row.onnxruntime_ns, row.c_ns, row.c_apart_ns, row.rust_ns, row.python_ns,
            row.machine_onnx_ns, row.torch_over_c, row.onnxruntime_over_c, row.code_bytes,
            row.state_bytes,
        ]  # fmt: skip
        rounded = [f"{each:.{n}f}" for each, n in zip(wanted, decimals, strict=True)]
        assert cells[2:] == rounded
    assert (measured["equal_steps"] == measured["steps"]).all()
