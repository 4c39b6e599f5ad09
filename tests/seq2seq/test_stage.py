import shutil

import numpy as np
import pytest

from markovlens.abstractions.base import Options
from markovlens.activations.forecasts import record_encoder_decoder
from markovlens.activations.trajectories import load_trajectories
from markovlens.figures.seq2seq.cluster_map import draw_cluster_map
from markovlens.figures.seq2seq.stage import draw_encoder_decoder, draw_encoder_decoders
from markovlens.files.runs import STUDY_TABLES, Run
from markovlens.files.whole import read_json, read_table, write_json
from markovlens.networks.forecasting import ForecastOptions, train_forecaster
from markovlens.networks.store import save_forecaster
from markovlens.seeding import integer
from markovlens.seq2seq.stage import compile_seq2seq, rate_of, study_run
from markovlens.seq2seq.store import cluster_seed, load_chosen, snapshots_of
from markovlens.seq2seq.study import Settings
from markovlens.tasks import planar
from markovlens.tasks.windows_store import save_forecast

SIZES = {"n_train": 30, "n_valid": 10, "n_test": 20, "past": 6, "future": 6}
SETTINGS = Settings(
    n_states=(2, 3), n_components=3, bootstraps=20, options=Options(restarts=1, max_iterations=5)
)
STEPS = (1, 2, 3, 4)


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    """Return two networks trained for four steps, and their folder."""
    folder = tmp_path_factory.mktemp("results")
    task = planar.make("planar_hard", sizes=SIZES, seeds=np.random.SeedSequence(0))
    save_forecast(folder / "tasks" / "planar_hard", task)
    options = ForecastOptions(steps=4, batch=8, evaluate_every=2, checkpoints=STEPS)
    runs = []
    for seed in (0, 1):
        run = Run.at(folder, "planar_hard", "gru", seed, layer="")
        spec = {"seq2seq": "gru", "hidden": 4}
        save_forecaster(run.card.parent, train_forecaster(task, spec, training=options, seed=seed))
        record_encoder_decoder(run, folder / "tasks" / "planar_hard", n_windows=20)
        study_run(run, SETTINGS, rate=np.nan, seed=0)
        runs.append(run)
    return folder, runs


def test_every_table_is_there_and_again_the_same(studied):
    _, runs = studied
    before = {name: runs[0].embedding(name).read_bytes() for name in STUDY_TABLES}
    study_run(runs[0], SETTINGS, rate=np.nan, seed=0)
    assert {name: runs[0].embedding(name).read_bytes() for name in STUDY_TABLES} == before
    progress = read_table(runs[0].embedding("progress"))
    assert tuple(progress["step"]) == STEPS
    windows, chosen = load_chosen(runs[0])
    assert chosen["joint:hmm"].shape == (len(windows), 12)


def test_curves_that_are_no_recordings_have_no_seconds(studied):
    folder, _ = studied
    assert np.isnan(rate_of(folder / "tasks" / "planar_hard"))


def test_tables_and_figures_of_all_networks(studied, tmp_path):
    folder, runs = studied
    compile_seq2seq(runs, tmp_path, level=0.95, seed=0)
    states = read_table(tmp_path / "seq2seq_states.csv")
    assert set(states["part"]) == {"encoder", "decoder", "joint"}
    assert (states["n_seeds"] == 2).any()
    swaps = read_table(tmp_path / "seq2seq_swaps.csv")
    assert {"other_class", "same_class", "input_only", "none", "displaced"} == set(
        swaps["condition"]
    )
    claims = read_table(tmp_path / "seq2seq_claims.csv")
    assert set(claims["system"]) == {"S3"}
    assert set(claims["verdict"]) == {"undecided"}  # two networks decide nothing
    energies = read_table(tmp_path / "embedding.csv")
    np.testing.assert_allclose(energies.loc[energies["mode"] == 4, "cumulative"], 1, atol=1e-5)
    forecasts = read_table(tmp_path / "forecasts.csv")
    assert forecasts["step"].astype(str).tolist() == ["1", "2", "3", "4", "5", "6", "all"]
    names = ("energies", "correspondence", "swaps", "forecasts")
    outputs = {name: str(tmp_path / f"{name}.svg") for name in names}
    tables = {
        "energies": "embedding", "states": "seq2seq_states", "swaps": "seq2seq_swaps",
        "forecasts": "forecasts",
    }  # fmt: skip
    draw_encoder_decoders(
        {name: str(tmp_path / f"{file}.csv") for name, file in tables.items()}, outputs
    )
    single = {name: str(tmp_path / f"{name}.png") for name in ("embedding", "clusters", "training")}
    draw_encoder_decoder(runs, single, seed=0)
    assert len(list(tmp_path.glob("*.svg"))) + len(list(tmp_path.glob("*.png"))) == 7


def test_the_map_shows_the_clusters_of_the_table(studied):
    _, runs = studied
    snapshots = snapshots_of(load_trajectories(runs[0].trajectories("test")))
    rows = read_table(runs[0].embedding("clusters"))
    wanted = {"method": "kmeans", "space": "states", "unit": "step", "score": "ari"}
    table = rows.loc[(rows[list(wanted)] == list(wanted.values())).all(axis=1), "value"].item()
    drawn = draw_cluster_map(snapshots, seed=integer(cluster_seed(runs[0], seed=0)))
    title = " ".join(drawn.texts[0].get_text().split())
    assert f"adjusted Rand index of {table:.2f} (k-means)" in title


def test_a_pretrained_network_is_one_network_whatever_the_seed(studied, tmp_path):
    _, runs = studied
    pretrained = []
    for run in runs:
        copy = Run.at(tmp_path, run.task, run.model, run.seed, layer="")
        shutil.copytree(run.folder, copy.folder)
        card = read_json(copy.card)
        card["architecture"] = {"pretrained": "another"}
        write_json(copy.card, card | {"gate": card["gate"] | {"passed": True}})
        pretrained.append(copy)
    (tmp_path / "once").mkdir()
    compile_seq2seq(pretrained, tmp_path / "once", level=0.95, seed=0)
    claims = read_table(tmp_path / "once" / "seq2seq_claims.csv").set_index("claim")
    assert claims.loc["few_dimensions", "n_clusters"] == 1
    assert read_table(tmp_path / "once" / "forecasts.csv")["n_seeds"].eq(2).all()
