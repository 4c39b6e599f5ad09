"""The machine of a network's verdict: its size, how far it is right, and what other seeds say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from markovlens.activations.store import load_trace
from markovlens.faithfulness.verdict.judged import judged_machine
from markovlens.figures.networks.graph import board_of, notes_of
from markovlens.figures.networks.load import SPLIT
from markovlens.figures.style import frame, message, method_name, styled
from markovlens.figures.text import decimal, listing
from markovlens.files.runs import Run
from markovlens.files.whole import naming, read_json
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.edges import Flow, even_flow, flow_of
from markovlens.machines.labels import LARGE_ALPHABET
from markovlens.machines.machine import BELIEF, Machine
from markovlens.machines.minimisation import equivalent
from markovlens.machines.sketching import sketch
from markovlens.sequences import Sequences
from markovlens.spelling import count, inflected
from markovlens.status import Judgement, in_short

LONGEST_WORD = 60  # characters of a counterexample
UNREFUSED = (Judgement.FINITE, Judgement.UNTOLD, Judgement.NO_DECISIONS)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on the network of one seed.

    Attributes:
        seed: of the network.
        said: the verdict as its file has it.
        machine: the automaton of which it speaks, as small as test sequences let it be; None if
            no machine could be fitted.
        inputs: the test sequences.
    """

    seed: int
    said: Mapping[str, Any]
    machine: Machine | None
    inputs: Sequences

    @property
    def finite(self) -> bool:
        """Whether the network was found to be finite-state."""
        return bool(self.said["verdict"] == Judgement.FINITE)

    @property
    def decides(self) -> bool:
        """Whether the network makes decisions, which automata are judged by."""
        return bool(self.said["verdict"] != Judgement.NO_DECISIONS)

    @property
    def refused(self) -> bool:
        """Whether it decides and no machine stands for it."""
        return self.said["verdict"] not in UNREFUSED


def load_judged(run: Run) -> Judged:
    """Return the verdict on a run with its machine; raises `DataError` naming a damaged file."""
    inputs = load_trace(run.trace(SPLIT)).sequences
    said = _said(run)
    with naming(run.verdict):
        return Judged(run.seed, said, judged_machine(run, said, inputs), inputs)


def load_refused(run: Run) -> bool:
    """Return whether no machine stands for a network that decides."""
    said = _said(run)
    with naming(run.verdict):
        return said["verdict"] not in UNREFUSED


def _said(run: Run) -> dict[str, Any]:
    plain = read_json(run.verdict)
    with naming(run.verdict):
        return dict(plain["verdict"])


@styled()
def draw_verdict(judged: Sequence[Judged], *, network: str = "", budget: int) -> Figure:
    """Return the machine of the first seed's verdict; a refused one bears a stamp that says so.

    Args:
        judged: the seeds of one network.
        network: "task, cell", for the foot line.
        budget: the largest number of states that was tried.
    """
    first = judged[0]
    title = verdict_finding(first, budget=budget)
    place = f"{network}, seed {first.seed}"
    if first.machine is None:
        return message(title, foot=place, why="every fit failed; the sweep table says why")
    made = sketch(first.machine, shown_flow(first.machine, first.inputs))
    figure = board_of(made, refused=first.refused)
    tested = _tested(first.said) if first.decides else "its machine, run on inputs alone"
    foot = [place, tested, *_others(judged), *notes_of(made)]
    frame(figure, title, foot=" · ".join(filter(None, foot)))
    return figure


def verdict_finding(judged: Judged, *, budget: int) -> str:
    """Return the title: size, method, fidelity with its interval; or a refusal and its reasons."""
    if not judged.decides:
        return _without_decisions(judged)
    said, refusal = judged.said, f"Refused: no machine of up to {count(budget, 'state')}"
    if judged.machine is None:
        return f"{refusal} could be fitted"
    size = f"{count(judged.machine.n_states, 'state')} ({method_name(said['method'])})"
    how = f"closed-loop fidelity {_with_interval(said, 'fidelity')}"
    if said.get("fidelity_long") is not None:
        how += f", on strings 2 to 4 times as long {_with_interval(said, 'fidelity_long')}"
    if judged.finite:
        return f"{size}, {how}"
    if not judged.refused:
        return f"{size}, {how}, which shows nothing: {said['evidence']}"
    rising = "; the fidelity still rises there" if "still rises" in said["evidence"] else ""
    alone = ", by its most likely moves alone," if said.get("carries") == BELIEF else ","
    return f"{refusal} stands for the network{rising}; the best judged, {size}{alone} has {how}"


def _without_decisions(judged: Judged) -> str:
    said, machine = judged.said, judged.machine
    evidence = f"{said['evidence'][:1].upper()}{said['evidence'][1:]}"
    if machine is None:
        return evidence
    return f"{count(machine.n_states, 'state')} ({method_name(said['method'])}). {evidence}"


def shown_flow(machine: Machine, inputs: Sequences) -> Flow | None:
    """Return what is drawn of an automaton: every move that a string of the task can make.

    Of large vocabularies that is what test sequences do, as which words are shown depends on it.
    """
    if len(machine.symbols) > LARGE_ALPHABET:
        return flow_of(machine, inputs)
    alphabet = Alphabet.of(inputs, machine.n_symbols)
    if not alphabet.marked:
        return None
    flow, symbols = even_flow(machine), np.arange(machine.n_symbols)
    inside = np.isin(symbols, [*alphabet.inner, *alphabet.closing])
    opens = np.isin(symbols, alphabet.opening) if alphabet.opening else inside
    return replace(flow, starts=flow.starts * opens, reads=flow.reads * inside[:, None])


def _with_interval(said: Mapping[str, Any], name: str) -> str:
    low, high = decimal(said[f"{name}_low"]), decimal(said[f"{name}_high"])
    return f"{decimal(said[name])} [{low}, {high}]"


def _tested(said: Mapping[str, Any]) -> str:
    """Return what the hunt for a counterexample gave."""
    tried = said.get("falsification", {})
    if not tried.get("n_tests"):
        return "the network could not be asked for counterexamples"
    word = tried["counterexample"]
    if word is None:
        return f"no counterexample in {count(tried['n_tests'], 'test')}"
    shown = word if len(word) <= LONGEST_WORD else f"{word[: LONGEST_WORD - 1]}…"
    return f"counterexample of {count(tried['counterexample_length'], 'symbol')}: {shown}"


def _others(judged: Sequence[Judged]) -> list[str]:
    """Return how the verdicts on other seeds differ, seeds that say the same together."""
    alike: dict[str, list[str]] = {}
    for other in judged[1:]:
        alike.setdefault(_compared(judged[0], other), []).append(str(other.seed))
    return [
        f"{inflected(len(seeds), 'seed')} {listing(seeds)}: {said}" for said, seeds in alike.items()
    ]


def _compared(first: Judged, other: Judged) -> str:
    if other.machine is None:
        return "no machine could be fitted"
    size = count(other.machine.n_states, "state")
    if not other.decides:
        return f"{size}, {_with_interval(other.said, 'fidelity')}"
    if not other.finite:
        return f"{in_short(other.said['verdict'])}, the best has {size}"
    if not first.finite:
        return f"finite-state, {size}"
    assert first.machine is not None, "a finite-state verdict has a machine"
    word = equivalent(first.machine, other.machine)
    if word is None:
        return "the same machine"
    return f"another machine of {size} (parted after {count(len(word), 'symbol')})"
