"""From the files of a run to the files of its figures."""

import shutil

import pandas as pd
import pytest

from helpers.machines import verdict_on
from markovlens.abstractions.base import Options
from markovlens.abstractions.stage import abstract_run
from markovlens.activations.store import write_trace
from markovlens.embedding.stage import embed_run
from markovlens.errors import DataError
from markovlens.figures.comparison.stage import draw_benchmark, draw_one_task
from markovlens.figures.networks.load import load_network, load_sweep
from markovlens.figures.networks.stage import draw_machine, draw_network
from markovlens.figures.networks.states import true_states
from markovlens.files.runs import Run
from markovlens.files.whole import write_json
from markovlens.status import Judgement
from markovlens.tables.networks import CLUSTERS

METHODS = ["hmm", "kmeans", "ngram", "majority"]


@pytest.fixture(scope="module")
def runs(traces_of, tmp_path_factory):
    """Return two seeds of one planted network, fitted."""
    root = tmp_path_factory.mktemp("results")
    made = []
    for seed in range(2):
        run = Run.at(root, "contains_000", "gru", seed, layer="rnn.l0")
        for split, trace in traces_of("contains_000").items():
            write_trace(run.trace(split), [trace])
        embed_run(run, n_components=4)
        options = Options(restarts=1, covariance=("diag",), max_iterations=10)
        abstract_run(run, methods=METHODS, n_states=[2, 4], options=options, seed=0)
        write_json(run.verdict, {"verdict": verdict_on("kmeans", 4), "methods": []})
        made.append(run)
    return made


def test_a_network_is_drawn_from_its_files(runs, tmp_path):
    names = {"selection": "a.svg", "states": "b.png", "graph": "c.svg", "timeline": "d.svg"}
    outputs = {name: str(tmp_path / file) for name, file in names.items()}
    draw_network(runs, outputs, methods=METHODS, seed=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names.values())
    first = {name: (tmp_path / file).read_bytes() for name, file in names.items()}
    draw_network(runs, outputs, methods=METHODS, seed=0)
    assert first == {name: (tmp_path / file).read_bytes() for name, file in names.items()}


def test_what_is_loaded_is_the_test_split_at_the_chosen_size(runs):
    data = load_network(runs[0], ["hmm", "kmeans"])
    assert data.projection.shape == (data.trace.n_steps, 2)
    assert data.chosen["hmm"].machine.n_states in (2, 4)
    assert data.chosen["hmm"].decoded.shape == (data.trace.n_steps,)
    assert true_states(data.trace) == 4
    assert sorted(load_sweep(runs, "hmm")["seed"].unique()) == [0, 1]


def test_a_missing_file_is_named(runs, tmp_path):
    gone = Run.at(tmp_path, "contains_000", "gru", 0, layer="rnn.l0")
    with pytest.raises(DataError, match=r"test\.parquet"):
        draw_network([gone], {}, methods=METHODS, seed=0)


def test_floors_alone_have_nothing_to_draw(runs):
    with pytest.raises(DataError, match="at least one method that reads activations"):
        draw_network(runs, {}, methods=["ngram", "majority"], seed=0)


@pytest.fixture
def tables(comparison, make_verdicts, tmp_path):
    columns = ["task", "model", "score", "against", "method_a", "method_b", "difference", "verdict"]
    frames = {
        "comparison": comparison,
        "verdicts": make_verdicts(comparison),
        "differences": pd.DataFrame(columns=columns),
        "clusters": pd.DataFrame(columns=CLUSTERS.names),
    }
    for name, frame in frames.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    return {name: str(tmp_path / f"{name}.csv") for name in frames}


def test_the_benchmark_is_drawn_from_its_tables(tables, tmp_path):
    names = (
        "comparison", "gap", "budget", "pareto", "intervention", "differences", "clusters",
    )  # fmt: skip
    outputs = {name: str(tmp_path / f"{name}.svg") for name in names}
    draw_benchmark(tables, outputs, level=0.9)
    drawn = {name: (tmp_path / f"{name}.svg").read_text() for name in names}
    assert all("</text>" in svg for svg in drawn.values())  # text stays text
    text = drawn["comparison"].replace("\N{NO-BREAK SPACE}", " ")
    assert "90 % intervals" in text
    assert "4 states, not at length 20" in text


def test_a_task_is_drawn_from_the_table_of_all(tables, tmp_path):
    path = tmp_path / "fidelity.svg"
    draw_one_task(tables["comparison"], path, task="parity", level=0.9)
    text = path.read_text()
    assert ">SRN<" in text
    assert "mess3" not in text


def test_a_task_that_the_table_lacks_is_named(tables, tmp_path):
    with pytest.raises(DataError, match="rows of the task dyck_1, found those of parity, mess3"):
        draw_one_task(tables["comparison"], tmp_path / "no.svg", task="dyck_1")


def test_the_machine_of_the_verdict_is_drawn_listed_and_exported(runs, tmp_path):
    names = {"machine": "a.svg", "words": "a.csv", "dot": "a.dot"}
    outputs = {name: str(tmp_path / file) for name, file in names.items()}
    draw_machine(runs, outputs, budget=4)
    assert (tmp_path / "a.dot").read_text().startswith("digraph")
    words = pd.read_csv(tmp_path / "a.csv")
    assert {"source", "target", "word", "lift"} <= set(words.columns)
    assert len(words)
    text = (tmp_path / "a.svg").read_text().replace("\N{NO-BREAK SPACE}", " ")
    assert "closed-loop fidelity" in text
    assert ">accept</text>" in text


def test_figures_of_a_refused_network_say_so(runs, tmp_path):
    said = verdict_on("kmeans", 4) | {"verdict": Judgement.REFUSED, "n_states": None}
    path = tmp_path / "runs" / "contains_000" / "gru"
    shutil.copytree(runs[0].folder, path / "seed-0")
    run = Run.holding(path / "seed-0" / "faithfulness", layer="rnn.l0")
    write_json(run.verdict, {"verdict": said, "methods": []})
    names = ("selection.svg", "states.svg", "graph.svg", "timeline.svg")
    draw_network(
        [run], {n.split(".")[0]: str(tmp_path / n) for n in names}, methods=METHODS, seed=0
    )
    for name in names[1:]:
        text = (tmp_path / name).read_text().replace("\N{NO-BREAK SPACE}", " ")
        assert "seed 0 (refused: no small machine)" in text
        assert ("REFUSED" in text) == (name == "graph.svg")
