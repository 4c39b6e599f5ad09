"""The command line, as tests give it."""

import pytest

from markovlens.command.app import main


def said(capsys, *arguments):
    """Return exit code, output and errors of a command."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    out, err = capsys.readouterr()
    return ended.value.code or 0, out, err
