"""A bundle of the smoke run, unpacked in an empty folder, gives the same files again."""

import hashlib
import os
import subprocess
import sys

import pytest

from helpers.command import said
from helpers.ran import unpacked
from helpers.workspace import ONE_THREAD

pytestmark = [pytest.mark.workflow, pytest.mark.slow]
CELL = "contains_000/gru"


def test_the_bundle_of_a_run_gives_the_same_files(smoke, tmp_path, capsys):
    zipped = tmp_path / "bundle.zip"
    code, out, _ = said(capsys, "bundle", CELL, "-r", str(smoke.folder), "-o", str(zipped))
    assert code == 0
    assert "missing" not in out
    folder = unpacked(zipped, tmp_path / "empty")
    command = [sys.executable, "-m", "markovlens.command", "run", "config.yaml", "--cores", "2"]
    environment = os.environ | ONE_THREAD
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert (folder / "results" / "report.html").is_file()
    sums = (folder / "recorded" / "SHA256SUMS").read_text().splitlines()
    assert len(sums) > 50
    files = dict(reversed(line.split("  ")) for line in sums)
    made = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in files}
    assert [name for name in files if files[name] != made[name]] == []
