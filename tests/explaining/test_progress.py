"""What is being done is told on one line to who is looking, and to nobody else."""

import io
import logging
import sys

import pytest

from markovlens.explaining.progress import WIDTH, beginnings, told, watched


class Terminal(io.StringIO):
    """A stream that somebody sees."""

    def isatty(self):
        return True


class Notebook(io.StringIO):
    """A stream as a kernel has it: no terminal, and seen."""

    __module__ = "ipykernel.iostream"


def work():
    with watched():
        for part in ("recording", "fitting " + "x" * 99):
            with told(part):
                pass


@pytest.mark.parametrize("stream", [Terminal, Notebook])
def test_who_looks_sees_one_line_that_is_written_over_and_gone(stream, monkeypatch):
    file = stream()
    monkeypatch.setattr(sys, "stderr", file)
    work()
    first, second, last = file.getvalue().split("\r")[1:4]
    assert first.rstrip() == "0 s: recording ..."
    assert second.startswith("0 s: fitting xxx")
    assert [len(first), len(second), last] == [WIDTH, WIDTH, " " * WIDTH]
    assert "\n" not in file.getvalue()


def test_nobody_else_hears_of_it(monkeypatch, caplog):
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    with caplog.at_level(logging.DEBUG):
        work()
    assert file.getvalue() == ""
    heard = [record for record in caplog.records if record.name != beginnings.name]
    assert [record.getMessage()[-2:] for record in heard] == [" s", " s"]
    assert not beginnings.propagate


def test_after_a_failure_the_line_is_gone_and_silent(monkeypatch):
    file = Terminal()
    monkeypatch.setattr(sys, "stderr", file)
    before = list(beginnings.handlers)
    with pytest.raises(KeyError), watched(), told("judging"):
        raise KeyError
    assert file.getvalue().endswith("\r" + " " * WIDTH + "\r")
    assert beginnings.handlers == before
    assert beginnings.level == logging.NOTSET
