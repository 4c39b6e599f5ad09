"""Write the conda environments from requirements.lock: the same versions, under conda's names.

    python envs/sync.py          writes envs/*.yaml
    python envs/sync.py --check  fails when they are not what the lock says

Direct dependencies only; conda finds the rest. That conda can solve them is UNTESTED: it could not
be run where this was written, and the package itself is not in them, so that `--sdm conda` is not
supported yet. Without it Snakemake uses .venv, which is tested.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "3.11"
CORE = ("jsonschema", "numpy", "pandas", "pyarrow", "pyyaml", "scipy", "threadpoolctl")
PURPOSES = {
    "neural": (
        "Networks, activations, abstractions, groups: whatever needs torch.",
        (
            "aalpy",
            "geomloss",
            "h5py",
            "hmmlearn",
            "jinja2",
            "llvmlite",
            "markupsafe",
            "matplotlib",
            "networkx",
            "numba",
            "pillow",
            "safetensors",
            "scikit-learn",
            "seaborn",
            "torch",
        ),
    ),
    "classic": (
        "Tasks, embedding, faithfulness: no torch.",
        (
            "hmmlearn",
            "llvmlite",
            "matplotlib",
            "networkx",
            "numba",
            "safetensors",
            "scikit-learn",
        ),
    ),
    "report": (
        "Figures, tables and the report: no torch.",
        (
            "docutils",
            "jinja2",
            "markupsafe",
            "matplotlib",
            "networkx",
            "pillow",
            "safetensors",
            "scikit-learn",
            "seaborn",
        ),
    ),
}
CONDA_NAMES = {"torch": "pytorch"}  # where conda-forge has another name
PIP_ONLY = ("aalpy", "geomloss")  # what conda-forge is not known to have


def read_lock(text: str) -> dict[str, str]:
    """Return the version of each package in a lock, by name."""
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", text, flags=re.MULTILINE))


def environment(purpose: str, versions: dict[str, str]) -> str:
    """Return the text of `envs/<purpose>.yaml`."""
    what, own = PURPOSES[purpose]
    names = sorted({*CORE, *own})
    conda = [f"{CONDA_NAMES.get(n, n)}={versions[n]}" for n in names if n not in PIP_ONLY]
    pip = [f"{n}=={versions[n]}" for n in names if n in PIP_ONLY]
    lines = [
        f"# {what} Made from requirements.lock by envs/sync.py; do not edit.",
        "# Never solved by conda where it was written: see envs/sync.py.",
        "channels:",
        *_entries(["conda-forge", "nodefaults"]),
        "dependencies:",
        *_entries([f"python={PYTHON}", *conda]),
    ]
    if pip:
        lines += _entries(["pip", "pip:"]) + [f"  {line}" for line in _entries(pip)]
    return "\n".join(lines) + "\n"


def stale(root: Path) -> list[Path]:
    """Return the environment files that are not what the lock says."""
    versions = read_lock((root / "requirements.lock").read_text(encoding="utf-8"))
    files = {root / "envs" / f"{name}.yaml": environment(name, versions) for name in PURPOSES}
    return [path for path, text in files.items() if not path.exists() or path.read_text() != text]


def main(argv: Sequence[str]) -> int:
    """Write the files, or with `--check` only say which are stale; return the exit code."""
    if argv not in ([], ["--check"]):
        sys.exit(f"usage: python envs/sync.py [--check], got {' '.join(argv)}")
    if argv and (paths := stale(ROOT)):
        names = ", ".join(path.name for path in paths)
        sys.exit(f"envs: {names} not as in requirements.lock; run python envs/sync.py")
    versions = read_lock((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    for path in [] if argv else stale(ROOT):
        path.write_text(environment(path.stem, versions), encoding="utf-8")
    return 0


def _entries(items: Sequence[str]) -> list[str]:
    return [f"  - {item}" for item in items]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
