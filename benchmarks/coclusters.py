"""States without moves beside states with moves, on a finished run: `docs/numbers/coclusters/`.

    OMP_NUM_THREADS=1 python benchmarks/coclusters.py results

`coclusters` is fitted on what the run recorded, its number of states chosen on validation sequences
among those of the run; machines of the other methods are the run's own. Scores are of test
sequences, merged over seeds as in every table. The claim is in `coclusters_claims.csv`
beside them; the figure is of the first network of `sentiment`.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from keeping import keep, made_by

from markovlens.abstractions.base import Evidence
from markovlens.abstractions.coclusters import co_clusters, units_of
from markovlens.abstractions.stage import network_of_run
from markovlens.abstractions.study import Kept, load_study, save_study, study_evidence
from markovlens.activations.basis import Basis, in_coordinates
from markovlens.activations.store import load_trace
from markovlens.embedding.storage import load_basis
from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.faithfulness.claims.moves import moves_claims
from markovlens.faithfulness.scores.compile import compare
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate
from markovlens.figures.networks.coclusters import draw_coclusters
from markovlens.figures.save import save_figure
from markovlens.files.runs import Run, find_runs
from markovlens.seeding import integer, seed_for
from markovlens.tasks.base import SPLITS
from markovlens.tasks.store import load_task
from markovlens.trace import Trace

DOCS = Path(__file__).resolve().parents[1] / "docs"
KEPT = DOCS / "numbers" / "coclusters"
METHOD, LAYER, SEED = "coclusters", "rnn.l0", 0
COMPARED = ("kmeans", "hmm", "hmm_input", "majority")
NETWORKS = {
    "sentiment": ("srn_words", "mgu_words", "gru_words", "lstm_words"),
    "contains_0110": ("srn", "mgu", "gru", "lstm"),
    "mess3": ("gru",),
}
DRAWN = ("sentiment", "gru_words")
SCORE = {"mess3": "explained_divergence"}  # of those that decide, the balanced agreement
COLUMNS = [
    "task", "model", "method", "mode", "score", "n_states", "value", "low", "high", "n_seeds",
    "n_sequences",
]  # fmt: skip


def recorded(run: Run, basis: Basis) -> dict[str, Trace]:
    return {split: in_coordinates(load_trace(run.trace(split)), basis) for split in SPLITS}


def fitted(run: Run, folder: Path) -> Kept:
    """Return what the method makes of a run, the numbers of states being those tried there."""
    basis = load_basis(run.pod)
    traces = recorded(run, basis)
    evidence = Evidence(
        traces["train"], traces["valid"], network_of_run(run, traces["train"], basis), SEED
    )
    sizes = sorted(load_study(run.study("kmeans")).machines)
    child = seed_for(SEED, run.task, run.model, run.seed, METHOD)
    found = study_evidence(METHOD, evidence, n_states=sizes, seed=child)
    save_study(folder, found, traces)
    return load_study(folder)


def chosen_only(kept: Kept) -> Kept:
    machines = {size: each for size, each in kept.machines.items() if size == kept.chosen}
    return Kept(machines, {}, kept.chosen, kept.decoded, None, kept.codebook)


def scored(run: Run, task_folder: Path) -> pd.DataFrame:
    studies = {method: chosen_only(load_study(run.study(method))) for method in COMPARED}
    with TemporaryDirectory() as folder:
        studies[METHOD] = chosen_only(fitted(run, Path(folder)))
    rows = evaluate(
        load_task(task_folder), load_trace(run.trace("train")), load_trace(run.trace("test")),
        studies, scoring=Scoring(), seed=integer(seed_for(SEED, run.task, "faithfulness")),
    )  # fmt: skip
    place = {"task": run.task, "model": run.model, "layer": LAYER, "seed": run.seed}
    return rows.assign(**place, gate="passed")


def scores_of(results: Path) -> pd.DataFrame:
    """Return all scores of every network, seed by seed."""
    return pd.concat(
        scored(Run.at(results, task, model, seed, layer=LAYER), results / "tasks" / task)
        for task, models in NETWORKS.items()
        for model in models
        for seed in find_runs(results, task, model)
    )


def table_of(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the chosen rows of every network, seeds merged, of the score of its task."""
    table = compare(scores, level=Scoring().level)
    asked = table["task"].map(SCORE).fillna("balanced_fidelity_string")
    table = table[(table["selection"] == "chosen") & (table["score"] == asked)]
    return table[table["mode"].isin(["open", "closed"])][COLUMNS].round(3)


def draw(results: Path, path: Path) -> None:
    task, model = DRAWN
    run = Run.at(results, task, model, 0, layer=LAYER)
    basis = load_basis(run.pod)
    train = recorded(run, basis)["train"]
    evidence = Evidence(train, None, network_of_run(run, train, basis), SEED)
    with TemporaryDirectory() as folder:
        chosen = fitted(run, Path(folder)).chosen
    assert chosen is not None, "co-clusters were found"
    seed = integer(seed_for(SEED, METHOD, chosen))
    found = co_clusters(train, units_of(evidence, train), chosen, seed=seed)
    save_figure(path, draw_coclusters(found, train, model=model, task=task))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--figure-only", action="store_true")
    given = parser.parse_args()
    draw(given.results, DOCS / "coclusters.svg")
    if given.figure_only:
        return
    config = given.results / "provenance" / "config.resolved.yaml"
    made = made_by(("markovlens", "numpy", "scikit-learn"), config)
    scores = scores_of(given.results)
    claims = claims_table(decide(moves_claims(scores, seed=SEED))).drop(columns="groups")
    tables = {"coclusters": table_of(scores), "coclusters_claims": claims.round(3)}
    keep(KEPT, tables, made)


if __name__ == "__main__":
    main()
