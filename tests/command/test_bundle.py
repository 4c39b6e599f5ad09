"""`markovlens bundle`: what is in the zip, what is not, and that it runs by itself."""

import hashlib
import os
import subprocess
import sys
from zipfile import ZipFile

import pytest
import yaml

from helpers.command import is_one_sentence, said
from helpers.ran import SCHEMA, plant, project, shipped, unpacked
from helpers.workspace import ONE_THREAD
from markovlens.command.cells import Cell, cut, find_cell, last_files
from markovlens.command.masks import Masks
from markovlens.config.loading import (
    dynamics_pairs,
    embedding_pairs,
    load_config,
    pairs,
    robustness_pairs,
)
from markovlens.errors import DataError

CELL = "contains_000/gru"
OWN = "custom_vital_signs/alarm"
STUDIES = {
    "embedding": ("circle_ellipse/seq2seq_16", "embedding/energies.parquet"),
    "dynamics": ("chain_2/emulator", "dynamics/numbers.parquet"),
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    return plant(tmp_path / "home", CELL, shipped("smoke"))


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return project(tmp_path)


def bundled(capsys, run, cell, *options):
    """Return the unpacked bundle of a cell, and what was printed."""
    zipped = run.home.parent / "made.zip"
    code, out, err = said(capsys, "bundle", cell, "-r", str(run.home), "-o", str(zipped), *options)
    assert (code, err) == (0, "")
    return unpacked(zipped, run.home.parent / "unpacked"), out


def planned(folder, *targets):
    """Return what Snakemake would do in the folder of a bundle."""
    command = [sys.executable, "-m", "markovlens.command", "run", "config.yaml", *targets]
    environment = os.environ | ONE_THREAD
    done = subprocess.run(
        [*command, "--dry-run"], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bundle_runs_by_itself_and_runs_its_cell_alone(run, capsys):
    folder, out = bundled(capsys, run, CELL)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config["runs"] == [{"tasks": ["contains_000"], "models": ["gru"]}]
    assert list(config["networks"]["models"]) == ["gru"]
    assert config["seeds"] == [0, 1]
    assert config["abstractions"] == run.config()["abstractions"]
    plan = planned(folder)
    assert "report_write" in plan
    assert "sentiment" not in plan
    assert "missing" not in out


def test_logs_rows_data_and_digests_are_those_of_the_cell(run, capsys):
    run.log("networks_train/sentiment/gru_small.log", "another network\n")
    run.log("tasks_make/contains_000.log", "made\n")
    folder, _ = bundled(capsys, run, CELL)
    recorded = folder / "recorded"
    logs = [path.relative_to(recorded).as_posix() for path in recorded.rglob("*.log")]
    assert sorted(logs) == [
        "logs/networks_train/contains_000/gru.log",
        "logs/tasks_make/contains_000.log",
    ]
    rows = (recorded / "tables" / "comparison.csv").read_text()
    assert rows == "task,model,score,value\ncontains_000,gru,a,0.10\n"
    assert (recorded / "tasks" / "contains_000" / "train.parquet").is_file()
    for line in (recorded / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((run.home / name).read_bytes()).hexdigest() == digest
    assert "activations/rnn.l0/test.parquet" in (recorded / "SHA256SUMS").read_text()
    assert "(commit c0ffee)" in (folder / "README.txt").read_text()


def test_equal_runs_give_equal_bytes_wherever_they_are(run, tmp_path, capsys):
    other = tmp_path / "elsewhere" / "again"
    other.mkdir(parents=True)
    plant(other, CELL, shipped("smoke"))
    for folder, name in ((run.home, "a.zip"), (other / "results", "b.zip")):
        assert said(capsys, "bundle", CELL, "--run", str(folder), "--output", name)[0] == 0
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with ZipFile(tmp_path / "a.zip") as file:
        assert file.namelist() == sorted(file.namelist())
        assert {entry.date_time for entry in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.fixture
def annika(run, monkeypatch):
    """Be somebody, on some machine."""
    home = run.home.parent / "annika"
    for name in ("USER", "LOGNAME"):
        monkeypatch.setenv(name, "annika")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("socket.gethostname", lambda: "ward7.clinic.example")
    return home


def test_nothing_tells_who_made_it_and_where(run, annika, capsys):
    seen = [f"{annika}/.venv/x.py", f"{run.home}/results/a", "/home/bertil/b", "/Users/carin/c"]
    seen += ["annika on ward7", "ward7.clinic.example", "annikas"]
    run.log(f"networks_train/{CELL}.log", "\n".join(seen))
    run.write(f"runs/{CELL}/seed-0/network/card.json", f'{{"at": "{annika}/own"}}')
    folder, _ = bundled(capsys, run, CELL)
    log = (folder / "recorded" / "logs" / "networks_train" / f"{CELL}.log").read_text()
    assert log.split("\n") == [
        "~/.venv/x.py", "./results/a", "~/b", "~/c", "<user> on <host>", "<host>", "annikas",
    ]  # fmt: skip
    everything = b"".join(contents(folder).values()).replace(b"annikas", b"")
    assert [
        name for name in ("annika", "ward7", str(run.home)) if name.encode() in everything
    ] == []


def test_names_that_are_nobodys_stay(monkeypatch, tmp_path):
    monkeypatch.setenv("USER", "root")
    monkeypatch.setenv("HOME", "/root")
    masks = Masks.of_machine(tmp_path, {})
    assert masks.all("the root of /root/x and /rooted") == "the root of ~/x and /rooted"


MISTAKES = {
    "contains_00/gru": "did you mean contains_000/gru?",
    "gru": "expected TASK/MODEL of this run",
    f"{CELL} --run nowhere": "nowhere: expected a results folder",
    f"{CELL} --output taken.zip": "taken.zip: expected a name that is free",
    f"{CELL} --config none.yaml": "none.yaml: no such file",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_sentence_and_nothing_is_written(words, run, capsys, monkeypatch):
    monkeypatch.chdir(run.home)
    (run.home / "taken.zip").touch()
    before = contents(run.home)
    code, out, err = said(capsys, "bundle", *words.split())
    assert (code, out, is_one_sentence(err)) == (1, "", True)
    assert MISTAKES[words] in err.replace(str(run.home) + "/", "")
    assert contents(run.home) == before


def test_of_a_run_that_is_half_done_it_says_what_is_missing_and_what_failed(run, capsys):
    run.log(f"abstractions_fit/{CELL}/part-1.log", "now then ERROR markovlens: it would not fit\n")
    (run.results / "runs" / CELL / "seed-1" / "faithfulness" / "verdict.json").unlink()
    for name in ("config.resolved.yaml", "versions.json"):
        (run.results / "provenance" / name).unlink()
    said_so = said(capsys, "bundle", CELL, "-r", str(run.home))
    assert said_so[0] == 1
    assert "give the run's config, --config FILE" in said_so[2]
    folder, out = bundled(
        capsys, run, CELL, "--config", str(SCHEMA.parents[2] / "config/smoke.yaml")
    )
    assert "missing: 3 files, the run is half done" in out
    assert f"runs/{CELL}/seed-1/faithfulness/verdict.json" in out
    assert "failed: " in out
    assert out.rstrip().endswith("part-1.log: it would not fit")
    assert "it would not fit" in (folder / "README.txt").read_text()


def test_a_run_that_has_only_begun_is_bundled(run, capsys):
    for path in sorted(run.results.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    _, out = bundled(capsys, run, CELL, "--config", str(SCHEMA.parents[2] / "config/smoke.yaml"))
    assert "the run is half done" in out


def test_own_files_stay_out_and_their_digests_are_told(own, capsys):
    secret = "heartthrob"
    own.write(f"runs/{OWN}/seed-0/abstractions/hmm/machines.json", f'["{secret}"]')
    own.write(f"runs/{OWN}/seed-0/faithfulness/verdict.json", f'["{secret}"]')
    own.write("tasks/custom_vital_signs/train.parquet", secret)
    rows = f"task,model,word\ncustom_vital_signs,alarm,{secret}\n"
    own.write("tables/counterexamples.csv", rows)
    own.write("tables/verdicts.csv", rows.replace(secret, "7"))
    folder, out = bundled(capsys, own, OWN)
    files = contents(folder)
    assert secret.encode() not in b"".join(files.values())
    assert b"heart_rate,spo2" not in b"".join(files.values())
    assert (folder / "recorded" / "tables" / "verdicts.csv").is_file()
    for name in ("data/vital_signs.csv", "network/network.py", "network/alarm.safetensors"):
        digest = hashlib.sha256((own.home / name).read_bytes()).hexdigest()
        assert f"left out: own/{name} (SHA-256 {digest}): your own; --with-own puts it in" in out
        assert digest in (folder / "README.txt").read_text()
    assert not (folder / "own").exists()


def test_with_own_files_it_runs_by_itself(own, capsys):
    folder, out = bundled(capsys, own, OWN, "--with-own")
    assert "left out" not in out
    assert (folder / "own/data/vital_signs.csv").read_bytes() == (
        own.home / "data/vital_signs.csv"
    ).read_bytes()
    model = yaml.safe_load((folder / "config.yaml").read_text())["networks"]["models"]["alarm"]
    assert model["module"] == "own/network/network.py:Alarm"
    assert model["weights"] == "own/network/alarm.safetensors"
    assert "report_write" in planned(folder)


def test_digests_are_of_what_a_run_of_the_bundle_writes(own, capsys):
    card = f"runs/{OWN}/seed-0/network/card.json"
    own.write(card, '{"module": "network/network.py:Alarm"}')
    folder, _ = bundled(capsys, own, OWN, "--with-own")
    written = b'{"module": "own/network/network.py:Alarm"}'
    digest = hashlib.sha256(written).hexdigest()
    assert f"{digest}  results/{card}\n" in (folder / "recorded/SHA256SUMS").read_text()


def test_a_path_outside_the_project_is_told_by_its_name_alone(own, tmp_path, capsys):
    outside = tmp_path / "patients_of_annika" / "visits.csv"
    outside.parent.mkdir()
    (own.home / "data" / "vital_signs.csv").rename(outside)
    config = own.config()
    config["tasks"]["custom"]["vital_signs"]["data"] = str(outside)
    own.write("provenance/config.resolved.yaml", yaml.safe_dump(config))
    own.log(f"tasks_make/{OWN.partition('/')[0]}.log", f"{outside}: 1800 rows\n")
    folder, out = bundled(capsys, own, OWN)
    assert "own/data/visits.csv" in out
    assert b"patients_of_annika" not in b"".join(contents(folder).values())
    assert b"own/data/visits.csv: 1800 rows" in b"".join(contents(folder).values())


@pytest.mark.parametrize("study", STUDIES)
def test_a_cell_that_a_study_asks_for_runs_to_its_own_files(study, run, capsys):
    cell, last = STUDIES[study]
    folder, _ = bundled(capsys, run, cell)
    targets = [f"results/runs/{cell}/seed-{seed}/{last}" for seed in (0, 1)]
    assert (
        f"markovlens run config.yaml {' '.join(targets)}\n" in (folder / "README.txt").read_text()
    )
    plan = planned(folder, *targets)
    assert cell.partition("/")[2] in plan
    assert "faithfulness_score" not in plan


@pytest.mark.parametrize("name", ["config", "custom", "outputs", "paper", "real", "smoke", "wild"])
def test_cells_of_every_config_can_be_cut_out(name):
    config = load_config(shipped(name), schema_path=SCHEMA)
    asked = (pairs, robustness_pairs, embedding_pairs, dynamics_pairs)
    # Of each list the first and the last: the longest has hundreds, and each is looked at alike.
    for cell in {Cell(*pair) for of in asked for pair in (*of(config)[:1], *of(config)[-1:])}:
        alone = cut(config, cell)
        assert load_config(alone, schema_path=SCHEMA) == alone
        assert find_cell(alone, str(cell)) == cell
        assert (cell.pair in pairs(alone)) or last_files(alone, cell)
        assert sum(len(of(alone)) for of in asked) <= 5
    with pytest.raises(DataError, match="the cells are"):
        find_cell(config, "none/none")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (r"in C:\Users\Jane\runs\a.py", r"in ~\runs\a.py"),
        (r'"d:\\Users\\Jane\\a"', r'"~\\a"'),
        ("C:/Users/Jane: gone", "~: gone"),
        ("/home/jane/a /Users/jane/b", "~/a ~/b"),
        ("see:/Users of it", "see:/Users of it"),
    ],
)
def test_homes_of_every_system_are_replaced(text, told):
    assert Masks({}, {}).places(text) == told
