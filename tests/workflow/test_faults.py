"""Kills, full and read-only disks, damaged files, two runs at once: recovery or a clear error."""

import os
import shutil
import signal
import subprocess
from contextlib import suppress

import pytest

from helpers.faults import RUN, copied, faulty
from markovlens.networks.checkpoints import CHECKPOINT

pytestmark = pytest.mark.workflow

TRAINED = f"{RUN}/seed-0/network/card.json"
SWEPT = f"{RUN}/seed-0/abstractions/kmeans/machines.json"
STATE = f"{RUN}/seed-1/network/{CHECKPOINT}"


def succeeded(done):
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def failed_clearly(done, *expected):
    """Check that a run failed for the reason that it names, without a traceback of ours."""
    said = done.stdout + done.stderr
    assert done.returncode == 1, said[-3000:]
    for text in expected:
        assert text in said, said[-3000:]
    assert "a bug, or a case that nobody thought of" not in said


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Return a workspace in which nothing went wrong."""
    space = faulty(tmp_path_factory.mktemp("undisturbed"))
    succeeded(space.resume(SWEPT))
    return space


@pytest.fixture
def before_training(undisturbed, tmp_path):
    """Return a workspace in which only the task is made."""
    return without(copied(undisturbed, tmp_path), "network", "activations", "embedding")


def without(space, *stages):
    for stage in (*stages, "abstractions"):
        for seed in (0, 1):
            folder = space.folder / RUN / f"seed-{seed}" / stage
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
    return space


def without_logs(space):
    """Return the workspace, in which a log now says that its job has begun."""
    shutil.rmtree(space.folder / "logs")
    return space


def test_kills_in_training_recording_and_sweeping_leave_no_trace(undisturbed, before_training):
    space = without_logs(before_training)
    said = []

    with space.running(SWEPT) as run:
        run.wait_for((space.folder / STATE).exists)
        run.kill_all()
        said.append(run.said)
    assert (space.folder / f"{RUN}/seed-0/network/weights.safetensors").exists()

    with space.running(SWEPT) as run:
        run.wait_for(lambda: space.log("activations_record").exists())
        jobs = run.kill_main()
        said.append(run.said)
    # The network of seed 0 was not trained again, and that of seed 1 not from the beginning.
    log = space.log("networks_train").read_text()
    assert "resumed after 1 attempts and 0 steps" in log
    assert log.count("resumed after") == 2
    assert jobs

    with space.running(SWEPT) as run:
        run.wait_for(lambda: "Waiting for them to end" in run.said)
        for job in jobs:
            job.resume()
        run.wait_for(lambda: space.log("abstractions_fit").exists())
        run.kill_all()
        said.append(run.said)

    said.append(succeeded(space.resume(SWEPT)))
    assert "".join(said).count("(Rule: networks_train)") == 1
    assert "(Rule: tasks_make)" not in "".join(said)
    assert space.digests() == undisturbed.digests()


def test_a_second_run_in_the_same_folder_waits_or_is_refused(undisturbed, before_training):
    space = before_training
    with space.running(TRAINED) as first:
        first.wait_for((space.folder / STATE).exists)
        os.kill(first.process.pid, signal.SIGSTOP)  # else it might end before the others look
        failed_clearly(space.plain(TRAINED), "Directory cannot be locked")
        with space.running(TRAINED) as second:
            second.wait_for(lambda: "Waiting for them to end" in second.said)
            os.kill(first.process.pid, signal.SIGCONT)
            assert (first.finish(), second.finish()) == (0, 0)
            assert "Nothing to be done" in second.said
    expected = undisturbed.digests()
    assert space.digests() == {name: expected[name] for name in space.digests()}
    assert TRAINED.removeprefix("results/") in space.digests()


def fill(disk):
    """Return a file that takes all the space that a disk has left."""
    ballast = disk / "ballast"
    with suppress(OSError), open(ballast, "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


@pytest.fixture
def small_disk(before_training):
    """Return a workspace whose results lie on a disk of one mebibyte, and that disk."""
    results = before_training.folder / "results"
    kept = results.rename(results.with_name("kept"))
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(results)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root may mount the small disk that this test fills")
    subprocess.run(["cp", "-a", f"{kept}/.", str(results)], check=True)
    yield before_training, results
    subprocess.run(["umount", str(results)], check=True)


def test_a_full_and_a_read_only_disk_are_named_and_cost_nothing(undisturbed, small_disk):
    space, results = small_disk
    before = space.digests()
    ballast = fill(results)
    failed_clearly(space.resume(TRAINED), "cannot be written (No space left on device)")
    ballast.unlink()
    assert space.digests() == before

    subprocess.run(["mount", "-o", "remount,ro", str(results)], check=True)
    done = space.resume(TRAINED)
    assert done.returncode == 1
    assert "Read-only file system" in done.stdout + done.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(results)], check=True)
    assert space.digests() == before

    succeeded(space.resume(TRAINED))
    expected = undisturbed.digests()
    assert space.digests() == {name: expected[name] for name in space.digests()}
    assert TRAINED.removeprefix("results/") in space.digests()


def test_a_damaged_file_is_named_and_made_again_once_it_is_deleted(undisturbed, tmp_path):
    space = without(copied(undisturbed, tmp_path))
    damaged = space.folder / RUN / "seed-1/activations/rnn.l0/train.parquet"
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1  # one bit; the file is still a Parquet file
    damaged.write_bytes(content)
    failed_clearly(space.resume(SWEPT), str(damaged.relative_to(space.folder)), "run again")
    damaged.unlink()
    succeeded(space.resume(SWEPT))
    assert space.digests() == undisturbed.digests()
