"""CPU time of an EM pass of this build against an earlier one, on the workloads of `hmm_speed`.

The earlier build comes from a git worktree in a temporary folder:

    python benchmarks/hmm_passes.py --against 303958d

Each build has a process of its own that keeps its data and is asked in turn for some passes, so
that both meet the same machine. A ratio is the median over rounds of the earlier build's time over
this one's; rounds take turns in who comes first. Compilation and packing are not counted.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]

WANTED = {  # times faster than 303958d, in float64 and float32
    "W1": (1.55, 2.0),
    "W2": (1.5, 1.8),
    "W3": (1.7, 2.3),
    "W4": (1.25, 1.4),
    "W5": (1.3, 1.4),
}


def serve(name: str, dtype: str) -> None:
    """Answer each number of passes on stdin by the CPU seconds of one of them."""
    from hmm_speed import WORKLOADS, our_runner, seconds

    (_, run), _ = our_runner(WORKLOADS[name], dtype=dtype)
    for line in sys.stdin:
        print(seconds(run, int(line), time.process_time), flush=True)


@contextmanager
def build(root: Path, script: str, *served: str) -> Iterator[Callable[[object], str]]:
    """A process of the build under `root` that serves, as a function from a line to its answer."""
    folders = (root / "benchmarks", root / "src", HERE / "benchmarks")
    paths = os.pathsep.join(map(str, folders))
    command = [sys.executable, "-P", script, "--serve", *served]
    one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    pipe, environment = subprocess.PIPE, os.environ | one_thread | {"PYTHONPATH": paths}
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:

        def ask(line: object) -> str:
            print(line, file=process.stdin, flush=True)
            return process.stdout.readline()

        yield ask
        process.stdin.close()


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """A worktree of a commit, for as long as it is needed."""
    git = ["git", "-C", str(HERE), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "earlier")
        subprocess.run([*git, "add", "--quiet", "--detach", str(root), commit], check=True)
        try:
            yield root
        finally:
            subprocess.run([*git, "remove", "--force", str(root)], check=True)


def compare(earlier: Path, name: str, dtype: str, *, passes: int, rounds: int) -> str:
    """One line: milliseconds a pass of both builds and their ratio over rounds."""
    served = (__file__, name, dtype)
    with build(earlier, *served) as before, build(HERE, *served) as now:
        before(2), now(2)
        pairs = []
        for turn in range(rounds):
            first = before(passes) if turn % 2 else None
            own = now(passes)
            pairs.append((float(first or before(passes)), float(own)))
    ratios = [theirs / own for theirs, own in pairs]
    ratio = statistics.median(ratios)
    theirs, own = (1e3 * statistics.median(side) for side in zip(*pairs, strict=True))
    verdict = "ok" if ratio >= WANTED[name][dtype == "float32"] else "BELOW"
    return (
        f"{name} {dtype}: {theirs:6.1f} -> {own:6.1f} ms a pass, {ratio:.2f} x "
        f"({min(ratios):.2f}-{max(ratios):.2f}; at least {WANTED[name][dtype == 'float32']}: "
        f"{verdict})"
    )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", default="303958d", help="commit of the earlier build")
    parser.add_argument("--workloads", nargs="*", default=list(WANTED))
    parser.add_argument("--dtypes", nargs="*", default=["float64", "float32"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--passes", type=int, default=20)
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(*chosen.serve)
        return
    with checkout(chosen.against) as earlier:
        for name in chosen.workloads:
            for dtype in chosen.dtypes:
                passes = chosen.passes if name in ("W1", "W2", "W3") else -(-chosen.passes // 5)
                line = compare(earlier, name, dtype, passes=passes, rounds=chosen.rounds)
                print(line, flush=True)


if __name__ == "__main__":
    main()
