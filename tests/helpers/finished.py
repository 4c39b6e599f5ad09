"""The results of a run as the report reads them: tables, figures and provenance, all planted."""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from markovlens.figures.save import save_figure
from markovlens.figures.style import panels, styled
from markovlens.status import Judgement, Scope
from markovlens.tables.claims import CLAIMS
from markovlens.tables.scores import COMPARISON
from markovlens.tables.verdicts import COUNTEREXAMPLES, VERDICTS

FIGURES = ("machine.svg", "graph.svg", "selection.svg", "states.png", "timeline.svg")
TOGETHER = ("comparison.svg", "gap.svg", "robustness.svg", "match.svg", "energies.svg")
ALONE = {"chain_2/emulator": "orbit.png", "human_motion/seq2seq": "clusters.png"}


@dataclass
class Finished:
    """What is planted: rows of the tables, by table, and where."""

    results: Path
    comparison: list[dict] = field(default_factory=list)
    verdicts: list[dict] = field(default_factory=list)
    counterexamples: list[dict] = field(default_factory=list)
    claims: list[dict] = field(default_factory=list)

    def network(self, task, model, *, n_states=4, fidelity=1.0, methods=("hmm", "lstar")):
        """Add a network of two seeds; one without `n_states` is refused."""
        place = {"task": task, "model": model}
        shared = place | {"selection": "chosen", "gate": "passed", "status": "ok"}
        self.comparison.append(
            shared | _score("accuracy_string", 0.9) | {"method": "network", "mode": "-"}
        )
        for rank, method in enumerate((*methods, "majority")):
            value = 0.5 if method == "majority" else fidelity - rank / 100
            size = {"n_states": 4 + rank, "n_states_low": 4, "n_states_high": 4 + rank}
            self.comparison.append(
                shared
                | size
                | _score("balanced_fidelity_string", value)
                | {"method": method, "mode": "closed", "carries": "state"}
            )
        said = Judgement.REFUSED if n_states is None else Judgement.FINITE
        for seed in range(2):
            self.verdicts.append(
                place
                | {"scope": Scope.SEED, "seed": seed, "verdict": said}
                | {"n_states": n_states, "n_states_judged": 6, "method": methods[0]}
                | {"fidelity": fidelity - seed / 50, "fidelity_low": 0.5, "fidelity_high": 1}
                | {"evidence": f"closed-loop fidelity {fidelity:.3f}"}
            )
            tried = {"seed": seed, "method": methods[0], "n_tests": 1998}
            self.counterexamples.append(place | tried)

    def claim(self, statement, verdict="undecided"):
        """Add a claim."""
        self.claims.append(
            {"claim": "a_claim", "system": "S2", "statement": statement, "measure": "a difference"}
            | {"effect": -0.25, "low": -0.5, "high": 0.1, "n": 12, "n_clusters": 6, "p": 0.04}
            | {"verdict": verdict}
        )

    def write(self, *, figures=FIGURES):
        """Write everything and return the files that the report is made from."""
        tables = {
            COMPARISON: self.comparison,
            VERDICTS: self.verdicts,
            COUNTEREXAMPLES: self.counterexamples,
            CLAIMS: self.claims,
        }
        for table, rows in tables.items():
            _table(self.results / table.files[0], table.names, rows)
        self._write_figures(figures)
        folder = self.results / "provenance"
        folder.mkdir(exist_ok=True)
        config = {"faithfulness": {"level": 0.9}, "seeds": [0, 1], "abstractions": {}}
        (folder / "config.resolved.yaml").write_text(yaml.safe_dump(config))
        facts = {"commit": "c0ffee", "uncommitted_changes": False, "python": "3.11"}
        facts |= {"platform": "Linux", "processor": None, "packages": {"numpy": "2.0", "x": None}}
        (folder / "versions.json").write_text(json.dumps(facts))
        for seed in range(2):
            for task, model in {(row["task"], row["model"]) for row in self.verdicts}:
                card = self.results / f"runs/{task}/{model}/seed-{seed}/network/card.json"
                card.parent.mkdir(parents=True, exist_ok=True)
                card.write_text("{}")
        return sorted(
            path
            for path in self.results.rglob("*")
            if path.is_file() and path.relative_to(self.results).parts[0] != "runs"
        )

    def _write_figures(self, figures):
        folder = self.results / "figures"
        places = dict.fromkeys(f"{row['task']}/{row['model']}" for row in self.verdicts)
        names = [f"{place}/{name}" for place in places for name in figures]
        names += [*TOGETHER, *[f"{place}/{name}" for place, name in ALONE.items()]]
        bytes_of = {suffix: _figure(folder / f"one{suffix}") for suffix in (".svg", ".png")}
        for name in names:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes_of[path.suffix])


def default_size(results):
    """Return planted results with as many networks and methods as the default config has."""
    run = Finished(results)
    methods = (
        "hmm", "kmeans", "hmm_input", "lisor_k", "lisor_x", "gmm", "merging", "lstar", "grid",
        "overcluster", "rpni", "alergia", "ngram",
    )  # fmt: skip
    for index in range(28):
        run.network(
            f"task_{index // 4}",
            ("srn", "mgu", "gru", "lstm")[index % 4],
            n_states=None if index % 3 == 2 else 2 + index,
            fidelity=1 - index / 100,
            methods=methods[index % 5 :],
        )
    for index in range(27):
        run.claim(f"Claim number {index}", ("supported", "undecided", "contradicted")[index % 3])
    return run


def _score(score, value):
    return {"score": score, "value": value, "low": value - 0.1, "high": min(1, value + 0.1)}


def _table(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _figure(path):
    """Draw a small figure with text, clip paths and markers, and return its bytes."""
    with styled():
        figure, (axes, other) = panels(2, columns=2, height=2)
        axes.scatter([0, 1], [0, 1])
        axes.set_title("findable & <plain>")
        other.bar([0, 1], [1, 2], hatch="//")
    save_figure(path, figure)
    written = path.read_bytes()
    path.unlink()
    return written
