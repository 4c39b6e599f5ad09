"""Benchmarks of jobs as a run leaves them, and the config whose run they are of."""

import json
from pathlib import Path

from markovlens.config.loading import load_config
from markovlens.running.benchmarks import Job, Place, read_benchmarks
from markovlens.running.estimate import (
    estimate,
)
from markovlens.running.workload import WORK

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
START = WORK["abstractions_fit"].start_s
POWERS = WORK["abstractions_fit"].powers
SMALL = {"n_states": [2, 4], "restarts": 2, "methods": ["hmm", "kmeans"]}


def config_of(**changes):
    raw = {
        "seeds": [0, 1],
        "runs": [{"tasks": ["parity", "contains_000"], "models": ["gru"]}],
        "activations": {"n_train": 100},
        "abstractions": SMALL,
    }
    return load_config(raw | changes, schema_path=SCHEMA)


def record(rule, seconds, *, sampled="NA", rss=100.0, **wildcards):
    return {
        "rule_name": rule,
        "wildcards": wildcards,
        "s": seconds,
        "cpu_time": sampled,
        "max_rss": rss,
    }


def measured_from(folder, records):
    for number, one in enumerate(records):
        (folder / f"{number}.jsonl").write_text(json.dumps(one) + "\n")
    return read_benchmarks(folder)


def jobs_of(rule, *networks):
    return [Job(Place(rule, *network)) for network in networks]


def seconds(folder, records, wanted, *, config=None):
    """Return the seconds of each wanted job, where the reference is `config_of()`."""
    costs = estimate(wanted, config or config_of(), measured_from(folder, records), config_of())
    return list(costs["seconds"])


FITS = [
    record("abstractions_fit", START + 60.0, task="parity", model="gru"),
    record("abstractions_fit", START + 100.0, rss=900.0, task="contains_000", model="gru"),
]
PARITY = jobs_of("abstractions_fit", ("parity", "gru"))
