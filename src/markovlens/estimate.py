"""What a config will cost: core-hours from the benchmark files of a run that is finished.

Run as `snakemake --summary --configfile CONFIG | python -m markovlens.estimate CONFIG` (or `make
estimate`). Snakemake says which jobs the config asks for; each is expected to take what the same
rule took in the finished run, scaled by the sizes that its time grows with (`GROWTH`). It is an
extrapolation: the nearer the finished run is to the config, the more it is worth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import yaml

from markovlens.benchmarks import Cost, Place, read_benchmarks, read_summary
from markovlens.config import Config, load_config
from markovlens.errors import DataError, MarkovlensError
from markovlens.files import naming
from markovlens.tasks import spec_of

SCHEMA_PATH = "workflow/schemas/config.schema.yaml"
COLUMNS = (
    "rule", "jobs", "core_hours_low", "core_hours_high", "minutes_median", "minutes_longest",
    "memory_mb", "measured_jobs",
)  # fmt: skip
# The sizes (see `sizes_of`) that a rule's time grows with, and the power of each. Those of the fits
# were measured (one size at a time made two or four times as large); the others are proportions.
GROWTH = {
    "tasks_make": {"steps": 1.0},
    "networks_train": {"seeds": 1.0, "updates": 1.0},
    "activations_record": {"seeds": 1.0, "steps": 1.0},
    "embedding_fit": {"seeds": 1.0, "recorded": 1.0},
    "abstractions_fit": {
        "seeds": 1.0,
        "methods": 1.0,
        "states": 0.9,
        "restarts": 0.6,
        "recorded": 0.6,
        "components": 0.3,
    },
    "faithfulness_score": {"seeds": 1.0, "tested": 1.0, "methods": 1.0, "budgets": 1.0},
    "faithfulness_probe": {"seeds": 1.0, "methods": 1.0, "budgets": 1.0},
    "faithfulness_disturb": {"seeds": 1.0, "disturbed": 1.0},
}
TYPICAL_LENGTH = 10  # symbols of a word or text; only matters against a task of another family
# Of rules that are not named above: those for one network, and those for all.
OF_A_NETWORK, OF_ALL = {"seeds": 1.0}, {"seeds": 1.0, "networks": 1.0}


def sizes_of(config: Config, place: Place) -> dict[str, float]:
    """Return the sizes of a config that the time of jobs grows with, at one place."""
    abstractions, robustness = config["abstractions"], config["robustness"]
    sizes = {
        "seeds": len(config["seeds"]),
        "networks": len(_all_pairs(config)),
        "methods": len(abstractions["methods"]),
        "budgets": len(abstractions["n_states"]),
        "states": sum(abstractions["n_states"]),
        "restarts": abstractions["restarts"] * len(abstractions["covariance"]),
        "components": config["embedding"]["n_components"],
        "disturbed": len(robustness["noise"])
        * sum(robustness["n_train"])
        * len(robustness["methods"])
        * sum(robustness["n_states"])
        * robustness["restarts"],
    }
    return {name: float(size) for name, size in (sizes | _task_sizes(config, place)).items()}


def _task_sizes(config: Config, place: Place) -> dict[str, int]:
    """Return how many steps a task has, by what is done with them."""
    family = _family(place)
    section = config["tasks"].get(family, {})
    if "n_train" not in section:
        return {}  # tasks whose sizes do not stand in the config
    length = section.get("length", TYPICAL_LENGTH)
    train, test = section.get("length_train", length), section.get("length_test", length)
    tested = (section["n_valid"] + section["n_test"]) * test
    training = config["networks"]["training"]
    return {
        "steps": section["n_train"] * train + tested,
        "tested": tested,
        "recorded": config["activations"]["n_train"] * train,
        # A network takes its symbols one after the other; batches and widths cost little beside.
        "updates": training.get(family, training["default"])["steps"] * train,
    }


def _all_pairs(config: Config) -> set[tuple[str, str]]:
    """Return every (task, model) that any section of the config asks for."""
    sections = [config, *(part for part in config.values() if isinstance(part, Mapping))]
    runs = [run for section in sections for run in section.get("runs", [])]
    return {(t, m) for run in runs for t in run.get("tasks", []) for m in run.get("models", [])}


def estimate(
    wanted: Mapping[Place, int],
    config: Config,
    measured: Mapping[Place, Cost],
    reference: Config,
) -> pd.DataFrame:
    """Return what each rule is expected to cost, one row a rule and one for their total.

    Args:
        wanted: how many jobs `config` asks for at each place.
        config: what is to be run.
        measured: what each place cost when `reference` was run.
        reference: what was run.

    Returns:
        `COLUMNS`: the number of jobs; core-hours by processor time (low) and by the clock (high);
        minutes by the clock of the median and of the longest job; the largest memory measured, in
        MB, which is not scaled; the number of jobs measured. Rules of which nothing was measured
        have 0 there and no numbers, and the total leaves them out.
    """
    startup = _startup(measured)
    rows = []
    for rule in dict.fromkeys(place.rule for place in wanted):
        places = {place: jobs for place, jobs in wanted.items() if place.rule == rule}
        known = {place: cost for place, cost in measured.items() if place.rule == rule}
        costs = [
            _expected(place, jobs, known, startup, config=config, reference=reference)
            for place, jobs in (places if known else {}).items()
        ]
        n_measured = sum(cost.jobs for cost in known.values())
        rows.append(_row(rule, sum(places.values()), costs, n_measured))
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.sort_values(["core_hours_high", "rule"], ascending=[False, True])
    whole = pd.concat([table, _total(table)], ignore_index=True)
    return whole.astype({"jobs": int, "measured_jobs": int})


def _startup(measured: Mapping[Place, Cost]) -> Cost:
    """Return what the least job of the run cost: what no size makes smaller."""
    return Cost(
        1,
        min(cost.processor_s / cost.jobs for cost in measured.values()),
        min(cost.elapsed_s / cost.jobs for cost in measured.values()),
        0.0,
    )


def _expected(
    place: Place,
    jobs: int,
    known: Mapping[Place, Cost],
    startup: Cost,
    *,
    config: Config,
    reference: Config,
) -> Cost:
    """Return the expected cost of a place: the mean over those measured places most like it."""
    likeness = {other: _likeness(place, config, other, reference) for other in known}
    nearest = [other for other in known if likeness[other] == max(likeness.values())]
    processor, elapsed = 0.0, 0.0
    for other in nearest:
        ratio, cost = _ratio(place, config, other, reference), known[other]
        work = max(cost.processor_s - cost.jobs * startup.processor_s, 0.0)
        processor += (jobs * startup.processor_s + ratio * work) / len(nearest)
        waited = max(cost.elapsed_s - cost.jobs * startup.elapsed_s, 0.0)
        elapsed += (jobs * startup.elapsed_s + ratio * waited) / len(nearest)
    return Cost(jobs, processor, elapsed, max(known[other].memory_mb for other in nearest))


def _likeness(place: Place, config: Config, other: Place, reference: Config) -> tuple[bool, ...]:
    return (
        _is_trained(place, config) == _is_trained(other, reference),
        _family(place) == _family(other),
        place.task == other.task,
        place.model == other.model,
    )


def _is_trained(place: Place, config: Config) -> bool:
    return "cell" in config["networks"]["models"].get(place.model, {})


def _family(place: Place) -> str:
    try:
        return spec_of(place.task).family
    except DataError:  # no task, or one that is no data set
        return ""


def _ratio(place: Place, config: Config, other: Place, reference: Config) -> float:
    """Return how many times the work of `other` in the reference the work of `place` is."""
    fallback = OF_A_NETWORK if place.task else OF_ALL
    growth = GROWTH.get(place.rule, fallback)
    if place.rule == "networks_train" and not _is_trained(place, config):
        growth = OF_A_NETWORK  # loaded, not trained
    here, there = sizes_of(config, place), sizes_of(reference, other)
    known = [name for name in growth if name in here and name in there]
    return prod((here[name] / max(there[name], 1.0)) ** growth[name] for name in known)


def _row(rule: str, jobs: int, costs: Sequence[Cost], n_measured: int) -> dict[str, Any]:
    row: dict[str, Any] = {"rule": rule, "jobs": jobs, "measured_jobs": n_measured}
    if costs:
        minutes = [cost.elapsed_s / cost.jobs / 60 for cost in costs for _ in range(cost.jobs)]
        row |= {
            "core_hours_low": sum(cost.processor_s for cost in costs) / 3600,
            "core_hours_high": sum(cost.elapsed_s for cost in costs) / 3600,
            "minutes_median": median(minutes),
            "minutes_longest": max(minutes),
            "memory_mb": max(cost.memory_mb for cost in costs),
        }
    return row


def _total(table: pd.DataFrame) -> pd.DataFrame:
    summed = table[["jobs", "core_hours_low", "core_hours_high", "measured_jobs"]].sum()
    largest = table[["minutes_longest", "memory_mb"]].max()
    return pd.DataFrame([{"rule": "total", **summed, **largest}])


def main(argv: Sequence[str] | None = None) -> int:
    """Read `snakemake --summary` from the standard input, write the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m markovlens.estimate", description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--measured", type=Path, default=Path("results"), metavar="RESULTS")
    parser.add_argument("--schema", type=Path, default=Path(SCHEMA_PATH))
    options = parser.parse_args(argv)
    try:
        config = load_config(_read_yaml(options.config), schema_path=options.schema)
        resolved = options.measured / "provenance" / "config.resolved.yaml"
        reference = load_config(_read_yaml(resolved), schema_path=options.schema)
        measured = read_benchmarks(options.measured / "benchmarks")
        tasks = {task for task, _ in _all_pairs(config)}
        wanted = read_summary(sys.stdin, tasks=tasks, models=config["networks"]["models"])
        table = estimate(wanted, config, measured, reference)
    except MarkovlensError as error:
        parser.exit(1, f"{error}\n")
    sys.stdout.write(table.to_string(index=False, float_format="{:.3g}".format, na_rep="-") + "\n")
    return 0


def _read_yaml(path: Path) -> Any:
    with naming(path):
        return yaml.safe_load(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
