"""Jobs that are forked are as jobs that Snakemake starts: each by itself, with its own end."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from helpers.workspace import FORKING, ONE_THREAD
from markovlens.running import loading
from markovlens.running.loading import import_for
from markovlens.running.nursery import run

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux alone"),
]
SNAKEFILE = """
JOBS = ["first", "second", "threads", "raises", "says", "numbered"]

rule all:
    input: expand("{job}.json", job=JOBS)

rule:
    name: "one"
    output: "{job}.json"
    benchmark: "{job}.tsv"
    wildcard_constraints: job="first|second|raises|says|numbered"
    script: "script.py"

rule:
    name: "many"
    output: "threads.json"
    threads: 2
    script: "script.py"
"""
SCRIPT = """
import json, os, sys, time
from fractions import Fraction
from decimal import Decimal

name = os.path.basename(snakemake.output[0])
loaded = sorted(one for one in ("fractions", "statistics") if one in sys.modules)
from statistics import mean  # by now known to the nursery

known = hasattr(Fraction, "touched")
Fraction.touched = True
match name:
    case "raises.json":
        raise RuntimeError("on purpose")
    case "says.json":
        sys.exit("said at the end")
    case "numbered.json":
        sys.exit(3)
    case "first.json":
        time.sleep(0.2)  # longer than the hundredths that a benchmark is rounded to
about = {
    "pid": os.getpid(), "parent": os.getppid(), "known": known, "loaded": loaded,
    "threads": os.environ["OMP_NUM_THREADS"], "temporary": os.environ["TMPDIR"],
    "folder": os.getcwd(), "argv": sys.argv, "main": __name__, "first_path": sys.path[0],
}
with open(snakemake.output[0], "w") as file:
    json.dump(about, file)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return the folder in which every job was tried, and what Snakemake said."""
    folder = tmp_path_factory.mktemp("forked")
    (folder / "Snakefile").write_text(SNAKEFILE)
    (folder / "script.py").write_text(SCRIPT)
    command = [sys.executable, FORKING, "--cores", "2", "--keep-going"]
    environment = os.environ | ONE_THREAD | {"OMP_NUM_THREADS": "7"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return folder, done


def about(ran, name):
    return json.loads((ran[0] / f"{name}.json").read_text())


def test_jobs_are_forks_of_one_process_that_has_imported_what_they_need(ran):
    first, second, threads = (about(ran, name) for name in ("first", "second", "threads"))
    assert first["pid"] != second["pid"]
    assert first["parent"] == second["parent"] != threads["parent"]
    assert first["loaded"] == second["loaded"] == ["fractions", "statistics"]
    assert threads["loaded"] == ["fractions"]


def test_a_job_finds_nothing_that_another_one_left(ran):
    assert not about(ran, "first")["known"]
    assert not about(ran, "second")["known"]


def test_a_script_is_the_main_program_in_snakemakes_folder(ran):
    one, started = about(ran, "first"), about(ran, "threads")
    assert one["main"] == started["main"] == "__main__"
    assert one["folder"] == started["folder"] == str(ran[0])
    assert one["first_path"] == started["first_path"]
    assert len(one["argv"]) == len(started["argv"]) == 1
    assert (one["threads"], started["threads"]) == ("1", "2")
    assert one["temporary"] == started["temporary"]


def test_a_failed_job_is_one_for_snakemake_and_says_why(ran):
    folder, done = ran
    assert done.returncode == 1
    assert "RuntimeError: on purpose" in done.stderr
    assert "said at the end" in done.stderr
    assert "returned non-zero exit status 3" in done.stderr
    assert {path.stem for path in folder.glob("*.json")} == {"first", "second", "threads"}


def test_a_job_has_a_benchmark_of_its_own(ran):
    header, row = (ran[0] / "first.tsv").read_text().splitlines()
    found = dict(zip(header.split("\t"), row.split("\t"), strict=True))
    assert 0.2 <= float(found["s"]) < 60


def test_the_process_that_forks_ends_with_snakemake(ran):
    parent = about(ran, "first")["parent"]
    with pytest.raises(ProcessLookupError):
        os.kill(parent, 0)


def test_what_jobs_import_where_they_use_it_is_there_before_them(tmp_path, monkeypatch):
    """So are modules of known names only where their users are, and none that is not installed."""
    script = tmp_path / "script.py"
    script.write_text("from fractions import Fraction\n")
    later = {"fractions": ("nowhere.at_all", "wave"), "nowhere": ("sndhdr",)}
    monkeypatch.setattr(loading, "LATER", later)
    for name in ("wave", "sndhdr"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import_for(str(script))
    assert "wave" in sys.modules
    assert "sndhdr" not in sys.modules


def test_modules_that_jobs_import_later_are_known():
    """A renamed module would be imported by each job again, and nobody would see it."""
    for user, later in loading.LATER.items():
        for name in (user, *later):
            assert importlib.util.find_spec(name), name


def test_what_a_script_cannot_import_is_left_for_it_to_tell(tmp_path, capsys):
    script = tmp_path / "script.py"
    script.write_text("from nowhere.at_all import nothing\n")
    import_for(str(script))
    before = list(sys.path), sys.argv
    try:
        assert run(str(script)) == 1
    finally:
        sys.path[:], sys.argv = before
    assert "No module named 'nowhere'" in capsys.readouterr().err


WAITED = """
import sys, time
import psutil
from markovlens.running.nursery import nursery

with nursery() as forks:
    job = forks.start(sys.argv[1], {})
    time.sleep(0.5)
    print(psutil.Process(job.pid).status())
    job.wait()
    time.sleep(0.5)
    print(psutil.pid_exists(job.pid))
"""


def test_a_job_that_ends_at_once_can_still_be_looked_at(tmp_path):
    """Snakemake's benchmark looks for the process once it has been started."""
    script = tmp_path / "script.py"
    script.touch()
    command = [sys.executable, "-c", WAITED, str(script)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["zombie", "False"], "")
