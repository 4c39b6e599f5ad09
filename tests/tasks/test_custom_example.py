"""The example of config/custom.yaml, a user's data and network, goes through the real stages."""

import numpy as np
import pytest
import yaml

from helpers import small_run
from helpers.workspace import REPOSITORY
from markovlens.abstractions import READING_ROWS
from markovlens.abstractions.base import Options
from markovlens.abstractions.stage import abstract_run
from markovlens.abstractions.study import load_study
from markovlens.activations.stage import record_run
from markovlens.activations.store import load_trace
from markovlens.config.loading import layer_of, load_config
from markovlens.config.network_files import check_files
from markovlens.embedding.stage import embed_run
from markovlens.faithfulness.causes.stage import probe_runs
from markovlens.faithfulness.scores.evaluate import Scoring
from markovlens.faithfulness.stage import score_run
from markovlens.faithfulness.verdict.codebooks import codebook_table
from markovlens.files.runs import Run
from markovlens.networks.architectures import make_network
from markovlens.networks.store import save_network
from markovlens.tables.fits import CODEBOOKS
from markovlens.tables.writer import write_table
from markovlens.tasks import make_task
from markovlens.tasks.custom.description import check_descriptions
from markovlens.tasks.store import load_task, save_task

METHODS = (*small_run.METHODS, *READING_ROWS)

TASK, MODEL = "custom_vital_signs", "alarm"
SCORING = Scoring(bootstraps=20, interventions=10, tests=30)


@pytest.fixture
def config(monkeypatch):
    """Return the config, read where the workflow would read it."""
    monkeypatch.chdir(REPOSITORY)
    raw = yaml.safe_load((REPOSITORY / "config" / "custom.yaml").read_text())
    return load_config(raw, schema_path="workflow/schemas/config.schema.yaml")


def test_the_example_is_short_and_complete(config):
    assert len((REPOSITORY / "config" / "custom.yaml").read_text().splitlines()) <= 30
    assert check_descriptions(config["tasks"]["custom"], ["vital_signs"]) == []
    check_files(config)
    assert (REPOSITORY / "config/custom/vital_signs.csv").stat().st_size < 50_000


def test_data_and_network_of_the_users_own_end_in_a_machine_that_runs_on_rows(config, tmp_path):
    folder = tmp_path / "tasks" / TASK
    save_task(folder, make_task(TASK, sizes=config["tasks"]["custom"]["vital_signs"], seed=0))
    task = load_task(folder)
    assert [str(channel) for channel in task.channels] == ["heart_rate [/min]", "spo2 [%]"]

    spec = config["networks"]["models"][MODEL]
    own = {key: spec[key] for key in ("module", "kwargs")}
    found = Run.at(tmp_path, TASK, MODEL, 0, layer=layer_of(config, MODEL))
    run = Run(found.folder, found.layer, own)
    trained = make_network(spec, task, training={}, seed=0)
    floor = np.bincount(task.splits["test"].targets).max() / task.splits["test"].inputs.n_steps
    assert trained.card["scores"]["test"]["accuracy"] > floor + 0.1
    save_network(run.card.parent, trained)
    record_run(run, folder, n_train=20, length_train=None, seed=0)
    embed_run(run, n_components=4)
    options = Options(restarts=1, max_iterations=10)
    abstract_run(run, methods=METHODS, n_states=(2, 4), options=options, seed=0)

    kept = load_study(run.study("kmeans"))
    machine, test = kept.machines[kept.chosen], load_trace(run.trace("test"))
    assert len(machine.run(test.sequences)) == test.n_steps
    assert machine.codebook.channels == task.channels

    score_run(run, folder, methods=METHODS, scoring=SCORING, seed=0)
    probe_runs([run], folder, methods=METHODS, scoring=SCORING, seed=0)
    table = codebook_table([run], METHODS)
    write_table(tmp_path / "codebooks.csv", table, CODEBOOKS)
    tried, chosen = table[~table["chosen"]], table[table["chosen"]].iloc[0]
    assert tried["rules"].isna().all()
    assert chosen["rules"] == "; ".join(machine.codebook.names)
    assert sum(map(float, chosen["shares"].split("; "))) == pytest.approx(1, abs=0.01)
    assert chosen["consistency_low"] <= chosen["code_consistency"] <= chosen["consistency_high"]
