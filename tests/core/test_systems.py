"""The library where there is no POSIX, as on Windows: the README's lines, and what is refused."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What Windows has not. Other packages' modules ask for it on Linux, and are loaded before.
WITHOUT_POSIX = """
import os, signal, sys
import matplotlib.pyplot, numba, pandas, pyarrow.parquet, scipy.stats, sklearn.cluster, torch

for name in ("fcntl", "resource", "pwd", "grp", "termios", "pty"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1"):
    delattr(signal, name)
for name in ("fork", "killpg", "getuid", "sysconf", "sched_getaffinity", "waitid"):
    delattr(os, name)
"""


def without_posix(code, folder):
    """Return what code prints, and says of errors, where there is no POSIX."""
    command = [sys.executable, "-c", WITHOUT_POSIX + code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    return done.stdout, done.stderr


def six_lines():
    examples = doctest.DocTestParser().get_examples((ROOT / "README.md").read_text("utf-8"))
    return "".join(example.source for example in examples)


def test_the_lines_of_the_readme_need_no_posix(tmp_path):
    keeps = "ml.write_record('r.json', explained); print(ml.export(explained, 'c', 'm.c'))\n"
    out, err = without_posix(six_lines() + keeps, tmp_path)
    assert err == ""
    assert out.startswith("SequenceModel: finite-state; 6 states")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.c", "r.json"]


RUNS = """
from pathlib import Path
from markovlens.running.presence import attend
from markovlens.running import benchmarks, interrupts, workflow  # what jobs import
assert attend() is None
"""


@pytest.mark.parametrize(
    "run",
    [
        "from markovlens.command.app import main; main(['run', 'smoke'])",
        "from markovlens.running.resume import main; main(['--cores', '1'])",
    ],
)
def test_a_run_says_which_systems_it_needs(run, tmp_path):
    out, err = without_posix(RUNS + run, tmp_path)
    assert out == ""
    assert "expected Linux or macOS, which the workflow needs, got linux; run it in WSL." in err
    assert "Traceback" not in err
