"""Compiled code is cached where it can be; where not, everything works all the same."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import markovlens

MODULE = """
from markovlens.hmm.compiling import cached_njit

@cached_njit()
def twice(x):
    return 2 * x
"""
CALL = "import doubling; print(doubling.twice(21), sum(doubling.twice.stats.cache_hits.values()))"


def run(code, folder, **environment):
    """Start Python in a folder; return the process."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "NUMBA_"))}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=folder,
        env=clean | {"PYTHONPATH": str(folder)} | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def answer(process):
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return out.split()


@pytest.fixture
def module(tmp_path):
    (tmp_path / "doubling.py").write_text(MODULE)
    return tmp_path


def without_folders(folder):
    """A file where the folder beside the code would be, and a home that is none."""
    (folder / "__pycache__").touch()
    return {"HOME": "/dev/null"}


def test_the_second_process_finds_what_the_first_compiled(module):
    cache = str(module / "cache")
    assert answer(run(CALL, module, NUMBA_CACHE_DIR=cache)) == ["42", "0"]
    assert answer(run(CALL, module, NUMBA_CACHE_DIR=cache)) == ["42", "1"]


def test_a_part_in_another_file_that_changed_is_compiled_anew(module):
    (module / "parts.py").write_text("from numba import njit\n\ntimes = njit(lambda x: 2 * x)\n")
    inlined = MODULE.replace("2 * x", "times(x)").replace("\n@", "from parts import times\n\n@")
    (module / "doubling.py").write_text(inlined)
    cache = str(module / "cache")
    assert answer(run(CALL, module, NUMBA_CACHE_DIR=cache)) == ["42", "0"]
    (module / "parts.py").write_text("from numba import njit\n\ntimes = njit(lambda x: 3 * x)\n")
    assert answer(run(CALL, module, NUMBA_CACHE_DIR=cache)) == ["63", "0"]


def test_without_any_folder_code_is_compiled_at_each_start(module):
    assert answer(run(CALL, module, **without_folders(module))) == ["42", "0"]


def test_a_cache_folder_that_is_none_is_passed_over(module):
    nowhere = str(module / "doubling.py")
    options = without_folders(module) | {"NUMBA_CACHE_DIR": nowhere}
    assert answer(run(CALL, module, **options)) == ["42", "0"]


@pytest.mark.parametrize(("suffix", "damage"), [("nbi", 10), ("nbc", 0)])
def test_a_file_cut_short_is_made_anew(module, suffix, damage):
    cache = module / "cache"
    answer(run(CALL, module, NUMBA_CACHE_DIR=str(cache)))
    (path,) = cache.rglob(f"*.{suffix}")
    path.write_bytes(path.read_bytes()[:damage])
    assert answer(run(CALL, module, NUMBA_CACHE_DIR=str(cache))) == ["42", "0"]
    assert answer(run(CALL, module, NUMBA_CACHE_DIR=str(cache))) == ["42", "1"]


def test_a_folder_that_goes_away_stops_nothing(module):
    gone = "import doubling, shutil; shutil.rmtree('cache'); open('cache', 'w').close();"
    process = run(gone + CALL, module, NUMBA_CACHE_DIR=str(module / "cache"))
    assert answer(process) == ["42", "0"]


def test_two_processes_may_compile_at_once(module):
    both = [run(CALL, module, NUMBA_CACHE_DIR=str(module / "cache")) for _ in range(2)]
    assert [answer(process)[0] for process in both] == ["42", "42"]
    assert answer(run(CALL, module, NUMBA_CACHE_DIR=str(module / "cache"))) == ["42", "1"]


def test_the_package_is_imported_from_a_read_only_place(tmp_path):
    package = tmp_path / "markovlens"
    source = Path(markovlens.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    without_folders(package / "hmm")
    code = "import markovlens.hmm as h; print(h.__file__)"
    assert answer(run(code, tmp_path, HOME="/dev/null"))[0].startswith(str(package))
