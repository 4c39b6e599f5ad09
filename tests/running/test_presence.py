import errno
import subprocess
import sys
import threading
from pathlib import Path
from unittest.mock import Mock

import pytest

from markovlens.errors import StorageError
from markovlens.running import resume
from markovlens.running.presence import LOCK, SNAKEMAKE, alone, attend, present, share
from markovlens.running.resume import configs_of, folder_of, main, sweep, take, was_killed

AT_WORK = """
import sys, time
from markovlens.running.presence import attend
kept = attend(sys.argv[1])
print("at work", flush=True)
time.sleep(600)
"""


@pytest.fixture
def somebody(tmp_path):
    """Return another process that is at work in the folder."""
    command = [sys.executable, "-c", AT_WORK, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "at work\n"
        yield process
        process.kill()


def test_alone_waits_until_the_other_is_killed(somebody, tmp_path):
    waited = []

    def kill_it():
        waited.append(True)
        threading.Timer(0.2, somebody.kill).start()

    alone(tmp_path, waiting=kill_it).close()
    assert waited
    assert somebody.wait() == -9


def test_many_may_be_at_work_and_nobody_is_alone_then(somebody, tmp_path):
    with present(tmp_path), present(tmp_path), pytest.raises(InterruptedError):
        alone(tmp_path, waiting=give_up)


def give_up():
    raise InterruptedError


def test_who_shares_lets_others_in(tmp_path):
    mine = take(tmp_path)
    assert attend(tmp_path) is None
    share(mine)
    others = attend(tmp_path)
    assert others is not None
    others.close()
    mine.close()


def test_a_folder_that_cannot_be_written_keeps_nobody_from_working():
    assert attend("/proc/1") is None
    with present("/proc/1"):
        pass


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        (["--cores", "1"], Path.cwd()),
        (["all", "--directory", "/a/b", "--cores", "1"], Path("/a/b")),
        (["--directory=/a/b"], Path("/a/b")),
        (["-n", "-d", "/a"], Path("/a")),
    ],
)
def test_the_folder_is_the_one_snakemake_will_work_in(arguments, folder):
    assert folder_of(arguments) == folder


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Return a function that returns what is said where a run in the folder is not begun."""
    monkeypatch.setattr(resume.os, "execv", lambda *_: pytest.fail("Snakemake was started"))

    def said():
        with pytest.raises(StorageError) as caught:
            resume.become(["--directory", str(tmp_path)])
        return str(caught.value)

    return said


@pytest.mark.parametrize("name", [SNAKEMAKE, "results", "logs"])
def test_a_file_in_the_place_of_a_folder_is_named(refused, tmp_path, name):
    (tmp_path / name).touch()
    assert refused().startswith(f"{tmp_path / name}: expected a folder or nothing, got a file")
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to(tmp_path / "moved")
    assert "expected a folder or nothing, got a link to nothing" in refused()


@pytest.mark.parametrize("begun", [False, True])
def test_a_folder_that_cannot_be_written_is_named(refused, tmp_path, monkeypatch, begun):
    if begun:
        (tmp_path / SNAKEMAKE).mkdir()
    denied = OSError(errno.EROFS, "Read-only file system")
    monkeypatch.setattr(resume, "take", Mock(side_effect=denied))
    monkeypatch.setattr(resume.os, "access", lambda *_: False)
    said = refused()
    assert said.startswith(f"{tmp_path / SNAKEMAKE}: cannot be written (Read-only file system)")
    assert "--directory" in said


def test_only_halves_of_files_are_swept_up(tmp_path):
    half = tmp_path / "results/runs/.card.json.123.part"
    kept = [tmp_path / "results/runs/card.json", tmp_path / "results/.hidden", tmp_path / ".x.part"]
    half.parent.mkdir(parents=True)
    for path in (half, *kept):
        path.touch()
    sweep(tmp_path)
    assert not half.exists()
    assert all(path.exists() for path in kept)


def test_a_lock_that_was_left_tells_of_a_kill(tmp_path):
    take(tmp_path).close()
    assert (tmp_path / SNAKEMAKE / LOCK).exists()
    assert not was_killed(tmp_path)
    (tmp_path / SNAKEMAKE / "locks").mkdir()
    assert not was_killed(tmp_path)
    (tmp_path / SNAKEMAKE / "locks/0.input.lock").touch()
    assert was_killed(tmp_path)


def test_config_files_are_found_and_a_missing_one_is_named_before_anything_is_done(tmp_path):
    arguments = ["--cores", "1", "--configfile", "config/none.yaml", "--directory", str(tmp_path)]
    assert configs_of(arguments) == [Path("config/none.yaml")]
    assert configs_of(["--cores", "1"]) == []
    with pytest.raises(SystemExit, match="config/none.yaml: no such config file"):
        main(arguments)
    assert list(tmp_path.iterdir()) == []
