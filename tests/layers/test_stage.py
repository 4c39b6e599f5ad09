"""The stage on the files of a run: a table a network, then all together."""

import pandas as pd
import pytest

from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.layers.drawing import draw_layers
from markovlens.layers.stage import TABLE, Settings, compare_runs, compile_layers
from markovlens.networks.store import save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.tables.claims import CLAIMS
from markovlens.tables.layers import LAYERS, LAYERS_RUN
from markovlens.tasks import make_task
from markovlens.tasks.store import load_task, save_task

SIZES = {"n_train": 120, "n_valid": 40, "n_test": 60, "length_train": 8, "length_test": 10}
SETTINGS = Settings(n_train=100, n_swaps=60, bootstraps=40, level=0.95, seed=0)
FEW, LONGER = (
    TrainingOptions(steps=steps, batch=32, evaluate_every=10, attempts=1) for steps in (20, 40)
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    task = make_task("parity", sizes=SIZES, seed=0)
    save_task(folder / "tasks/parity", task)
    runs = [Run.at(folder, "parity", "lstm", seed, layer="") for seed in (0, 1)]
    for run in runs:
        spec = {"cell": "lstm", "hidden": 4, "layers": 2}
        save_network(run.folder / "network", train(task, spec, training=FEW, seed=run.seed))
    compare_runs(runs, folder / "tasks/parity", SETTINGS)
    files = {name: str(folder / f"{name}.csv") for name in ("layers", "claims")}
    compile_layers(runs, files | {"figure": str(folder / "layers.svg")}, level=0.95, seed=0)
    return folder, runs


def test_each_network_has_a_table_of_every_layer_and_score(compiled):
    _, runs = compiled
    rows = read_table(runs[0].layers(TABLE))
    assert list(rows) == LAYERS_RUN.names
    assert rows.groupby("layer").size().to_dict() == {"rnn.l0": 10, "rnn.l1": 10}
    assert set(rows["gate"]) == {"under-trained"}
    assert set(rows["n_units"]) == {8}  # h and c


def test_seeds_are_merged_and_what_did_not_learn_decides_nothing(compiled):
    folder, runs = compiled
    table = pd.read_csv(folder / "layers.csv")
    assert table.columns.tolist() == LAYERS.names
    assert len(table) == 20
    assert not table["counted"].any()
    each = [read_table(run.layers(TABLE)).set_index(["depth", "score"])["value"] for run in runs]
    merged = table.set_index(["depth", "score"])["value"]
    assert merged[1, "probe"] == pytest.approx((each[0][1, "probe"] + each[1][1, "probe"]) / 2)
    claims = pd.read_csv(folder / "claims.csv")
    assert claims.columns.tolist() == [*CLAIMS.names, "groups"]  # optional: what each rests on
    assert claims["n"].tolist() == [0, 0, 0]
    assert "No network learned its task" in (folder / "layers.svg").read_text()


def test_networks_that_learned_are_drawn_a_panel_a_task(compiled):
    folder, _ = compiled
    table = pd.read_csv(folder / "layers.csv").assign(counted=True)
    figure = draw_layers(pd.concat([table, table.assign(task="s3")]))
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["parity", "s3"]


def test_a_task_without_a_true_machine_is_refused(compiled):
    folder, runs = compiled
    save_task(folder / "tasks/dyck_1", make_task("dyck_1", sizes=SIZES, seed=0))
    with pytest.raises(DataError, match="dyck_1"):
        compare_runs(runs, folder / "tasks/dyck_1", SETTINGS)


def test_what_learned_nothing_begins_anew_for_each_seed_however_the_network_was_trained(
    compiled, tmp_path
):
    folder, runs = compiled
    floors = [numbers_of(run, "probe_untrained") for run in runs]
    assert floors[0] != floors[1]
    assert floors[0] != numbers_of(runs[0], "probe")
    other = Run.at(tmp_path, "parity", "lstm", 0, layer="")
    spec = {"cell": "lstm", "hidden": 4, "layers": 2}
    longer = train(load_task(folder / "tasks/parity"), spec, training=LONGER, seed=7)
    save_network(other.folder / "network", longer)
    compare_runs([other], folder / "tasks/parity", SETTINGS)
    assert numbers_of(other, "probe_untrained") == floors[0]
    assert numbers_of(other, "probe") != numbers_of(runs[0], "probe")


def numbers_of(run, score):
    rows = read_table(run.layers(TABLE))
    return rows.loc[rows["score"] == score, "value"].tolist()
