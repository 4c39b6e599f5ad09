"""What an import costs in processor time: this build against an older one, taken in turns.

    git worktree add /tmp/old 303958d
    python benchmarks/import_time.py /tmp/old/src

Both run in this interpreter's environment, each import in a fresh process. Compiled bytecode is
kept, in a folder of its own, and a first round that is not counted fills it.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

STATEMENTS = ("import markovlens", "from markovlens.hmm import GaussianHMM")
HERE = Path(__file__).resolve().parents[1] / "src"


def processor_s(statement: str, source: Path, bytecode: str) -> float:
    """Return the seconds of processor time of a fresh interpreter that runs a statement."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    environment |= {"PYTHONPATH": str(source), "PYTHONPYCACHEPREFIX": bytecode}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def alternated(statement: str, sources: Sequence[Path], rounds: int) -> list[list[float]]:
    """Return the seconds of each source, all of them once a round."""
    with tempfile.TemporaryDirectory() as bytecode:
        for source in sources:
            processor_s(statement, source, bytecode)
        taken = [
            [processor_s(statement, each, bytecode) for each in sources] for _ in range(rounds)
        ]
    return [list(times) for times in zip(*taken, strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path, help="the folder src of an older build")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    for statement in STATEMENTS:
        times = alternated(statement, (options.old.resolve(), HERE), options.rounds)
        old, new = map(statistics.median, times)
        ratios = sorted(before / now for before, now in zip(*times, strict=True))
        print(
            f"{statement}: {old:.3f} s before, {new:.3f} s now, "
            f"{statistics.median(ratios):.2f} times less ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
