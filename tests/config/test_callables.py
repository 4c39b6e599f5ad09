"""A misspelt class, or arguments that it does not take, are told without running the file."""

import pytest

from markovlens.config.callables import misfits

FILE = """
import torch
from elsewhere import Taken
raise RuntimeError("it was run")

class Pump(torch.nn.Module):
    def __init__(self, hidden, *, layers=1, rows):
        pass

class Free(torch.nn.Module):
    def __init__(self, **more):
        pass

class Inherits(Pump):
    pass

def make(hidden=3):
    return Pump(hidden)

@decorated
def wrapped(hidden):
    return Pump(hidden)

Named = Pump
"""


def told(tmp_path, name, *kwargs, text=FILE):
    file = tmp_path / "net.py"
    file.write_text(text)
    return "; ".join(misfits(file, name, kwargs))


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("Pump", ("hidden", "rows")), ("Pump", ("hidden", "rows", "layers")), ("Free", ("any",)),
        ("Inherits", ("any",)), ("make", ()), ("make", ("hidden",)), ("wrapped", ("any",)),
        ("Named", ()), ("Taken", ()), ("Pump.build", ()),
    ],
)  # fmt: skip
def test_what_fits_or_cannot_be_told_is_not_spoken_against(name, kwargs, tmp_path):
    assert told(tmp_path, name, *kwargs) == ""


@pytest.mark.parametrize(
    ("name", "kwargs", "said"),
    [
        ("Pmp", (), "has no 'Pmp'; did you mean Pump?"),
        ("Pump", ("hiden", "rows"), "Pump takes no 'hiden'; did you mean hidden?"),
        ("Pump", ("hidden",), "Pump needs rows, which kwargs does not give"),
        ("make", ("h",), "make takes no 'h'; the arguments are hidden"),
    ],
)
def test_what_does_not_fit_is_told(name, kwargs, said, tmp_path):
    assert said in told(tmp_path, name, *kwargs)


def test_a_star_import_may_bring_any_name_and_no_python_is_told(tmp_path):
    assert told(tmp_path, "Any", text="from nets import *") == ""
    assert "is not Python" in told(tmp_path, "Any", text="class :")
