import importlib

import pytest

from helpers.pages import DOCS, copied


@pytest.fixture
def ext(monkeypatch):
    """A module of the folder that renders, by name."""
    monkeypatch.syspath_prepend(DOCS / "_ext")
    return importlib.import_module


@pytest.fixture
def copy(tmp_path):
    """A copy of what pages are made of."""
    return copied(tmp_path)
