"""The page of surprises is made of the scripts, so that each finding stands in it."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "findings"
MODULE = runpy.run_path(str(ROOT / "docs" / "_ext" / "findings.py"))


def test_each_script_is_a_row_with_package_version_and_words():
    found = {each.name: each for each in MODULE["findings"]()}
    assert set(found) == {path.stem for path in FOLDER.glob("*.sh")}
    for each in found.values():
        assert any(letter.isdigit() for letter in each.package), each.name
        assert "Guessed:" in each.what, each.name
        assert each.advice, f"{each.name}: expected a line '# For users: ...' before the versions"


def test_a_header_is_read_as_it_is_written(tmp_path):
    script = tmp_path / "adds_wrongly.sh"
    script.write_text(
        "#!/bin/sh\n# adder says 3\n# of `1 + 1`. Guessed: 2.\n# For users: count.\n#\n"
        "# Versions: adder 1.0 (CPU), numpy 2\n# Output seen:\n#   3\nset -eu\n# no header\n"
    )
    (found,) = MODULE["findings"](tmp_path)
    assert (found.package, found.versions) == ("adder 1.0", "adder 1.0 (CPU), numpy 2")
    assert (found.what, found.advice) == ("adder says 3 of `1 + 1`. Guessed: 2.", "count.")


def test_a_script_without_versions_is_told(tmp_path):
    (tmp_path / "bare.sh").write_text("#!/bin/sh\n# Something. Guessed: nothing.\nset -eu\n")
    with pytest.raises(ValueError, match=r"bare\.sh: expected a line"):
        MODULE["findings"](tmp_path)
