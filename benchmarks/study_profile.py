"""Where the processor time of a finished study went: a table of its rules.

    python benchmarks/study_profile.py results --source src

Seconds in jobs are those of Snakemake's benchmark files. What a job takes to start is measured now,
as the imports of its rule's script in a fresh process. Snakemake itself is in no such file, nor is
the end of a job that it did not sample.
"""

import argparse
import ast
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

import pandas as pd
from import_time import HERE, processor_s

from markovlens.running.benchmarks import Cost, read_benchmarks


def imports_of(script: Path) -> str:
    """Return the import statements of a script."""
    body = ast.parse(script.read_text(encoding="utf-8")).body
    found = [each for each in body if isinstance(each, ast.Import | ast.ImportFrom)]
    return "\n".join(map(ast.unparse, found))


def start_s(script: Path, source: Path, rounds: int) -> float:
    """Return the median seconds that a script's imports take, after a round that is not counted."""
    with tempfile.TemporaryDirectory() as bytecode:
        taken = [processor_s(imports_of(script), source, bytecode) for _ in range(rounds + 1)]
    return statistics.median(taken[1:])


def by_rule(folder: Path) -> dict[str, Cost]:
    """Return what each rule cost in a finished study."""
    costs: dict[str, Cost] = defaultdict(lambda: Cost(0, 0.0, 0.0))
    for place, cost in read_benchmarks(folder).items():
        costs[place.rule] += cost
    return costs


def profile(costs: dict[str, Cost], starts: dict[str, float]) -> pd.DataFrame:
    """Return one row a rule, the dearest first, and one of all."""
    rows = [
        (rule, cost.jobs, cost.seconds, cost.seconds / cost.jobs, cost.jobs * starts[rule])
        for rule, cost in sorted(costs.items(), key=lambda item: -item[1].seconds)
    ]
    table = pd.DataFrame(rows, columns=["rule", "jobs", "in_jobs_s", "a_job_s", "of_that_start_s"])
    total = table[["jobs", "in_jobs_s", "of_that_start_s"]].sum()
    whole = {"rule": "all", **total, "a_job_s": total["in_jobs_s"] / total["jobs"]}
    return pd.concat([table, pd.DataFrame([whole])], ignore_index=True).astype({"jobs": int})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="folder of a finished study")
    parser.add_argument(
        "--source", type=Path, default=HERE, help="folder src of the build that ran"
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    costs = by_rule(options.results / "benchmarks")
    scripts = options.source.resolve().parent / "scripts"
    starts = {
        rule: start_s(scripts / f"{rule}.py", options.source.resolve(), options.rounds)
        for rule in costs
    }
    table = profile(costs, starts)
    print(table.to_string(index=False, float_format="{:.1f}".format))


if __name__ == "__main__":
    main()
