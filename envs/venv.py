"""Make a virtual environment from a lock; `make env` calls it. Standard library only.

    python3 envs/venv.py .venv
    python3 envs/venv.py .frameworks frameworks.lock

Torch: on Linux the general package index has the CUDA build (gigabytes), so the index of CPU builds
is asked first, where it answers within a few seconds. TORCH_INDEX names another one, or none ("").
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import urllib.request
from http.client import HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST = (3, 11)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PATIENCE_S = 5.0


def main() -> None:
    """Make the environment, install a lock (requirements.lock), then this package on top."""
    if sys.version_info < OLDEST:
        came = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"markovlens needs Python 3.11 or newer, got {came}: make PYTHON=python3.11")
    venv, *locks = map(Path, sys.argv[1:])
    python = venv / "bin" / "python"
    stands = works(python)
    if not stands:
        create(venv, python)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    quiet = ["--quiet"] if stands else []  # else a line for each package that is there already
    run([*pip, *quiet, "-r", str(ROOT / (locks or ["requirements.lock"])[0]), *torch_index()])
    # As a path, not a finder: a folder called markovlens beside a script would go before a finder.
    editable = ["--config-settings", "editable_mode=compat", "-e", str(ROOT)]
    run([*pip, "--quiet", "--no-deps", "--no-build-isolation", *editable])


def works(python: Path) -> bool:
    """Say whether there is an interpreter with pip, as half a venv or a stale one has none."""
    command = [str(python), "-m", "pip", "--version"]
    return python.exists() and subprocess.run(command, capture_output=True).returncode == 0


def create(venv: Path, python: Path) -> None:
    """Make an empty environment, also where Debian has left ensurepip out of Python."""
    command = [sys.executable, "-m", "venv", "--clear"]
    if subprocess.run([*command, str(venv)], capture_output=True).returncode == 0:
        return
    run([*command, "--without-pip", str(venv)])
    run([sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "pip"])


def torch_index() -> list[str]:
    """Return the pip options for the index of CPU builds, none where it is not needed or silent."""
    url = os.environ.get("TORCH_INDEX", CPU_INDEX if sys.platform == "linux" else "")
    if not url:
        return []
    if answers(url + "/torch/"):
        return ["--extra-index-url", url]
    print(f"NOTICE: {url} does not answer; pip takes torch from its own index", file=sys.stderr)
    return []


def answers(url: str) -> bool:
    """Say whether a page comes in time; a thread, because looking up a name has no time limit."""
    pages: list[bool] = []

    def fetch() -> None:
        try:
            urllib.request.urlopen(url, timeout=PATIENCE_S).close()
            pages.append(True)
        except (OSError, HTTPException, ValueError):
            pages.append(False)

    thread = threading.Thread(target=fetch, daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return pages == [True]


def run(command: list[str]) -> None:
    """Run a command; end with its exit code where it fails."""
    code = subprocess.run(command).returncode
    if code:
        sys.exit(code)


if __name__ == "__main__":
    main()
