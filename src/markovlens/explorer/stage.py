"""The explorer of one network of a run."""

from __future__ import annotations

from pathlib import Path

from markovlens.explaining.finished import load_explanation
from markovlens.explorer.page import environment, write_explorer
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, replacing
from markovlens.networks.store import load_network


def write_of_run(path: str | Path, run: Run) -> None:
    """Write the explorer of a network by the machine of its verdict.

    Where no machine could be fitted the page says so.

    Args:
        path: where to write it.
        run: with its verdict, studies, recordings and weights.

    Raises:
        DataError: a file is missing or damaged.
    """
    verdict = read_json(run.verdict)["verdict"]
    if verdict["n_states_judged"] is None:
        _write_nothing(path, run, verdict["evidence"])
        return
    # Ours is loaded by `load_explanation`; what somebody's own is, only the config says.
    network = None if run.own is None else load_network(run.card.parent, own=run.own)
    results = run.folder.parents[3]
    explanation = load_explanation(results, run.task, run.model, run.seed, network=network)
    write_explorer(path, explanation)


def _write_nothing(path: str | Path, run: Run, why: str) -> None:
    page = environment().get_template("nothing.html")
    with replacing(path) as temporary:
        text = page.render(title=f"{run.model} on {run.task}", why=why)
        temporary.write_text(text, encoding="utf-8", newline="\n")
