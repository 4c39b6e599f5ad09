"""The stage on files: networks, tables, claims and a figure of a tiny task with evidence."""

import numpy as np
import pytest

from markovlens.attention.stage import attend_runs, compile_attention, settings_of
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.networks.model import AttentiveModel
from markovlens.networks.store import load_network, save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.tables.attention import (
    ATTENTION,
    ATTENTION_CURVES,
    ATTENTION_CURVES_RUN,
    ATTENTION_RUN,
)
from markovlens.tables.claims import CLAIMS
from markovlens.tables.writer import write_table
from markovlens.tasks import make_task
from markovlens.tasks.store import save_task

SIZES = {"n_train": 300, "n_valid": 60, "n_test": 60, "length": 8, "fillers": 3}
TRAINING = {"steps": 150, "batch": 64, "learning_rate": 0.02, "attempts": 1}
SECTION = {
    "width": 4, "methods": ["kmeans", "lstar"], "n_states": [2, 3, 4], "restarts": 1,
    "n_sequences": 30, "n_symbols": 12, "n_draws": 2, "gradients": False,
}  # fmt: skip
SPEC = {"cell": "gru", "hidden": 8}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the run and the files of the whole stage."""
    folder = tmp_path_factory.mktemp("attention")
    task = make_task("keywords", sizes=SIZES, seed=0)
    save_task(folder / "tasks/keywords", task)
    run = Run.at(folder, "keywords", "gru", 0, layer="")
    plain = train(task, SPEC, training=TrainingOptions(**TRAINING), seed=0)
    save_network(run.folder / "network", plain)
    settings = settings_of(
        SECTION, {"bootstraps": 50, "level": 0.95}, spec=SPEC, training=TRAINING, seed=0
    )
    attend_runs([run], folder / "tasks/keywords", settings)
    names = {"scores": "csv", "curves": "csv", "claims": "csv", "figure": "svg"}
    files = {name: str(folder / f"{name}.{end}") for name, end in names.items()}
    compile_attention([run], files, level=0.95, seed=0)
    return run, files


def test_each_network_has_its_explanations_and_controls(made):
    table = read_table(made[1]["scores"])
    assert set(table.columns) == {column.name for column in ATTENTION.columns}
    names = {"machine", "machine_steps", "occlusion", "random", "truth"}
    by_network = table.groupby("network")["explanation"].agg(set).to_dict()
    assert by_network == {"plain": names, "attention": names | {"attention"}}
    truth = table[(table["explanation"] == "truth") & (table["measure"] == "auroc")]
    assert truth["value"].tolist() == [1.0, 1.0]


def test_occlusion_finds_the_planted_word_and_chance_does_not(made):
    table = read_table(made[1]["scores"])
    assert (table["gate"] == "passed").all()
    found = table[table["measure"] == "auroc"].set_index(["explanation", "network"])["value"]
    assert (found["occlusion"] > 0.75).all()
    assert (found["occlusion"] > found["random"] + 0.2).all()


def test_curves_begin_and_end_where_they_must(made):
    curves = read_table(made[1]["curves"])
    assert set(curves.columns) == {column.name for column in ATTENTION_CURVES.columns}
    whole = curves[
        ((curves["curve"] == "deletion") & (curves["share"] == 0))
        | ((curves["curve"] == "insertion") & (curves["share"] == 1))
    ]
    spread = whole.groupby("network")["value"].agg(np.ptp)
    assert (spread < 1e-6).all()  # all explanations begin with all that was read


def test_the_network_with_attention_is_kept_and_comes_back(made):
    assert isinstance(load_network(made[0].attention("network")), AttentiveModel)


def test_claims_of_one_task_stay_open_and_say_why(made):
    claims = read_table(made[1]["claims"])
    assert set(claims.columns) == {column.name for column in CLAIMS.columns}
    assert len(claims) == 5
    assert (claims["n_clusters"] == 1).all()
    assert (claims["verdict"] == "undecided").all()


def test_what_all_networks_agree_on_is_decided(made, tmp_path):
    """Eight seeds that say the same: flipping signs gives as much twice in 256 times."""
    first, _ = made
    runs = [Run.at(tmp_path, "keywords", "gru", seed, layer="") for seed in range(8)]
    for run in runs:
        for file, table in (
            ("scores.parquet", ATTENTION_RUN), ("curves.parquet", ATTENTION_CURVES_RUN),
        ):  # fmt: skip
            rows = read_table(first.attention(file)).assign(seed=run.seed)
            write_table(run.attention(file), rows, table)
    names = {"scores": "csv", "curves": "csv", "claims": "csv", "figure": "svg"}
    files = {name: str(tmp_path / f"{name}.{end}") for name, end in names.items()}
    compile_attention(runs, files, level=0.95, seed=0)
    claims = read_table(files["claims"]).set_index("claim")
    assert (claims["n_clusters"] == 8).all()
    said = claims["effect"].map(lambda effect: "supported" if effect > 0 else "contradicted")
    apart = claims["effect"] != 0
    assert apart["attention_finds_evidence"]
    assert (claims["verdict"] == said)[apart].all()
    assert (claims["verdict"] == "undecided")[~apart].all()
