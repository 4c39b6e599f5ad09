"""What a finished run knows of one network: verdicts, scores, traces, and the machine it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from markovlens.abstractions.study import Kept, load_study
from markovlens.activations.store import load_trace
from markovlens.arguments import known_names, with_known_arguments
from markovlens.errors import DataError, EvidenceWarning, warn
from markovlens.faithfulness.scores.tally import FOR_MERGING
from markovlens.faithfulness.verdict.judged import judged_machine
from markovlens.faithfulness.verdict.table import verdict_table
from markovlens.files.runs import Run, find_runs
from markovlens.files.whole import naming, read_json, read_table
from markovlens.keyed import with_keys
from markovlens.machines.machine import BELIEF, Machine
from markovlens.spelling import count
from markovlens.status import Judgement, Scope
from markovlens.trace import Trace


@with_keys(runs="seeds")
@dataclass(frozen=True, slots=True, repr=False)
class FinishedRun:
    """All that is known of one network, trained with one seed or several.

    Attributes:
        runs: by seed, where its files lie: `runs[0].folder`, `runs[0].card`.
        verdicts: a row a seed, and one of all; columns as in `tables/verdicts.csv`.
    """

    runs: Mapping[int, Run]
    verdicts: pd.DataFrame

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the network."""
        return tuple(self.runs)

    @property
    def scores(self) -> pd.DataFrame:
        """All scores of all its abstractions, a row each; columns as in `tables/scores.parquet`."""
        files = [path for run in self.runs.values() for path in (run.scores, run.probes)]
        table = pd.concat([read_table(path) for path in files], ignore_index=True)
        return table.drop(columns=list(FOR_MERGING))

    def trace(self, split: str = "test", *, seed: int | None = None) -> Trace:
        """Return the activations of a split (`train`, `valid` or `test`), at the layer explained.

        Args:
            split: its name.
            seed: of the network; when None the first, with a warning if there are others.

        Raises:
            DataError: an unknown split or seed, or a damaged file.

        Warns:
            EvidenceWarning: there are several seeds and none is given.
        """
        return load_trace(self._file(self.seed_or_first(seed), split))

    def study(self, method: str, *, seed: int | None = None) -> Kept:
        """Return the machines of one method by number of states, and the states it decoded.

        Raises and warns as `trace`.
        """
        run = self.runs[self.seed_or_first(seed)]
        folder = run.study(method)
        known = sorted(path.name for path in folder.parent.glob("*") if path.is_dir())
        if method not in known:
            raise DataError(
                f"{folder.parent}: unknown method {method!r}; "
                f"{known_names('methods', method, known)}",
                page="unknown-name",
            )
        return load_study(folder)

    def machine(self, *, seed: int | None = None, refused: bool = False) -> Machine:
        """Return the machine of the verdict, with as many states as the verdict says.

        That is the automaton of the most likely moves, states that answer alike being one. Marks
        may be left out: where the task begins each string with one, a string without is read as if
        it had come. Where it ends each with one, give it: the network answers after it.

        Args:
            seed: of the network; when None the first, with a warning if there are others.
            refused: whether the best machine is wanted although no machine explains the network.

        Raises:
            DataError: the network is no small machine, and the evidence; an unknown seed.

        Warns:
            EvidenceWarning: there are several seeds and none is given, or the machine of a refused
                network is not the one that the tables score.
        """
        seed = self.seed_or_first(seed)
        verdict = self.verdicts[self.verdicts["seed"] == seed].iloc[0]
        if verdict["verdict"] != Judgement.FINITE and not refused:
            raise DataError(f"{self._name} {_refused(verdict)}", page="machine-refused")
        inputs = load_trace(self._file(seed, "test")).sequences
        machine = judged_machine(self.runs[seed], verdict, inputs)
        if machine is None:
            raise DataError(
                f"{self._name}, seed {seed}: there is no machine, {verdict['evidence']}",
                page="machine-refused",
            )
        if verdict["verdict"] != Judgement.FINITE and verdict["carries"] == BELIEF:
            warn(
                f"{self._name}, seed {seed}: this is the automaton of the most likely moves of "
                f"{verdict['method']}, whose own machine carries a belief; the tables score that "
                f"one, which can be far better: study({verdict['method']!r}, seed={seed}) has it",
                EvidenceWarning,
            )
        return machine

    def __repr__(self) -> str:
        """Return the verdict, and how sure it is, seed by seed."""
        one_seed = self.verdicts["scope"] == Scope.SEED
        whole = self.verdicts[~one_seed].iloc[0]
        said = [_in_words(row) for _, row in self.verdicts[one_seed].iterrows()]
        if len(said) > 1 and self._came_with_weights:
            said.append(
                "one network that came with its weights: its seeds are of the methods alone"
            )
        return "\n  ".join([f"{self._name}: {whole['verdict']}", *said])

    @property
    def _came_with_weights(self) -> bool:
        """Whether the network was not trained here, so that all its seeds are the same network."""
        return all(read_json(run.card)["seed"] is None for run in self.runs.values())

    @property
    def _name(self) -> str:
        run = next(iter(self.runs.values()))
        return f"{run.model} on {run.task}"

    def seed_or_first(self, seed: int | None) -> int:
        """Return a seed that there is, the first when None; warns and raises as `trace`."""
        known = ", ".join(map(str, self.seeds))
        if seed is None:
            seed = self.seeds[0]
            if len(self.seeds) > 1:
                said = f"{self._name}: took seed {seed} of {known}; give `seed` to choose"
                warn(said, EvidenceWarning)
        if isinstance(seed, bool) or seed not in self.seeds:
            raise DataError(
                f"{self._name}: unknown seed {seed!r}; the seeds are {known}", page="unknown-name"
            )
        return seed

    def _file(self, seed: int, split: str) -> Path:
        path = self.runs[seed].trace(split)
        known = sorted(file.stem for file in path.parent.glob("*.parquet"))
        if split not in known:
            raise DataError(
                f"{path.parent}: unknown split {split!r}; {known_names('splits', split, known)}",
                page="unknown-name",
            )
        return path


@with_known_arguments
def load_run(results: str | Path, task: str, model: str) -> FinishedRun:
    """Return what a finished run knows of one network.

    Args:
        results: the folder of results, or a copy of it.
        task, model: names of the config.

    Raises:
        DataError: no such folder, task or model, and what there is instead; a network without a
            verdict; a damaged file.
    """
    folders = find_runs(results, task, model)
    runs = {seed: Run(folder, _layer(folder)) for seed, folder in folders.items()}
    judged = {seed: run for seed, run in runs.items() if run.verdict.exists()}
    if not judged:
        raise DataError(
            f"{next(iter(folders.values())).parent}: expected a network with a verdict, got one "
            "without: the run is not finished, or it is an encoder-decoder or an emulating "
            "network, of which `tables/` tells",
            page="run-unfinished",
        )
    if waiting := sorted(set(runs) - set(judged)):
        said = ", ".join(map(str, waiting))
        warn(
            f"{model} on {task}: seeds without a verdict yet are left out: {said}", EvidenceWarning
        )
    with naming(next(iter(folders.values())).parent):
        return FinishedRun(judged, verdict_table(list(judged.values())))


@with_known_arguments
def load_machine(
    results: str | Path, task: str, model: str, seed: int | None = None, *, refused: bool = False
) -> Machine:
    """Return the machine of the verdict on one network; see `FinishedRun.machine`.

    Args:
        results, task, model: as for `load_run`.
        seed: of the network; when None the first, with a warning if there are others.
        refused: whether the best machine is wanted although no machine explains the network.

    Raises:
        DataError: as for `load_run`, or the network is no small machine.

    Warns:
        EvidenceWarning: there are several seeds and none is given.
    """
    return load_run(results, task, model).machine(seed=seed, refused=refused)


def _refused(verdict: pd.Series) -> str:
    """Return why no machine is handed out, and the next step, to follow the network's name."""
    said, why = str(verdict["verdict"]), _in_words(verdict)
    if said == Judgement.UNTOLD:
        return (
            f"{said}. {why}. Record it on other sequences, or give refused=True for the machine "
            "that agrees with it on these"
        )
    named = said if said == Judgement.NO_DECISIONS else "is refused"
    return f"{named}. {why}. Give refused=True for the best machine judged"


def _layer(folder: Path) -> str:
    """Return the layer whose activations were abstracted, of several that may be recorded."""
    layers = sorted(path.name for path in (folder / "activations").glob("*") if path.is_dir())
    if len(layers) == 1:
        return layers[0]
    scores = Run(folder, "").scores
    return str(read_table(scores)["layer"].iloc[0]) if scores.exists() else ""


def _in_words(verdict: pd.Series) -> str:
    """Return what is said of one seed, with the fidelities that say how sure it is."""
    scores = {"fidelity": "fidelity", "fidelity_long": "on longer strings"}
    parts = [f"{words} {_score(verdict, name)}" for name, words in scores.items()]
    known = [part for part, name in zip(parts, scores, strict=True) if pd.notna(verdict[name])]
    size = verdict["n_states"]
    said = verdict["evidence"] if pd.isna(size) else f"{count(size, 'state')} ({verdict['method']})"
    if pd.notna(length := verdict["counterexample_length"]):
        known.append(f"counterexample of length {length}")
    return f"seed {verdict['seed']}: {'; '.join([said, *known])}"


def _score(verdict: pd.Series, name: str) -> str:
    low, high = verdict[f"{name}_low"], verdict[f"{name}_high"]
    return f"{verdict[name]:.3f} [{low:.3f}, {high:.3f}]"
