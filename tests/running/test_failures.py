"""What failed jobs said, out of their logs."""

import logging
import os

import pytest

from markovlens.running.failures import failures
from markovlens.running.workflow import LOG_FORMAT


@pytest.fixture
def logged(tmp_path):
    """Return a function that writes lines into a log as jobs do, and dates it."""

    def write(name, *said, at=100.0):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w")
        handler.setFormatter(logging.Formatter(LOG_FORMAT))
        for level, text, source in said:
            handler.emit(logging.LogRecord(source, level, "", 0, text, None, None))
        handler.close()
        os.utime(path, (at, at))
        return path

    return write


def test_only_the_reason_is_said_of_jobs_that_failed_in_this_run(tmp_path, logged):
    ours, theirs = "markovlens", "markovlens.tasks.custom.making"
    failed = logged(
        "networks/one.log",
        (logging.INFO, "begun", ours),
        (logging.WARNING, "a gap", theirs),
        (logging.ERROR, "weights: expected 3 rows, got 2", ours),
        (logging.INFO, "ended", ours),
    )
    several = logged("b.log", (logging.ERROR, "Bad config:\nfirst\nsecond", ours))
    logged("sound.log", (logging.WARNING, "a gap", theirs))
    logged("older.log", (logging.ERROR, "of another run", ours), at=10.0)
    assert failures(tmp_path, since=50.0) == [
        f"{several}: Bad config:\nfirst\nsecond",
        f"{failed}: weights: expected 3 rows, got 2",
    ]


def test_where_nothing_was_logged_nothing_is_said(tmp_path):
    assert failures(tmp_path / "logs", since=0.0) == []
