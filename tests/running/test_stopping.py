"""Ctrl-C ends a run with one line, and the same command goes on from there."""

import os
import signal
import subprocess
import sys
import time

import pytest

from helpers.workspace import FORKING, ONE_THREAD
from markovlens.running.stopping import GO_ON, STOPPED

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux alone"),
]
SNAKEFILE = """
rule all:
    input: "done.txt", "forked.txt", "threads.txt"

rule done:
    output: "done.txt"
    log: "done.log"
    script: "script.py"

rule forked:
    input: "done.txt"
    output: "forked.txt"
    log: "forked.log"
    script: "script.py"

rule threads:
    input: "done.txt"
    output: "threads.txt"
    log: "threads.log"
    threads: 2
    script: "script.py"
"""
SCRIPT = """
import time
from pathlib import Path
from markovlens.running.workflow import job

with job(snakemake):
    out = Path(snakemake.output[0])
    with Path(f"{snakemake.rule}.begun").open("a") as begun:
        begun.write("again ")
    while snakemake.rule != "done" and not Path("go").exists():
        time.sleep(0.05)
    out.touch()
"""


def begun(folder, rule):
    path = folder / f"{rule}.begun"
    return path.exists() and path.stat().st_size > 0


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "script.py").write_text(SCRIPT)
    return tmp_path


def started(folder):
    """Return a run in a group of processes of its own, as a terminal has it."""
    return subprocess.Popen(
        [sys.executable, FORKING, "--cores", "3"], cwd=folder, env=os.environ | ONE_THREAD,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for(happened, process):
    while not happened():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)


def test_a_run_that_is_stopped_says_so_in_one_line_and_goes_on(folder):
    process = started(folder)
    wait_for(lambda: begun(folder, "forked") and begun(folder, "threads"), process)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate()[0]
    assert process.returncode == STOPPED == 130
    assert said.endswith(GO_ON)
    for noise in ("Traceback", "KeyboardInterrupt", "Error in rule", "Exception"):
        assert noise not in said
    assert (folder / "done.txt").exists()
    (folder / "go").touch()
    again = started(folder)
    assert (again.communicate()[0].count("rule done:"), again.returncode) == (0, 0)
    assert (folder / "forked.txt").exists()
    assert (folder / "threads.txt").exists()
