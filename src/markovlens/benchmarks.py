"""What jobs cost, and which jobs there are: Snakemake's benchmark files and its summary, read."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from markovlens.errors import DataError
from markovlens.files import naming


class Place(NamedTuple):
    """What one rule does for one network: one job, or the parts of one.

    Attributes:
        rule: its name, without the number of a part.
        task: name of the task; empty where a job is for all.
        model: name of the model; empty where a job is for all models.
    """

    rule: str
    task: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured, or is expected, at one place.

    Attributes:
        jobs: number of jobs.
        processor_s: seconds of processor time of all of them; the sampling of Snakemake's
            benchmarks misses up to the last half minute of each, so that this is a lower bound.
        elapsed_s: seconds of all of them by the clock: what a cluster bills for one core. More than
            the jobs need where the measured machine had other work.
        memory_mb: largest resident memory of a job, in MB (10^6 bytes).
    """

    jobs: int
    processor_s: float
    elapsed_s: float
    memory_mb: float

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of both."""
        return Cost(
            self.jobs + other.jobs,
            self.processor_s + other.processor_s,
            self.elapsed_s + other.elapsed_s,
            max(self.memory_mb, other.memory_mb),
        )


def read_benchmarks(folder: str | Path) -> dict[Place, Cost]:
    """Return what was measured, by place, from the `.jsonl` files under `folder`.

    Raises:
        DataError: there are none, or one cannot be read.
    """
    measured: dict[Place, Cost] = {}
    for path in sorted(Path(folder).rglob("*.jsonl")):
        with naming(path):
            place, cost = _read_record(json.loads(path.read_text(encoding="utf-8")))
        measured[place] = measured[place] + cost if place in measured else cost
    if not measured:
        raise DataError(
            f"{folder}: expected benchmark files, got none; `make benchmark` makes them"
        )
    return measured


def _read_record(record: Mapping[str, Any]) -> tuple[Place, Cost]:
    wildcards = record["wildcards"]
    place = Place(_base(record["rule_name"]), wildcards.get("task", ""), wildcards.get("model", ""))
    mebibytes = 0.0 if record["max_rss"] in (None, "NA") else float(record["max_rss"])
    processor = 0.0 if record["cpu_time"] == "NA" else float(record["cpu_time"])
    elapsed = float(record["s"])
    return place, Cost(1, min(processor, elapsed), elapsed, mebibytes * 2**20 / 1e6)


def _base(rule: str) -> str:
    """Return the name of a rule without the number of its part."""
    return re.sub(r"_\d+$", "", rule)


def read_summary(
    lines: Iterable[str], *, tasks: Collection[str], models: Collection[str]
) -> Counter[Place]:
    """Return how many jobs are asked for at each place, from the lines of `snakemake --summary`.

    A job is told from others of its rule by the task and model in the paths of its output files.
    """
    jobs: set[tuple[str, Place]] = set()
    for line in lines:
        path, _, rule = (line.split("\t") + ["", ""])[:3]
        if rule and rule != "rule" and rule != "-":
            parts = Path(path).parts
            task = next((part for part in parts if part in tasks), "")
            known = parts[parts.index(task) + 1 :] if task else ()
            model = next((part for part in known if part in models), "")
            jobs.add((rule, Place(_base(rule), task, model)))
    return Counter(place for _, place in jobs)
