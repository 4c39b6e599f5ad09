import numpy as np
import pytest

from markovlens.abstractions.base import Options
from markovlens.activations.forecasts import record_encoder_decoder
from markovlens.faithfulness.seq2seq import Settings
from markovlens.faithfulness.seq2seq_stage import compile_seq2seq, load_chosen, rate_of, study_run
from markovlens.figures.seq2seq_stage import draw_encoder_decoder, draw_encoder_decoders
from markovlens.files import read_table
from markovlens.networks.forecasting import ForecastOptions, train_forecaster
from markovlens.networks.store import save_forecaster
from markovlens.runs import STUDY_TABLES, Run
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
    names = ("energies", "correspondence", "swaps")
    outputs = {name: str(tmp_path / f"{name}.svg") for name in names}
    tables = {
        "energies": "embedding", "states": "seq2seq_states", "swaps": "seq2seq_swaps"
    }  # fmt: skip
    draw_encoder_decoders(
        {name: str(tmp_path / f"{file}.csv") for name, file in tables.items()}, outputs
    )
    single = {name: str(tmp_path / f"{name}.png") for name in ("embedding", "clusters", "training")}
    draw_encoder_decoder(runs, single, seed=0)
    assert len(list(tmp_path.glob("*.svg"))) + len(list(tmp_path.glob("*.png"))) == 6
