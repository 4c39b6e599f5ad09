"""Ctrl-C and `kill` end a run with one line, and the same command goes on from there."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from helpers.workspace import FORKING, ONE_THREAD
from markovlens.running.interrupts import STOPPED
from markovlens.running.presence import alone
from markovlens.running.stopping import GO_ON, KILLING, STOPPING

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux alone"),
]
ENDED = (STOPPING + GO_ON).decode()
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


def started(folder, *before):
    """Return a run in a group of processes of its own, as a terminal has it."""
    return subprocess.Popen(
        [*before, sys.executable, FORKING, "--cores", "3"], cwd=folder, env=os.environ | ONE_THREAD,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        preexec_fn=heard,
    )  # fmt: skip


def heard():
    """Hear of a closed terminal, also where these tests run by `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def wait_for(happened, process):
    while not happened():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)


def assert_quiet(said):
    for noise in ("Traceback", "KeyboardInterrupt", "Error in rule", "Exception", "Warning"):
        assert noise not in said


def below(process):
    return psutil.Process(process.pid).children(recursive=True)


def assert_gone(processes):
    assert psutil.wait_procs(processes, timeout=1)[1] == []


def test_a_run_that_is_stopped_says_so_in_one_line_and_goes_on(folder):
    process = started(folder)
    wait_for(lambda: begun(folder, "forked") and begun(folder, "threads"), process)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate()[0]
    assert process.returncode == STOPPED == 130
    assert said.endswith(ENDED)
    assert_quiet(said)
    assert (folder / "done.txt").exists()
    (folder / "go").touch()
    again = started(folder)
    assert (again.communicate()[0].count("rule done:"), again.returncode) == (0, 0)
    assert (folder / "forked.txt").exists()
    assert (folder / "threads.txt").exists()


@pytest.mark.parametrize(
    ("number", "whom"),
    [
        (signal.SIGTERM, "all"),
        (signal.SIGTERM, "main"),
        (signal.SIGHUP, "all"),
        (signal.SIGHUP, "main"),
    ],
)
def test_who_kills_a_run_or_closes_its_terminal_is_told_the_same(folder, number, whom):
    process = started(folder)
    wait_for(lambda: begun(folder, "forked") and begun(folder, "threads"), process)
    jobs = below(process)
    for _ in range(2):  # as `timeout` and closed terminals do
        os.killpg(process.pid, number) if whom == "all" else process.send_signal(number)
    said = process.communicate(timeout=20)[0]
    assert (process.returncode, said[-len(ENDED) :]) == (128 + number, ENDED)
    assert_quiet(said)
    assert_gone(jobs)
    assert not list(folder.glob(".snakemake/locks/*"))


def test_a_run_that_is_to_outlive_its_terminal_does(folder):
    process = started(folder, "nohup")
    wait_for(lambda: begun(folder, "forked") and begun(folder, "threads"), process)
    os.killpg(process.pid, signal.SIGHUP)
    (folder / "go").touch()
    process.communicate(timeout=60)
    assert (process.returncode, (folder / "forked.txt").exists()) == (0, True)


def test_who_waits_for_another_run_can_be_stopped(tmp_path):
    (tmp_path / ".snakemake").mkdir()
    with alone(tmp_path, waiting=pytest.fail):
        command = [sys.executable, "-m", "markovlens.running.resume", "--directory", tmp_path]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr.readline().startswith("Another run")
            process.send_signal(signal.SIGTERM)
            assert (process.stderr.read(), process.wait()) == (GO_ON.decode(), 143)


def test_who_interrupts_the_main_process_alone_stops_its_jobs_too(folder):
    process = started(folder)
    wait_for(lambda: begun(folder, "forked") and begun(folder, "threads"), process)
    jobs = below(process)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=10)[0]
    assert (process.returncode, said.endswith(ENDED)) == (STOPPED, True)
    assert_quiet(said)
    assert_gone(jobs)


@pytest.mark.parametrize("package", ["numpy", "snakemake"])
def test_a_run_that_is_stopped_while_it_begins_says_so_in_one_line(tmp_path, package):
    (tmp_path / package).mkdir()
    slow = "from pathlib import Path\nfrom time import sleep\nPath('begun').touch()\nsleep(30)\n"
    (tmp_path / package / "__init__.py").write_text(slow)
    process = started(tmp_path, "env", f"PYTHONPATH={tmp_path}")
    wait_for((tmp_path / "begun").exists, process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=10)[0] == ENDED
    assert process.returncode == STOPPED


WITHOUT_HANGUP = """
import signal
del signal.SIGHUP
from markovlens.running.interrupts import signals_heard, stopped_once
with stopped_once():
    print(*(number.name for number in signals_heard()))
"""


def test_where_no_terminal_hangs_up_the_other_signals_stop_a_job():
    """Windows knows no SIGHUP."""
    command = [sys.executable, "-c", WITHOUT_HANGUP]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("SIGINT SIGTERM\n", "")


SLOW_IMPORT = """
import time
from pathlib import Path

Path("importing").touch()
try:
    time.sleep(30)
except:
    SWALLOW
"""
IMPORTING = """
from slow import nothing
from pathlib import Path

Path("ran").touch()
"""


@pytest.mark.parametrize("swallow", ["raise", "pass"])
def test_a_job_whose_imports_are_interrupted_does_not_begin(folder, swallow, monkeypatch):
    (folder / "script.py").write_text(IMPORTING)
    (folder / "slow.py").write_text(SLOW_IMPORT.replace("SWALLOW", swallow))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    process = started(folder)
    wait_for((folder / "importing").exists, process)
    jobs = below(process)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=10)[0]
    assert (process.returncode, (folder / "ran").exists()) == (STOPPED, False)
    assert_quiet(said)
    assert_gone(jobs)


DEAF = """
import signal, time
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_IGN)
Path(f"{snakemake.rule}.begun").write_text("once")
time.sleep(60)
"""
DEAF_ONES = f"""
if snakemake.rule == "done":
    open(snakemake.output[0], "w").close()
    raise SystemExit
{DEAF}
"""


def test_jobs_that_do_not_end_are_killed_by_the_second_signal_and_a_third_changes_nothing(folder):
    (folder / "script.py").write_text(DEAF_ONES)
    process = started(folder)
    wait_for(lambda: begun(folder, "forked") and begun(folder, "threads"), process)
    jobs, said = below(process), ""
    process.send_signal(signal.SIGINT)
    while STOPPING.decode() not in said:
        said += process.stdout.readline()
    process.send_signal(signal.SIGINT)
    while KILLING.decode() not in said:
        said += process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said += process.communicate(timeout=10)[0]
    assert (process.returncode, said.endswith(GO_ON.decode())) == (STOPPED, True)
    assert_quiet(said)
    assert_gone(jobs)


ORPHANED = """
import sys
from markovlens.running.nursery import nursery

with nursery() as forks:
    print(forks.start(sys.argv[1], {}).pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("script", [DEAF, DEAF.replace("SIG_IGN", "default_int_handler")])
def test_no_job_outlives_whoever_asked_for_it(tmp_path, script):
    path = tmp_path / "script.py"
    path.write_text(script.replace("{snakemake.rule}", "deaf"))
    asking = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", ORPHANED, path], cwd=tmp_path,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    job = psutil.Process(int(asking.stdout.readline()))
    wait_for(lambda: begun(tmp_path, "deaf"), asking)
    asking.kill()
    asking.communicate()
    assert psutil.wait_procs([job], timeout=8)[1] == []


AT_ONCE = """
import os, signal, subprocess, sys
from markovlens.running.nursery import nursery

with nursery() as forks:
    forks.start(sys.argv[1], {}).wait()  # its imports are known by now
    job = forks.start(sys.argv[1], {})
    os.kill(job.pid, signal.SIGINT)
    try:
        job.wait()
    except subprocess.CalledProcessError as error:
        print(error.returncode)
"""


def test_a_fork_can_be_interrupted_from_its_first_moment(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import time\ntime.sleep(0.5)\n")
    command = [sys.executable, "-W", "error", "-c", AT_ONCE, script]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"{STOPPED}\n", "")
