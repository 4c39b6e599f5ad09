import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from helpers.costs import (
    FITS,
    PARITY,
    POWERS,
    ROOT,
    SCHEMA,
    SMALL,
    START,
    config_of,
    jobs_of,
    measured_from,
    record,
    seconds,
)
from markovlens.errors import DataError
from markovlens.running.benchmarks import Job, Place, read_benchmarks, read_summary
from markovlens.running.carried import ADVICE, carried
from markovlens.running.estimate import (
    NOT_SUBMITTED,
    RULE_COLUMNS,
    SUBMISSION_COLUMNS,
    by_rule,
    estimate,
    main,
)
from markovlens.running.workload import WORK, kind_of, likeness, ratio, sizes_of
from markovlens.tasks import FORECASTS, TASKS, spec_of

PROFILE = ROOT / "profiles" / "slurm"


# --- one job ---------------------------------------------------------------------------------


def test_the_same_config_costs_what_was_measured(tmp_path):
    wanted = [*PARITY, *jobs_of("abstractions_fit", ("contains_000", "gru"))]
    measured = measured_from(tmp_path, FITS)
    costs = estimate(wanted, config_of(), measured, config_of())
    assert list(costs["seconds"]) == pytest.approx([START + 60, START + 100])
    fit = by_rule(costs, measured).set_index("rule").loc["abstractions_fit"]
    assert fit["core_hours"] == pytest.approx((2 * START + 160) / 3600)
    assert fit["minutes_longest"] == pytest.approx((START + 100) / 60)
    assert fit["minutes_median"] == pytest.approx((START + 80) / 60)
    assert fit["memory_mb"] == pytest.approx(900 * 2**20 / 1e6)
    assert (fit["jobs"], fit["measured"]) == (2, 2)


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({"seeds": [0, 1, 2, 3]}, 2),
        ({"activations": {"n_train": 300}}, 3 ** POWERS["recorded"]),
        ({"abstractions": SMALL | {"n_states": [2, 4, 6]}}, 2 ** POWERS["states"]),
        ({"abstractions": SMALL | {"restarts": 6}}, 3 ** POWERS["restarts"]),
        ({"abstractions": SMALL | {"methods": ["hmm"]}}, 0.5),
        ({"faithfulness": {"bootstraps": 5000}}, 1),
    ],
)
def test_work_grows_with_the_sizes_and_starting_does_not(tmp_path, changes, times):
    assert seconds(tmp_path, FITS, PARITY, config=config_of(**changes)) == pytest.approx(
        [START + times * 60]
    )


def test_a_rule_of_ones_own_grows_with_the_seeds(tmp_path):
    own = [record("own_rule", 7.0, task="parity", model="gru")]
    wanted = jobs_of("own_rule", ("parity", "gru"))
    assert seconds(tmp_path, own, wanted, config=config_of(seeds=[0, 1, 2, 3])) == [14]


def test_parts_share_the_work_and_each_has_to_start(tmp_path):
    wanted = [Job(PARITY[0].place, part) for part in "1234"]
    assert seconds(tmp_path, FITS, wanted) == pytest.approx([START + 15] * 4)


def test_a_quicker_machine_starts_quicker(tmp_path):
    quick = [record("abstractions_fit", START / 2, task="parity", model="gru")]
    larger = config_of(seeds=[0, 1, 2, 3])
    assert seconds(tmp_path, quick, PARITY, config=larger) == pytest.approx([START / 2])


def test_a_network_that_was_not_measured_costs_the_mean_of_those_like_it(tmp_path):
    odd = record("abstractions_fit", 5000.0, task="sentiment", model="gru")
    wanted = jobs_of("abstractions_fit", ("tomita_1", "lstm"))
    assert seconds(tmp_path, [*FITS, odd], wanted) == pytest.approx([START + 80])


def test_a_rule_that_was_not_measured_has_no_number_and_the_total_says_it_is_the_least(tmp_path):
    wanted = [*PARITY, *jobs_of("dynamics_analyse", ("chain_2", "a"), ("chain_3", "a"))]
    measured = measured_from(tmp_path, FITS)
    costs = estimate(wanted, config_of(), measured, config_of())
    table = by_rule(costs, measured).set_index("rule")
    assert tuple(by_rule(costs, measured).columns) == RULE_COLUMNS
    assert table["core_hours"].isna()["dynamics_analyse"]
    assert table.loc["total, at least", "jobs"] == 3
    assert table.loc["total, at least", "core_hours"] == pytest.approx((START + 60) / 3600)
    whole = by_rule(costs[costs["rule"] == "abstractions_fit"], measured).set_index("rule")
    assert whole.loc["total", "core_hours"] == pytest.approx((START + 60) / 3600)


# --- sizes -----------------------------------------------------------------------------------


MODELS = {
    "gru": {"cell": "gru"},
    "g2p_en": {"pretrained": "g2p_en"},
    "writer": {"generator": "relu", "hidden": 50},
    "wide": {"generator": "relu", "hidden": 100},
    "reader": {"seq2seq": "gru"},
}
PLACES = {
    "networks_train": ("parity", "gru"),
    "networks_emulate": ("chain_2", "writer"),
    "networks_forecast": ("circle_ellipse", "reader"),
    "dynamics_analyse": ("chain_2", "writer"),
    "seq2seq_analyse": ("circle_ellipse", "reader"),
    "abstractions_fit": ("sentiment", "gru"),
    "activations_record": ("pronunciation", "g2p_en"),
}


@pytest.mark.parametrize("rule", PLACES)
def test_twice_the_seeds_are_twice_the_work(rule):
    place = Place(rule, *PLACES[rule])
    one, two = (config_of(seeds=seeds, networks={"models": MODELS}) for seeds in ([0], [0, 1]))
    assert ratio(place, two, place, one) == pytest.approx(2)


def test_training_grows_with_its_steps_and_loading_does_not():
    short, long = (
        config_of(networks={"models": MODELS, "training": {"default": {"steps": steps}}})
        for steps in (100, 400)
    )
    trained = Place("networks_train", "parity", "gru")
    loaded = Place("networks_train", "pronunciation", "g2p_en")
    expected = 4 ** WORK["networks_train"].powers["updates"]
    assert ratio(trained, long, trained, short) == pytest.approx(expected)
    assert ratio(loaded, long, loaded, short) == 1


FAMILIES = {spec_of(task).family: task for task in (*TASKS, *FORECASTS, "arena_x", "custom_length")}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_work_of_every_family_of_tasks_can_be_told(family):
    """Also of one that names few keys of training, or none, and of data called as a size is."""
    given = {"training": {family: {"steps": 40}}} if family in ("liver", "motions") else {}
    kind = "reader" if FAMILIES[family] in FORECASTS else "gru"
    own = {"length": {"data": "mine.csv", "sequence": "a", "inputs": ["b"], "target": "c"}}
    config = config_of(networks={"models": MODELS} | given, tasks={"custom": own})
    for rule in ("networks_train", "abstractions_fit"):
        place = Place(rule, FAMILIES[family], kind)
        assert ratio(place, config, place, config) == 1
        assert sizes_of(config, place)["updates"] > 0


def test_wide_networks_and_batches_make_training_longer_and_small_ones_do_not():
    models = {name: {"generator": "relu", "hidden": size} for name, size in [("s", 2), ("l", 1000)]}

    def twice_the_batch(model):
        small, large = (
            config_of(networks={"models": models, "training": {"emulation": {"batch": batch}}})
            for batch in (100, 200)
        )
        place = Place("networks_emulate", "chain_2", model)
        return ratio(place, large, place, small)

    besides = 2 ** WORK["networks_emulate"].powers["batch"]
    assert twice_the_batch("s") == pytest.approx(besides, abs=0.02)
    assert twice_the_batch("l") == pytest.approx(2 * besides, abs=0.1)


def test_a_wider_network_is_more_work_by_the_power_of_its_units():
    config = config_of(networks={"models": MODELS})
    narrow, wide = (Place("dynamics_analyse", "chain_2", name) for name in ("writer", "wide"))
    expected = 2 ** WORK["dynamics_analyse"].powers["hidden"]
    assert ratio(wide, config, narrow, config) == pytest.approx(expected)


def test_kind_and_family_count_more_than_names_and_then_what_the_models_are():
    config = config_of(networks={"models": MODELS})
    place = Place("networks_emulate", "chain_2", "writer")

    def rank(task, model):
        return likeness(place, config, Place("networks_emulate", task, model), config)

    best = [("chain_2", "writer"), ("chain_2", "wide"), ("chain_3", "writer"), ("parity", "writer")]
    ranks = [rank(*one) for one in [*best, ("chain_2", "gru")]]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == len(ranks)
    assert [kind_of(model) for model in MODELS.values()] == [
        "cell", "pretrained", "generator", "generator", "seq2seq",
    ]  # fmt: skip


def test_every_rule_of_the_workflow_has_its_growth_by_sizes_that_exist():
    files = (ROOT / "workflow" / "rules").glob("*.smk")
    text = "".join(path.read_text() for path in files)
    rules = set(re.findall(r"^rule (\w+):", text, flags=re.M)) | {"abstractions_fit"}
    assert set(WORK) == rules
    config = config_of(networks={"models": MODELS})
    known = {
        size for rule, names in PLACES.items() for size in sizes_of(config, Place(rule, *names))
    }
    assert {size for work in WORK.values() for size in work.powers} <= known


def test_only_the_local_rules_are_not_submitted():
    text = (ROOT / "workflow" / "rules" / "tasks.smk").read_text()
    assert tuple(re.findall(r"^    (\w+),$", text, flags=re.M)) == NOT_SUBMITTED


# --- what is read ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elapsed", "sampled", "expected"),
    [
        (0.3, "NA", 0.3),  # too short to be sampled
        (10.0, 5.0, 5.0),
        (40.0, 15.5, 40.0),  # sampled until 15.5 s
        (60.0, 22.75, 30.0),  # until 45.5 s, and half of it busy
        (45.5, 100.0, 45.5),  # no more than one processor
    ],
)
def test_processor_time_goes_on_after_the_last_sample(tmp_path, elapsed, sampled, expected):
    [cost] = measured_from(tmp_path, [record("x", elapsed, sampled=sampled)]).values()
    assert cost.seconds == pytest.approx(expected)


def test_parts_of_one_network_are_added_up(tmp_path):
    parts = [record(f"abstractions_fit_{n}", 10.0, task="parity", model="gru") for n in (1, 2, 3)]
    [(place, cost)] = measured_from(tmp_path, parts).items()
    assert place == PARITY[0].place
    assert (cost.jobs, cost.seconds) == (3, 30)


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
    fit = Place("abstractions_fit", "parity", "gru")
    assert read_summary(lines, tasks=["parity"], models=["gru", "lstm"]) == [
        Job(Place("tasks_make", "parity")),
        Job(fit, "1"),
        Job(fit, "2"),
        Job(Place("abstractions_fit", "parity", "lstm"), "1"),
        Job(Place("faithfulness_compile")),
    ]


def test_without_benchmark_files_the_next_step_is_named(tmp_path):
    with pytest.raises(DataError, match="make benchmark"):
        read_benchmarks(tmp_path)


RESOLVED, WANTED = "provenance/config.resolved.yaml", "wanted.yaml"


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Return a function that runs the command for a config that has been run already."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "provenance").mkdir()
    measured_from(tmp_path / "benchmarks", FITS)
    for path in (RESOLVED, WANTED):
        (tmp_path / path).write_text(yaml.safe_dump(config_of()))
    path = "results/runs/parity/gru/seed-0/abstractions/hmm/machines.json"
    monkeypatch.setattr("sys.stdin", [f"{path}\t-\tabstractions_fit\t-\tmissing\tpending"])
    arguments = [str(tmp_path / WANTED), "--measured", str(tmp_path)]
    return lambda: main([*arguments, "--schema", str(SCHEMA), "--profile", str(PROFILE)])


def refusal(command, capsys):
    """Return what the command says where it ends with exit code 1."""
    with pytest.raises(SystemExit, match="^1$"):
        command()
    return capsys.readouterr().err


@pytest.mark.parametrize("path", [WANTED, RESOLVED])
@pytest.mark.parametrize(
    ("text", "said"),
    [("seeds: [0", "expected YAML"), ("seeds: x", "seeds: got 'x', expected"), ("", "got nothing")],
)
def test_a_bad_config_is_named_as_there_are_two(command, capsys, tmp_path, path, text, said):
    (tmp_path / path).write_text(text)
    error = refusal(command, capsys)
    assert str(tmp_path / path) in error
    assert said in error


def test_a_config_that_is_not_there_is_of_no_rule(command, capsys, tmp_path):
    (tmp_path / WANTED).unlink()
    error = refusal(command, capsys)
    assert f"{tmp_path / WANTED}: no such file; give the path of a whole file of YAML" in error
    assert "rule" not in error


def test_where_snakemake_announces_no_job_it_is_said(command, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", ["output_file\tdate\trule\tlog-file(s)\tstatus\tplan"])
    assert "no job is asked for" in refusal(command, capsys)


def test_the_command_prints_the_rules_their_total_and_the_submissions(command, capsys):
    assert command() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == list(RULE_COLUMNS)
    assert lines[1].split()[:2] == ["abstractions_fit", "1"]
    assert lines[2].split()[0] == "total"
    assert lines[4].split() == list(SUBMISSION_COLUMNS)
    assert lines[5].split()[:2] == ["network", "1"]
    assert lines[-1].startswith("1 of 1 jobs for one network have their like")


def test_a_run_of_one_network_does_not_carry_a_config_of_others(
    tmp_path, command, capsys, monkeypatch
):
    """Of six jobs one has its like; nothing is known of the time of the others."""
    networks = [("parity", "gru"), ("sentiment", "gru"), ("mess3", "gru")]
    lines = [
        f"results/runs/{task}/{model}/seed-0/a.json\t-\t{rule}\t-\tmissing\tpending"
        for task, model in networks
        for rule in ("abstractions_fit", "networks_train")
    ]
    monkeypatch.setattr("sys.stdin", lines)
    runs = [{"tasks": [task for task, _ in networks], "models": ["gru"]}]
    (tmp_path / WANTED).write_text(yaml.safe_dump(config_of(runs=runs)))
    assert command() == 0
    last = capsys.readouterr().out.splitlines()[-2:]
    assert last[0].startswith("1 of 6 jobs for one network")
    assert last[0].endswith("the 2 networks measured; rules never measured: networks_train")
    config = tmp_path / WANTED
    assert last[1] == (
        f"not carried by {tmp_path}: measure one seed of {config} first (`markovlens run {config} "
        "--directory measured -- --config 'seeds=[0]'`), and name that by MEASURED=measured/results"
    )


@pytest.mark.workflow
def test_what_is_advised_can_be_run(tmp_path):
    advised = ADVICE.format(config=ROOT / "config" / "smoke.yaml").split("`")[1]
    program, what, *rest = shlex.split(advised)
    command = [Path(sys.executable).with_name(program), what, "--dry-run", *rest]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "This was a dry-run" in told.stdout
    assert (tmp_path / "measured").is_dir()


def test_half_of_the_jobs_and_every_rule_and_kind_carry_an_estimate():
    known = [Place("abstractions_fit", "parity", "gru")]
    config = config_of(networks={"models": MODELS})
    half = jobs_of("abstractions_fit", ("parity", "gru"), ("sentiment", "gru"))
    assert carried(half, config, known, config).holds
    less = [*half, *jobs_of("abstractions_fit", ("nietzsche", "gru"))]
    assert not carried(less, config, known, config).holds
    other = carried(jobs_of("abstractions_fit", ("parity", "g2p_en")), config, known, config)
    assert (other.holds, other.kinds) == (False, ("pretrained",))
