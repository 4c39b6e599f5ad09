"""The names by which a user asks what machine explains a network, on results of the real stages."""

import doctest
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import markovlens as ml
from helpers.small_run import LAYER, add_network
from markovlens.activations.stage import record_run
from markovlens.errors import DataError, EvidenceWarning
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, write_json
from markovlens.machines.machine import BELIEF
from markovlens.status import Judgement

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return results with a network that is a small machine, and one that is none.

    They were made elsewhere, and hold two layers of one network.
    """
    made = tmp_path_factory.mktemp("made") / "results"
    add_network(made, "tomita_7")
    add_network(made, "dyck_1", seeds=(3,), steps=50, n_states=(2, 3))
    other = Run.at(made, "tomita_7", "gru", 0, layer="embedding")
    record_run(other, made / "tasks" / "tomita_7", n_train=100, length_train=None, seed=0)
    copied = tmp_path_factory.mktemp("copied") / "results"
    shutil.move(made, copied)
    return copied


@pytest.fixture
def run(results):
    return ml.load_run(results, "tomita_7", "gru")


def test_the_machine_has_as_many_states_as_the_verdict_says(run):
    for seed in run.seeds:
        verdict = run.verdicts[run.verdicts["seed"] == seed].iloc[0]
        machine = run.machine(seed=seed)
        assert verdict["verdict"] == Judgement.FINITE
        assert machine.n_states == verdict["n_states"] == 5 < verdict["n_states_judged"]
        assert machine.is_deterministic


def test_the_machine_decides_as_the_verdict_says_on_test_strings(run):
    for seed in run.seeds:
        verdict = run.verdicts[run.verdicts["seed"] == seed].iloc[0]
        score = ml.fidelity(run.machine(seed=seed), run.trace(seed=seed))
        assert score.balanced_agreement.value == pytest.approx(verdict["fidelity"])


def test_the_way_round_by_the_run_and_the_short_one_give_one_machine(results, run):
    short = ml.load_machine(results, "tomita_7", "gru", seed=1)
    np.testing.assert_array_equal(short.transition, run.machine(seed=1).transition)
    with pytest.warns(EvidenceWarning, match="gru on tomita_7: took seed 0 of 0, 1; give `seed`"):
        first = ml.load_machine(results, "tomita_7", "gru")
    np.testing.assert_array_equal(first.transition, run.machine(seed=0).transition)


@pytest.mark.parametrize(
    "ask",
    [
        lambda results, _: ml.load_machine(results, "tomita_7", "gru"),
        lambda _, run: run.machine(),
        lambda _, run: run.trace(),
        lambda _, run: run.study("kmeans"),
    ],
)
def test_a_warning_points_to_the_line_that_asked(results, run, ask):
    with pytest.warns(EvidenceWarning, match="took seed 0") as warned:
        ask(results, run)
    assert [warning.filename for warning in warned] == [__file__]


def test_the_only_seed_is_taken_without_a_word(results):
    assert len(ml.load_run(results, "dyck_1", "gru").trace("valid")) == 100


def test_a_refused_network_has_evidence_and_a_machine_only_when_asked(results):
    refused = ml.load_run(results, "dyck_1", "gru")
    evidence = refused.verdicts.iloc[0]["evidence"]
    assert refused.verdicts.iloc[0]["verdict"] == Judgement.REFUSED
    with pytest.raises(DataError, match="gru on dyck_1 is refused. seed 3: ") as caught:
        ml.load_machine(results, "dyck_1", "gru")
    assert evidence in str(caught.value)
    assert "refused=True" in str(caught.value)
    assert evidence in repr(refused)
    assert 1 <= ml.load_machine(results, "dyck_1", "gru", refused=True).n_states <= 3


def test_where_nothing_can_be_told_other_sequences_are_the_next_step(results, tmp_path):
    copied = shutil.copytree(results, tmp_path / "results")
    (run,) = ml.load_run(copied, "dyck_1", "gru").runs.values()
    plain = read_json(run.verdict)
    untold = plain["verdict"] | {"verdict": Judgement.UNTOLD, "evidence": "all the same"}
    write_json(run.verdict, plain | {"verdict": untold})
    with pytest.raises(DataError) as caught:
        ml.load_machine(copied, "dyck_1", "gru")
    said = str(caught.value)
    assert said.startswith("gru on dyck_1 cannot be told on these sequences. seed 3: all the same")
    assert "Record it on other sequences, or give refused=True" in said
    assert "best machine judged" not in said


def test_a_machine_that_is_not_the_one_of_the_tables_says_so(results, tmp_path):
    copied = shutil.copytree(results, tmp_path / "results")
    (run,) = ml.load_run(copied, "dyck_1", "gru").runs.values()
    plain = read_json(run.verdict)
    write_json(run.verdict, plain | {"verdict": plain["verdict"] | {"carries": BELIEF}})
    with pytest.warns(EvidenceWarning, match="automaton of the most likely moves .* can be far"):
        ml.load_machine(copied, "dyck_1", "gru", refused=True)


def test_the_seeds_of_a_network_that_came_with_its_weights_are_of_the_methods(results, tmp_path):
    assert "seeds are of the methods" not in repr(ml.load_run(results, "tomita_7", "gru"))
    copied = shutil.copytree(results, tmp_path / "results")
    for run in ml.load_run(copied, "tomita_7", "gru").runs.values():
        write_json(run.card, read_json(run.card) | {"seed": None})
    assert "its seeds are of the methods alone" in repr(ml.load_run(copied, "tomita_7", "gru"))


def test_how_sure_it_is_can_be_read_off_the_run(run):
    verdict = run.verdicts.iloc[1]
    line = repr(run).splitlines()[2]
    low, high = verdict["fidelity_low"], verdict["fidelity_high"]
    assert f"seed 1: 5 states ({verdict['method']}); fidelity {verdict['fidelity']:.3f}" in line
    assert f"[{low:.3f}, {high:.3f}]" in line
    assert (low, high) != (verdict["fidelity"], verdict["fidelity"])


def test_scores_and_studies_of_all_seeds(run):
    assert set(run.scores["seed"]) == {0, 1}
    assert {"value", "low", "high", "method"} <= set(run.scores.columns)
    assert "replicates" not in run.scores
    kept = run.study("kmeans", seed=0)
    assert set(kept.machines) == {2, 8}
    assert re.fullmatch(r"Kept: splits decoded [a-z_, ]+, sizes 2, 8, chosen [28]", repr(kept))


def test_of_several_layers_the_one_explained_is_read(run):
    assert (run.runs[0].folder / "activations" / "embedding").is_dir()
    assert [one.layer for one in run.runs.values()] == [LAYER, LAYER]
    assert run.trace("test", seed=0).states.shape[1] == 16


@pytest.mark.parametrize(
    ("task", "model", "message"),
    [
        ("tomita7", "gru", "unknown task 'tomita7'; did you mean tomita_7. .* dyck_1, tomita_7"),
        ("tomita_7", "grus", "unknown model 'grus'; did you mean gru. the models are gru"),
        (None, "gru", "unknown task None"),
        ("..", "gru", "unknown task '..'"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(results, task, model, message):
    with pytest.raises(DataError, match=message):
        ml.load_run(results, task, model)


def test_seeds_splits_and_methods_that_are_not_there(run):
    with pytest.raises(DataError, match="gru on tomita_7: unknown seed 7; the seeds are 0, 1"):
        run.machine(seed=7)
    with pytest.raises(DataError, match="unknown seed True"):
        run.machine(seed=True)
    with pytest.raises(DataError, match="unknown split 'tset'; did you mean test"):
        run.trace("tset", seed=0)
    with pytest.raises(DataError, match="unknown method 'kmean'; did you mean kmeans"):
        run.study("kmean", seed=0)


@pytest.mark.parametrize("folder", ["nowhere", "runs/tomita_7"])
def test_what_is_no_results_folder(results, folder):
    with pytest.raises(DataError, match="expected a results folder, with `runs` in it"):
        ml.load_run(results / folder, "tomita_7", "gru")
    with pytest.raises(DataError, match="path: expected str or Path, got NoneType"):
        ml.load_run(None, "tomita_7", "gru")


@pytest.mark.parametrize("key", ["n_states", "falsification", "fidelity_low"])
def test_a_verdict_of_another_version_is_refused(results, tmp_path, key):
    shutil.copytree(results / "runs" / "dyck_1", tmp_path / "runs" / "dyck_1")
    path = Run.at(tmp_path, "dyck_1", "gru", 3, layer=LAYER).verdict
    plain = read_json(path)
    del plain["verdict"][key]
    write_json(path, plain)
    with pytest.raises(DataError, match=rf"verdict\.json: cannot be read .*{key}"):
        ml.load_run(tmp_path, "dyck_1", "gru")


def test_an_unfinished_run(results, tmp_path):
    shutil.copytree(results / "runs" / "dyck_1", tmp_path / "runs" / "dyck_1")
    path = Run.at(tmp_path, "dyck_1", "gru", 3, layer=LAYER).verdict
    path.unlink()
    with pytest.raises(DataError, match="expected a network with a verdict, got one without"):
        ml.load_run(tmp_path, "dyck_1", "gru")
    shutil.rmtree(path.parents[1])
    with pytest.raises(DataError, match="expected folders seed-0, seed-1, ..., got none"):
        ml.load_run(tmp_path, "dyck_1", "gru")


def test_pages_run_as_they_are_printed(results, monkeypatch):
    """They show the default run; what is otherwise in this small one stands as `...`."""
    monkeypatch.chdir(results.parent)
    pages = [str(ROOT / name) for name in ("README.md", "docs/machines.md")]
    runs = [
        doctest.testfile(page, module_relative=False, optionflags=doctest.ELLIPSIS)
        for page in pages
    ]
    assert sum(run.failed for run in runs) == 0
    assert sum(run.attempted for run in runs) > 10


def test_seeds_that_are_not_judged_yet_are_left_out_and_said(results, tmp_path):
    shutil.copytree(results / "runs" / "tomita_7", tmp_path / "runs" / "tomita_7")
    Run.at(tmp_path, "tomita_7", "gru", 1, layer=LAYER).verdict.unlink()
    with pytest.warns(EvidenceWarning, match="seeds without a verdict yet are left out: 1"):
        run = ml.load_run(tmp_path, "tomita_7", "gru")
    assert run.seeds == (0,)
    assert run.machine().n_states == run.verdicts.loc[0, "n_states"]
