"""The stage on files: what one network's tables hold, and what all become together."""

import pytest

from markovlens.activations.recorder import record
from markovlens.activations.store import write_trace
from markovlens.dynamics import stage, study
from markovlens.dynamics.measures import COLUMNS, exactly, tidy
from markovlens.dynamics.stage import believe_runs, compile_dynamics, source_of, study_runs
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table, write_json
from markovlens.networks import emulation
from markovlens.networks.emulation import EmulationOptions, emulate
from markovlens.networks.model import build
from markovlens.networks.store import save_emulator
from markovlens.tables.dynamics import NUMBERS_RUN, STUDIES
from markovlens.tables.writer import write_table
from markovlens.tasks import make_task

SIZES = {"n_train": 20, "n_valid": 2, "n_test": 12, "length": 15}
SPEC = {"generator": "relu", "hidden": 12, "noise": 3, "loss": "transport"}
TABLES = ("numbers", "paths", "points", "decay", "roles")
QUICK = {"N_RUNS": 20, "N_STEPS": 40, "N_COLLAPSING": 4}


@pytest.fixture(scope="module")
def chain():
    return make_task("chain_2", sizes=SIZES, seed=0)


@pytest.fixture(scope="module")
def mess():
    return make_task("mess3", sizes=SIZES, seed=0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(emulation, "POOL", 200)
    monkeypatch.setattr(emulation, "TEST_RUNS", 20)
    for name, size in QUICK.items():
        monkeypatch.setattr(study, name, size)
    monkeypatch.setattr(study, "ANALYSES", {"orbit": study.ANALYSES["orbit"]})


def trained(root, task, **changes):
    """Return the run of a network with little training, as the networks stage leaves it."""
    small = {"steps": 8, "batch": 8, "attempts": 1, "checkpoints": 3}
    options = EmulationOptions(**small | changes)
    run = Run.at(root, task.name, "emulator", 0, layer="")
    save_emulator(run.folder / "network", emulate(task, SPEC, training=options, seed=0))
    return run


def numbered(root, model, seed, value, *, loss="transport", passed=True):
    """Return the run of a network whose analyses gave one number."""
    run = Run.at(root, "chain_2", model, seed, layer="")
    write_json(run.card, {"architecture": {"loss": loss}, "gate": {"passed": passed}})
    numbers = tidy("orbit", {("turns_per_switch", "run"): exactly(value, 9)})
    write_table(run.dynamics("numbers"), numbers.assign(status="ok", reason=""), NUMBERS_RUN)
    return run


def believing(root, task):
    """Return the run of an untrained network that predicts, recorded."""
    run = Run.at(root, task.name, "gru", 0, layer="rnn.l0")
    model = build({"cell": "gru", "hidden": 6}, n_symbols=3, n_classes=3).eval()
    for split in ("train", "test"):
        data = task.splits[split]
        names = {"symbols": task.symbols, "classes": task.classes}
        trace = record(model, data.inputs, layers="rnn.l0", **names)
        write_trace(run.trace(split), [trace])
    write_json(run.card, {"architecture": {"cell": "gru"}, "gate": {"passed": True}})
    return run


def compiled(root, runs):
    outputs = {name: str(root / f"{name}.csv") for name in ("numbers", "claims")}
    compile_dynamics(runs, outputs, seed=0)
    return read_table(outputs["numbers"]), read_table(outputs["claims"])


def test_a_network_on_file_is_studied_the_same_twice(tmp_path, chain):
    run = trained(tmp_path, chain)
    study_runs(chain, [run], seed=0)
    first = {name: run.dynamics(name).read_bytes() for name in TABLES}
    numbers = read_table(run.dynamics("numbers"))
    assert set(numbers["analysis"]) == {"orbit"}
    study_runs(chain, [run], seed=0)
    assert first == {name: run.dynamics(name).read_bytes() for name in TABLES}
    study_runs(chain, [run], seed=1)
    assert first["numbers"] != run.dynamics("numbers").read_bytes()


def test_each_checkpoint_is_given_with_its_loss(tmp_path, chain, monkeypatch):
    run, seen = trained(tmp_path, chain), {}
    monkeypatch.setattr(stage, "analyse", lambda *args, **given: seen.update(given) or {})
    study_runs(chain, [run], seed=0)
    said = read_json(run.card)["checkpoints"]
    assert [(one.step, one.loss) for one in seen["checkpoints"]] == [
        (one["step"], one["loss"]) for one in said
    ]
    assert seen["length"] == 50


def test_a_network_that_grows_without_bound_has_a_row_that_says_so(tmp_path, chain):
    run = trained(tmp_path, chain, gain=1e6)
    study_runs(chain, [run], seed=0)
    tables = {name: read_table(run.dynamics(name)) for name in TABLES}
    (row,) = tables.pop("numbers").to_dict("records")
    assert row["status"] == "failed"
    assert row["reason"].startswith("the states grow without bound")
    for name, table in tables.items():
        assert table.empty
        assert list(table) == STUDIES[name].names


def test_a_missing_checkpoint_is_named(tmp_path, chain):
    run = trained(tmp_path, chain)
    lost = sorted((run.folder / "network" / "checkpoints").iterdir())[-1]
    lost.unlink()
    with pytest.raises(DataError, match=lost.name):
        study_runs(chain, [run], seed=0)


def test_a_task_without_source_is_an_error():
    sizes = {"n_train": 9, "n_valid": 3, "n_test": 3, "length_train": 5, "length_test": 5}
    with pytest.raises(DataError, match="parity"):
        source_of(make_task("parity", sizes=sizes, seed=0))


def test_all_networks_become_one_table_with_loss_and_gate(tmp_path):
    runs = [
        numbered(tmp_path, "emulator", 0, 0.3),
        numbered(tmp_path, "emulator", 1, 0.4, passed=False),
        numbered(tmp_path, "lags", 0, 0.1, loss="transport+lags"),
    ]
    numbers, _ = compiled(tmp_path, runs)
    assert [*numbers] == ["task", "model", "loss", "seed", "gate", *COLUMNS, "status", "reason"]
    rows = numbers[["model", "loss", "seed", "gate", "value"]]
    assert rows.to_numpy().tolist() == [
        ["emulator", "transport", 0, "passed", 0.3],
        ["emulator", "transport", 1, "under-trained", 0.4],
        ["lags", "transport+lags", 0, "passed", 0.1],
    ]


def test_claims_rest_on_networks_that_passed_the_gate(tmp_path):
    """Six pairs with more turns by transport; a seventh, the other way, is under-trained."""
    runs = [
        numbered(tmp_path, loss, seed, turns if seed < 6 else -9.0, loss=loss, passed=seed < 6)
        for seed in range(7)
        for loss, turns in (("transport", 0.4), ("transport+lags", 0.1))
    ]
    _, claims = compiled(tmp_path, runs)
    claim = claims.set_index("claim").loc["loss_decides_orbit"]
    assert claim["n"] == 6
    assert claim["effect"] == pytest.approx(0.3)
    others = claims[claims["claim"] != "loss_decides_orbit"]
    assert set(others["verdict"]) == {"undecided"}


def test_beliefs_of_predicting_networks_stand_in_the_same_table(tmp_path, mess):
    run = believing(tmp_path, mess)
    believe_runs(mess, [run], n_states=[2], seed=0)
    first = run.dynamics("beliefs").read_bytes()
    believe_runs(mess, [run], n_states=[2], seed=0)
    assert run.dynamics("beliefs").read_bytes() == first
    numbers, _ = compiled(tmp_path, [numbered(tmp_path, "emulator", 0, 0.3), run])
    beliefs = numbers[numbers["analysis"] == "beliefs"]
    assert set(beliefs["task"]) == {"mess3"}
    assert beliefs["loss"].isna().all() or set(beliefs["loss"]) == {""}
    assert beliefs["value"].max() <= 1
