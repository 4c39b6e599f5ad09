import json

import numpy as np
import pytest

from markovlens.abstractions.base import Options
from markovlens.abstractions.coordinates import choose_run
from markovlens.abstractions.stage import abstract_run
from markovlens.activations.stage import record_run
from markovlens.activations.store import load_trace
from markovlens.embedding.pod import POD
from markovlens.embedding.stage import embed_run
from markovlens.embedding.storage import load_basis
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.networks.store import save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.tasks import make_task
from markovlens.tasks.store import save_task

SIZES = {"n_train": 60, "n_valid": 30, "n_test": 20, "length_train": 8, "length_test": 9}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("results")
    task = make_task("parity", sizes=SIZES, seed=0)
    save_task(folder / "tasks" / "parity", task)
    options = TrainingOptions(steps=40, evaluate_every=20, attempts=1)
    run = Run.at(folder, "parity", "gru", 0, layer="rnn.l0")
    save_network(
        run.card.parent, train(task, {"cell": "gru", "hidden": 12}, training=options, seed=0)
    )
    record_run(run, folder / "tasks" / "parity", n_train=60, length_train=None, seed=0)
    return run


def fit(run, method="pod", n_components=6, choose=False, seed=0):
    """Do what the script does."""
    asked = {"method": method, "n_components": n_components, "seed": seed}
    if choose or method == "units":
        choose_run(run, choose=choose, n_states=[2, 3], **asked)
    else:
        embed_run(run, **asked)


def found(run):
    return load_basis(run.pod), json.loads(run.pod.with_suffix(".json").read_text())


@pytest.mark.parametrize("method", ["pod", "gaussian", "sparse", "hadamard", "units"])
@pytest.mark.parametrize("choose", [False, True])
def test_every_method_gives_coordinates_in_which_machines_are_made(run, method, choose):
    fit(run, method=method, choose=choose)
    basis, told = found(run)
    few = len(basis.components)
    assert getattr(basis, "kind", "pod") == method
    assert few == 6 or choose
    if choose:
        tried = {row["n_components"]: row["chosen"] for row in told["tried"]}
        assert list(tried) == [1, 2, 4, 6]
        assert [size for size, chosen in tried.items() if chosen] == [few]
    abstract_run(run, methods=["kmeans"], n_states=[2], options=Options(restarts=1), seed=0)


def test_pod_without_a_choice_is_as_it_was(run):
    fit(run)
    files = [run.pod, run.pod.with_suffix(".json")]
    first = [path.read_bytes() for path in files]
    embed_run(run, n_components=6)
    assert [path.read_bytes() for path in files] == first
    basis, told = found(run)
    assert isinstance(basis, POD)
    assert set(told) == {"energies", "modes_for"}


def test_units_are_the_first_by_their_effect(run):
    fit(run, method="units", n_components=12)
    every, _ = found(run)
    fit(run, method="units", n_components=3)
    few, _ = found(run)
    np.testing.assert_array_equal(few.components, every.components[:3])
    assert sorted(every.components.argmax(axis=1)) == list(range(12))


def test_random_directions_are_no_more_than_units_and_come_from_the_seed(run, caplog):
    drawn = []
    for seed in (0, 0, 1):
        fit(run, method="gaussian", n_components=50, seed=seed)
        drawn.append(found(run)[0].components)
    assert drawn[0].shape == (12, 12)
    assert "got 50" in caplog.text
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_units_of_activations_alone_have_no_effect(run, tmp_path):
    alone = Run.at(tmp_path, "parity", "gru", 0, layer="rnn.l0")
    alone.trace("train").parent.mkdir(parents=True)
    alone.trace("train").write_bytes(run.trace("train").read_bytes())
    assert load_trace(alone.trace("train")).n_steps
    with pytest.raises(DataError, match="units expected a network that can be asked, got gru"):
        fit(alone, method="units")
