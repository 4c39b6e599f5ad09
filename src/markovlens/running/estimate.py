"""What a config will cost: core-hours from the benchmark files of a run that is finished.

Run as `snakemake --summary --configfile CONFIG | python -m markovlens.running.estimate CONFIG` (or
`make estimate`). Snakemake says which jobs the config asks for; each is expected to take what the
same rule took in the finished run, scaled by the sizes that its time grows with (see `workload`).
It is an extrapolation: the nearer the finished run is to the config, the more it is worth.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import pandas as pd

from markovlens.config.loading import Config
from markovlens.config.reading import read_config, read_yaml
from markovlens.errors import MarkovlensError, in_full
from markovlens.running.benchmarks import Cost, Job, Place, read_benchmarks, read_summary
from markovlens.running.carried import carried
from markovlens.running.workload import all_pairs, likeness, ratio, work_of

RULE_COLUMNS = (
    "rule", "jobs", "core_hours", "minutes_median", "minutes_longest", "memory_mb", "measured",
)  # fmt: skip
SUBMISSION_COLUMNS = (
    "submission", "submissions", "unmeasured", "too_short", "too_long", "shortest_s",
    "shortest_of", "longest_s", "longest_of",
)  # fmt: skip
SCHEMA_PATH = "workflow/schemas/config.schema.yaml"
PROFILE_PATH = "profiles/slurm"
TOTAL, AT_LEAST = "total", "total, at least"
NOT_SUBMITTED = ("tasks_fetch",)  # runs where Snakemake runs
# A submission is not worth its overhead below, and a risk for the queue's limits above.
SHORT_S, LONG_S = 20, 2 * 3600


@dataclass(frozen=True, slots=True)
class Expected:
    """What the jobs of one place are expected to cost.

    Attributes:
        start_s: seconds of processor time that each of them needs to start.
        work_s: seconds of what they share.
        memory_mb: largest resident memory measured at the places most like it, in MB; not scaled.
    """

    start_s: float
    work_s: float
    memory_mb: float


def estimate(
    wanted: Sequence[Job],
    config: Config,
    measured: Mapping[Place, Cost],
    reference: Config,
) -> pd.DataFrame:
    """Return what each job is expected to cost, one row a job.

    Args:
        wanted: the jobs that `config` asks for.
        config: what is to be run.
        measured: what each place cost when `reference` was run.
        reference: what was run.

    Returns:
        `rule`, `task`, `model` and `part` of the job, `seconds` of processor time and `memory_mb`;
        the last two are missing for rules of which nothing was measured.
    """
    shares = Counter(job.place for job in wanted)
    costs = {place: _expected(place, config, measured, reference) for place in shares}
    rows = [
        {
            **place._asdict(),
            "part": part,
            "seconds": costs[place].start_s + costs[place].work_s / shares[place],
            "memory_mb": costs[place].memory_mb,
        }
        for place, part in wanted
    ]
    return pd.DataFrame(rows)


def _expected(
    place: Place, config: Config, measured: Mapping[Place, Cost], reference: Config
) -> Expected:
    """Return the expected cost of a place: the mean over those measured places most like it."""
    known = {other: cost for other, cost in measured.items() if other.rule == place.rule}
    if not known:
        return Expected(nan, nan, nan)
    # No more than the quickest job, where the machine is quicker than the one of the table.
    quickest = min(cost.seconds / cost.jobs for cost in known.values())
    start = min(work_of(place.rule).start_s, quickest)
    alike = {other: likeness(place, config, other, reference) for other in known}
    nearest = [other for other in known if alike[other] == max(alike.values())]
    work = [
        ratio(place, config, other, reference)
        * max(known[other].seconds - known[other].jobs * start, 0.0)
        for other in nearest
    ]
    return Expected(start, fmean(work), max(known[other].memory_mb for other in nearest))


def by_rule(costs: pd.DataFrame, measured: Mapping[Place, Cost]) -> pd.DataFrame:
    """Return the cost of each rule, one row a rule and one for their total.

    Returns:
        `RULE_COLUMNS`: the number of jobs, core-hours, minutes of the median and of the longest
        job, the largest memory and how many jobs were measured. Rules of which nothing was
        measured have 0 there and no numbers; the total leaves them out and is called `AT_LEAST`.
    """
    rules = costs.groupby("rule")
    table = pd.DataFrame(
        {
            "jobs": rules.size(),
            "core_hours": rules["seconds"].sum(min_count=1) / 3600,
            "minutes_median": rules["seconds"].median() / 60,
            "minutes_longest": rules["seconds"].max() / 60,
            "memory_mb": rules["memory_mb"].max(),
        }
    ).reset_index()
    table["measured"] = [
        sum(cost.jobs for place, cost in measured.items() if place.rule == rule)
        for rule in table["rule"]
    ]
    table = table.sort_values(["core_hours", "rule"], ascending=[False, True])
    total = {
        "rule": AT_LEAST if table["core_hours"].isna().any() else TOTAL,
        **table[["jobs", "core_hours", "measured"]].sum(),
        **table[["minutes_longest", "memory_mb"]].max(),
    }
    whole = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    return whole.astype({"jobs": int, "measured": int})[list(RULE_COLUMNS)]


def by_submission(costs: pd.DataFrame, profile: Mapping[str, Any]) -> pd.DataFrame:
    """Return how long submissions to a cluster are, one row a group of a profile or rule without.

    Jobs of one group and network are taken to need each other, and go together; those of several
    networks as `group-components` says, but not where the name of a group has wildcards.

    Returns:
        `SUBMISSION_COLUMNS`: how many submissions, how many of their jobs have no number and are
        left out of what follows, how many submissions are shorter than `SHORT_S` or longer than
        `LONG_S`, and seconds and place of the shortest and of the longest one; the place is empty
        where networks go together.
    """
    submitted = costs[~costs["rule"].isin(NOT_SUBMITTED)]
    groups, together = _pairs(profile, "groups"), _pairs(profile, "group-components")
    numbered = submitted["rule"] + submitted["part"].map(lambda part: part and f"_{part}")
    group = numbered.map(lambda rule: groups.get(rule, ""))
    submitted = submitted.assign(
        submission=submitted["rule"].where(group == "", group),
        part=submitted["part"].where(group == "", ""),
    )
    keys = ["submission", "task", "model", "part"]
    grouped = submitted.groupby(keys, sort=False)["seconds"]
    networks = pd.DataFrame(
        {"seconds": grouped.sum(min_count=1), "unmeasured": grouped.size() - grouped.count()}
    ).reset_index()
    rows = [
        _extremes(
            name,
            networks[networks["submission"] == name],
            together=1 if "{" in name else int(together.get(name, 1)),
        )
        for name in sorted(set(networks["submission"]))
    ]
    return pd.DataFrame(rows, columns=list(SUBMISSION_COLUMNS))


def _pairs(profile: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the entries `NAME=VALUE` of a profile."""
    return dict(entry.split("=", 1) for entry in profile.get(key, []))


def _extremes(name: str, networks: pd.DataFrame, *, together: int) -> dict[str, Any]:
    """Return the row of `by_submission` for one kind, `together` networks in a submission."""
    number = np.arange(len(networks)) // together
    places = (networks["task"] + " " + networks["model"]).str.strip().groupby(number)
    table = pd.DataFrame(
        {
            "seconds": networks["seconds"].groupby(number).sum(min_count=1),
            "place": places.first().where(places.size() == 1, ""),
        }
    )
    known = table.dropna().sort_values("seconds")
    ends = [known.iloc[end] if len(known) else {"seconds": nan, "place": ""} for end in (0, -1)]
    return {
        "submission": name,
        "submissions": len(table),
        "unmeasured": networks["unmeasured"].sum(),
        "too_short": (known["seconds"] < SHORT_S).sum(),
        "too_long": (known["seconds"] > LONG_S).sum(),
        "shortest_s": ends[0]["seconds"],
        "shortest_of": ends[0]["place"],
        "longest_s": ends[1]["seconds"],
        "longest_of": ends[1]["place"],
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Read `snakemake --summary`, write both tables and what carries them; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m markovlens.running.estimate", description=__doc__
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("--measured", type=Path, default=Path("results"), metavar="RESULTS")
    parser.add_argument("--profile", type=Path, default=Path(PROFILE_PATH), metavar="FOLDER")
    parser.add_argument("--schema", type=Path, default=Path(SCHEMA_PATH))
    options = parser.parse_args(argv)
    try:
        config = read_config(options.config, options.schema)
        resolved = options.measured / "provenance" / "config.resolved.yaml"
        reference = read_config(resolved, options.schema)
        profile = read_yaml(options.profile / "config.yaml")
        measured = read_benchmarks(options.measured / "benchmarks")
        tasks = {task for task, _ in all_pairs(config)}
        wanted = read_summary(sys.stdin, tasks=tasks, models=config["networks"]["models"])
        costs = estimate(wanted, config, measured, reference)
    except MarkovlensError as error:
        parser.exit(1, f"{in_full(error)}\n")
    for table in (by_rule(costs, measured), by_submission(costs, profile)):
        sys.stdout.write(_text(table) + "\n\n")
    found = carried(wanted, config, measured, reference)
    sys.stdout.write(found.said(options.measured, options.config) + "\n")
    return 0


def _text(table: pd.DataFrame) -> str:
    return table.to_string(index=False, float_format="{:.3g}".format, na_rep="-")


if __name__ == "__main__":
    sys.exit(main())
