import json
from pathlib import Path

import pytest
import yaml

from markovlens.benchmarks import Place, read_benchmarks, read_summary
from markovlens.config import load_config
from markovlens.errors import DataError
from markovlens.estimate import COLUMNS, GROWTH, estimate, main

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
STARTUP = 2.0
SMALL = {"n_states": [2, 4], "restarts": 2, "methods": ["hmm", "kmeans"]}


def config_of(**changes):
    raw = {
        "seeds": [0, 1],
        "runs": [{"tasks": ["parity", "contains_000"], "models": ["gru"]}],
        "activations": {"n_train": 100},
        "abstractions": SMALL,
    }
    return load_config(raw | changes, schema_path=SCHEMA)


def record(rule, seconds, *, processor=None, rss=100.0, **wildcards):
    return {
        "rule_name": rule,
        "wildcards": wildcards,
        "s": seconds,
        "cpu_time": seconds / 2 if processor is None else processor,
        "max_rss": rss,
    }


def measured_from(folder, records):
    for number, one in enumerate(records):
        (folder / f"{number}.jsonl").write_text(json.dumps(one) + "\n")
    return read_benchmarks(folder)


def expected(folder, records, wanted, *, config=None):
    """Return the rows, by rule, where the reference is `config_of()`."""
    whole = [record("provenance_write", STARTUP), *records]
    table = estimate(wanted, config or config_of(), measured_from(folder, whole), config_of())
    assert tuple(table.columns) == COLUMNS
    return table.set_index("rule")


FITS = [
    record("abstractions_fit", 62.0, task="parity", model="gru"),
    record("abstractions_fit", 102.0, rss=900.0, task="contains_000", model="gru"),
]


def test_the_same_config_costs_what_was_measured(tmp_path):
    wanted = {Place("abstractions_fit", task, "gru"): 1 for task in ("parity", "contains_000")}
    fit = expected(tmp_path, FITS, wanted).loc["abstractions_fit"]
    assert fit["core_hours_high"] == pytest.approx(164 / 3600)
    assert fit["core_hours_low"] == pytest.approx(82 / 3600)
    assert fit["minutes_longest"] == pytest.approx(102 / 60)
    assert fit["minutes_median"] == pytest.approx(82 / 60)
    assert fit["memory_mb"] == pytest.approx(900 * 2**20 / 1e6)
    assert (fit["jobs"], fit["measured_jobs"]) == (2, 2)


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({"seeds": [0, 1, 2, 3]}, 2),
        ({"activations": {"n_train": 300}}, 3 ** GROWTH["abstractions_fit"]["recorded"]),
        (
            {"abstractions": SMALL | {"n_states": [2, 4, 6]}},
            2 ** GROWTH["abstractions_fit"]["states"],
        ),
        ({"abstractions": SMALL | {"restarts": 6}}, 3 ** GROWTH["abstractions_fit"]["restarts"]),
        ({"abstractions": SMALL | {"methods": ["hmm"]}}, 0.5),
        ({"faithfulness": {"bootstraps": 5000}}, 1),
    ],
)
def test_work_grows_with_the_sizes_and_starting_does_not(tmp_path, changes, times):
    wanted = {Place("abstractions_fit", "parity", "gru"): 1}
    table = expected(tmp_path, FITS, wanted, config=config_of(**changes))
    seconds = 3600 * table.loc["abstractions_fit", "core_hours_high"]
    assert seconds == pytest.approx(STARTUP + times * 60)


def test_parts_share_the_work_and_each_has_to_start(tmp_path):
    wanted = {Place("abstractions_fit", "parity", "gru"): 4}
    fit = expected(tmp_path, FITS, wanted).loc["abstractions_fit"]
    assert 3600 * fit["core_hours_high"] == pytest.approx(4 * STARTUP + 60)
    assert 60 * fit["minutes_longest"] == pytest.approx(STARTUP + 15)


def test_a_network_that_was_not_measured_costs_the_mean_of_those_like_it(tmp_path):
    odd = record("abstractions_fit", 5002.0, task="sentiment", model="gru")
    wanted = {Place("abstractions_fit", "tomita_1", "lstm"): 1}
    fit = expected(tmp_path, [*FITS, odd], wanted).loc["abstractions_fit"]
    assert 3600 * fit["core_hours_high"] == pytest.approx(STARTUP + 80)


def test_a_rule_that_was_not_measured_has_no_number_and_the_total_says_how_many_jobs(tmp_path):
    wanted = {Place("abstractions_fit", "parity", "gru"): 1, Place("dynamics_kick", "parity"): 3}
    table = expected(tmp_path, FITS, wanted)
    assert table["core_hours_high"].isna()["dynamics_kick"]
    assert table.loc["total", "jobs"] == 4
    assert table.loc["total", "core_hours_high"] == pytest.approx(62 / 3600)


def test_parts_of_one_network_are_added_up(tmp_path):
    parts = [record(f"abstractions_fit_{n}", 10.0, task="parity", model="gru") for n in (1, 2, 3)]
    [(place, cost)] = measured_from(tmp_path, parts).items()
    assert place == Place("abstractions_fit", "parity", "gru")
    assert (cost.jobs, cost.elapsed_s, cost.processor_s) == (3, 30, 15)


def test_a_job_too_short_to_be_sampled_counts_by_the_clock(tmp_path):
    [cost] = measured_from(tmp_path, [record("x", 0.3, processor="NA", rss="NA")]).values()
    assert (cost.elapsed_s, cost.processor_s, cost.memory_mb) == (0.3, 0, 0)


def test_the_summary_gives_a_job_for_each_rule_part_and_network():
    lines = ["output_file\tdate\trule\tlog-file(s)\tstatus\tplan"]
    for rule, path in [
        ("tasks_make", "results/tasks/parity/train.parquet"),
        ("tasks_make", "results/tasks/parity/test.parquet"),
        ("abstractions_fit_1", "results/runs/parity/gru/seed-0/abstractions/hmm/machines.json"),
        ("abstractions_fit_2", "results/runs/parity/gru/seed-1/abstractions/hmm/machines.json"),
        ("abstractions_fit_1", "results/runs/parity/lstm/seed-0/abstractions/hmm/machines.json"),
        ("faithfulness_compile", "results/claims.csv"),
    ]:
        lines.append(f"{path}\t-\t{rule}\t-\tmissing\tupdate pending")
    assert read_summary(lines, tasks=["parity"], models=["gru", "lstm"]) == {
        Place("tasks_make", "parity"): 1,
        Place("abstractions_fit", "parity", "gru"): 2,
        Place("abstractions_fit", "parity", "lstm"): 1,
        Place("faithfulness_compile"): 1,
    }


def test_without_benchmark_files_the_next_step_is_named(tmp_path):
    with pytest.raises(DataError, match="make benchmark"):
        read_benchmarks(tmp_path)


def test_the_command_prints_a_row_a_rule_and_the_total(tmp_path, monkeypatch, capsys):
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "provenance").mkdir()
    measured_from(tmp_path / "benchmarks", FITS)
    for path in ("provenance/config.resolved.yaml", "wanted.yaml"):
        (tmp_path / path).write_text(yaml.safe_dump(config_of()))
    path = "results/runs/parity/gru/seed-0/abstractions/hmm/machines.json"
    monkeypatch.setattr("sys.stdin", [f"{path}\t-\tabstractions_fit\t-\tmissing\tpending"])
    arguments = [str(tmp_path / "wanted.yaml"), "--measured", str(tmp_path)]
    assert main([*arguments, "--schema", str(SCHEMA)]) == 0
    header, fit, total = capsys.readouterr().out.splitlines()
    assert header.split() == list(COLUMNS)
    assert fit.split()[:2] == ["abstractions_fit", "1"]
    assert total.split()[0] == "total"
