"""Where no SLURM can be started its test says why, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from helpers import slurm


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return the folder of commands of a machine on which SLURM is installed, but not set up."""
    for name in slurm.COMMANDS:
        write_command(tmp_path / "bin" / name, "exit 0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(slurm, "CONFIG", tmp_path / "etc" / "slurm.conf")
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name)
    return tmp_path / "bin"


def write_command(path, script):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_machine_with_all_it_needs_has_no_reason(machine):
    assert slurm.reason_to_skip() == ""


def test_who_is_not_root_is_told(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert slurm.reason_to_skip().startswith("not root here")


def test_missing_programs_are_named_with_what_to_install(machine):
    (machine / "munged").unlink()
    assert slurm.reason_to_skip().startswith("no munged here: install Debian's slurm-wlm and munge")


def test_a_job_of_another_slurm_starts_none(machine, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    assert slurm.reason_to_skip() == "SLURM_JOB_ID is set: this machine has a SLURM of its own"


def test_the_config_of_another_slurm_is_left_alone(machine):
    slurm.CONFIG.parent.mkdir()
    slurm.CONFIG.symlink_to("/nowhere/slurm.conf")  # a disk that is not there today
    assert "is there already" in slurm.reason_to_skip()


def test_what_a_killed_test_left_is_no_reason_but_a_running_one_is(machine, tmp_path):
    slurm.CONFIG.parent.mkdir()
    slurm.CONFIG.symlink_to(tmp_path / slurm.OURS)
    assert slurm.reason_to_skip() == ""
    (tmp_path / "slurmctld.pid").write_text(f"{os.getpid()}\n")
    assert "a test runs" in slurm.reason_to_skip()


@pytest.mark.skipif(not shutil.which("setpriv"), reason="no setpriv here: daemons need it")
def test_a_daemon_that_ends_is_quoted_and_all_else_is_stopped(machine, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{machine}:{os.defpath}")
    (machine / "setpriv").unlink()
    number = tmp_path / "number"
    write_command(machine / "munged", f"echo $$ >{number}; exec sleep 60")
    wait = f"while [ ! -s {number} ]; do sleep 0.1; done"
    write_command(machine / "slurmd", "exec sleep 60")  # else it may be the first that ends
    write_command(machine / "slurmctld", f"{wait}; echo no privileges for this; exit 1")
    write_command(machine / "sinfo", "echo no controller >&2; exit 1")
    with (
        pytest.raises(slurm.NoCluster, match="daemons.log: no privileges for this"),
        slurm.cluster(tmp_path / "slurm"),
    ):
        sys.exit("not reached")
    assert not os.path.lexists(slurm.CONFIG)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
