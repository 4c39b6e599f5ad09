"""The command line, as tests give it."""

import pytest

from markovlens.command.app import main

WHY = "why, and what to do: markovlens errors "  # what the line below a sentence begins with


def is_one_sentence(err):
    """Return whether errors are one line, with none below it but the one that names a page."""
    first, *rest = err.splitlines()
    return bool(first) and (not rest or (len(rest) == 1 and rest[0].startswith(WHY)))


def said(capsys, *arguments):
    """Return exit code, output and errors of a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err
