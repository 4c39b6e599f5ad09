"""What jobs cost, and which jobs there are: Snakemake's benchmark files and its summary, read."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from markovlens.errors import DataError
from markovlens.files.whole import naming

# Snakemake's benchmarks sample a job twice a second for this long, and then at these intervals.
SHORT_SAMPLES_S, LONG_SAMPLE_S = 15.5, 30.0


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


class Job(NamedTuple):
    """One job that a config asks for.

    Attributes:
        place: what it does, and for which network.
        part: number of its part, where the work of a place is split; else empty.
    """

    place: Place
    part: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """What was measured at one place.

    Attributes:
        jobs: number of jobs.
        seconds: processor time of all of them, on whatever machine that was. Other work there
            hardly changes it, unlike the time by the clock.
        memory_mb: largest resident memory of a job, in MB (10^6 bytes).
    """

    jobs: int
    seconds: float
    memory_mb: float

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of both."""
        return Cost(
            self.jobs + other.jobs,
            self.seconds + other.seconds,
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
            f"{folder}: expected benchmark files, got none; `make benchmark` makes them",
            page="run-unfinished",
        )
    return measured


def _read_record(record: Mapping[str, Any]) -> tuple[Place, Cost]:
    wildcards = record["wildcards"]
    place = Place(
        _base(record["rule_name"])[0], wildcards.get("task", ""), wildcards.get("model", "")
    )
    mebibytes = 0.0 if record["max_rss"] in (None, "NA") else float(record["max_rss"])
    seconds = _processor_s(float(record["s"]), record["cpu_time"])
    return place, Cost(1, seconds, mebibytes * 2**20 / 1e6)


def _processor_s(elapsed: float, sampled: float | str) -> float:
    """Return the processor time of a job that ran on one processor.

    Snakemake samples it twice a second at first and every half minute later. After the last sample
    a job is taken to have been as busy as before it; one too short to be sampled, all the time.
    """
    if sampled == "NA":
        return elapsed
    late = max(elapsed - SHORT_SAMPLES_S, 0.0)
    seen = min(elapsed, SHORT_SAMPLES_S) + late // LONG_SAMPLE_S * LONG_SAMPLE_S
    return elapsed * min(float(sampled) / max(seen, 1.0), 1.0)


def _base(rule: str) -> tuple[str, str]:
    """Return the name of a rule without the number of its part, and that number."""
    found = re.search(r"_(\d+)$", rule)
    return (rule[: found.start()], found[1]) if found else (rule, "")


def read_summary(
    lines: Iterable[str], *, tasks: Collection[str], models: Collection[str]
) -> list[Job]:
    """Return the jobs that are asked for, from the lines of `snakemake --summary`.

    A job is told from others of its rule by the task and model in the paths of its output files.

    Raises:
        DataError: there are none.
    """
    jobs: dict[Job, None] = {}
    for line in lines:
        path, _, rule = (line.split("\t") + ["", ""])[:3]
        if rule and rule != "rule" and rule != "-":
            parts = Path(path).parts
            task = next((part for part in parts if part in tasks), "")
            known = parts[parts.index(task) + 1 :] if task else ()
            model = next((part for part in known if part in models), "")
            base, number = _base(rule)
            jobs[Job(Place(base, task, model), number)] = None
    if not jobs:
        raise DataError(
            "no job is asked for: expected the lines of `snakemake --summary --configfile CONFIG`, "
            "got none with a rule; see what Snakemake says",
            page="run-unfinished",
        )
    return list(jobs)
