"""What is known of one network, ready to be read: its machine, how far to trust it, its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.abstractions.study import Kept
from markovlens.arguments import check_choice
from markovlens.explaining.asking import Network
from markovlens.explaining.cards import Card
from markovlens.explaining.familiarity import Familiarity
from markovlens.explaining.sentences import sentence_of
from markovlens.explaining.walks import Walk, collapsed, each_path
from markovlens.faithfulness.causes.editing import Editor
from markovlens.faithfulness.scores.fidelity import Fidelity
from markovlens.faithfulness.scores.tally import Score
from markovlens.faithfulness.verdict.verdict import Verdict
from markovlens.keyed import with_keys, with_pointers
from markovlens.machines.edges import Flow, counted_flow, flow_of
from markovlens.machines.machine import STATE, Machine
from markovlens.machines.storage import machine_to_dict
from markovlens.machines.words import Word
from markovlens.records.calls import Call
from markovlens.trace import Trace

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from markovlens.explaining.prediction import Prediction
    from markovlens.reliance.exporting.exported import Exported

FITTED = "train"


@dataclass(frozen=True, slots=True)
class Settings:
    """How an explanation was made: all that it takes to make it again from the same network.

    Attributes:
        name: of the network, for titles.
        unit: what a step is called.
        methods: that were fitted, by how many states.
        sizes: the numbers of states tried.
        seed: of splits, fits, strings and resamples.
        given: whether the machine was given, and not picked.
    """

    name: str
    unit: str
    methods: tuple[str, ...]
    sizes: tuple[int, ...]
    seed: int
    given: bool = False


@with_pointers(
    fits="`studies[method].machines[n_states]` are kept; fits are those of `study(method, train, "
    "valid, ...)`",
    machines="`machine` is the one that explains, `studies[method].machines[n_states]` are all",
    best="`machine` is the one that explains",
)
@with_keys(
    floors="floors", counterfactuals="scores", cards="states", splits="splits", studies="methods"
)
@dataclass(frozen=True, repr=False)
class Explanation:
    """One network, explained.

    Attributes:
        machine: that stands for it, with the names that somebody gave its states.
        verdict: what is said of the network, and which machine was picked.
        fidelity: of the machine, run on the inputs alone, on test sequences.
        floors: the same measure of what knows no state of the network.
        counterfactuals: how often the network confirms the machine's shortest edits, see
            `faithfulness.causes.counterfactuals`; why not, in words, where that is not known.
        cards: of each state.
        trace: the network on all recorded sequences.
        walk: the machine on them.
        splits: the places of the sequences of `train`, `valid` and `test`.
        studies: all that was fitted, by method.
        network: to be asked.
        settings: how it was made.
        right: how right the network itself is on test sequences, None where no targets are known:
            balanced agreement of classes, else the measure of `fidelity`.
        call: what was asked, for `markovlens.write_record`; None of a finished run.
    """

    machine: Machine
    verdict: Verdict
    fidelity: Fidelity
    floors: Mapping[str, Score]
    counterfactuals: Mapping[str, Score] | str
    cards: tuple[Card, ...]
    trace: Trace
    walk: Walk
    splits: Mapping[str, np.ndarray]
    studies: Mapping[str, Kept]
    network: Network
    settings: Settings
    right: Score | None = None
    call: Call | None = None

    def of(self, sequence: Word | int, *, wanted: str | None = None) -> Prediction:
        """Explain what is answered to one sequence.

        Args:
            sequence: a text (words with blanks between, or a letter a symbol), a list of symbols or
                codes, rows (T, D), or the number of a recorded sequence.
            wanted: the class that should come out of the smallest change; any other when None.

        Raises:
            DataError: an unknown symbol, an empty sequence, rows of other channels, an unknown
                class, or a network that has changed since.
        """
        from markovlens.explaining.prediction import explain_prediction

        return explain_prediction(self, sequence, wanted=wanted)

    def named(self, names: Mapping[int, str] | Sequence[str]) -> Explanation:
        """Return the explanation with names of states, see `Machine.named`; its record has them."""
        machine = self.machine.named(names)
        cards = []
        for card in self.cards:
            given = replace(card, name=machine.states[card.state] if machine.states else "")
            sentence = sentence_of(
                given, machine.output, unit=self.settings.unit, names=machine.states,
                inputs=machine.symbols,
            )  # fmt: skip
            cards.append(replace(given, sentence=sentence))
        said = machine.states or ("",) * machine.n_states
        call = self.call and self.call.having(names=list(said))
        return replace(self, machine=machine, cards=tuple(cards), call=call)

    def part(self, split: str) -> Trace:
        """Return the network on the sequences of one split.

        Raises:
            ConfigError: if there is no such split.
        """
        check_choice("split", split, self.splits)
        return self.trace.select(self.splits[split])

    def draw(self, path: str | Path | None = None) -> Figure:
        """Return the drawing of the machine on the recorded sequences, see `Machine.draw`.

        Its arrows count what cards count: where the machine carries a belief, the moves of the
        likeliest state.
        """
        from markovlens.machines.drawing import draw_machine, write_drawing

        figure = draw_machine(self.machine, self.flow)
        if path is not None:
            write_drawing(path, figure)
        return figure

    def export(self, language: str, path: str | Path | None = None, **options: Any) -> Exported:
        """Return the machine as one file whose head has its fidelity; see `markovlens.export`."""
        from markovlens.reliance.exporting.exported import export

        return export(self, language, path, **options)

    def save(self, path: str | Path) -> None:
        """Write the page of the explanation: one HTML file that needs no other and no network.

        Raises:
            ConfigError: another ending of `path` than .html.
            StorageError: it cannot be written there.
        """
        from markovlens.explaining.page import write_page

        write_page(path, self)

    def show(self) -> None:
        """Show the explanation: in a notebook where one runs, else its page in the browser."""
        from markovlens.explaining.page import show

        show(self)

    @property
    def plain(self) -> dict[str, Any]:
        """All that a page shows, as values that JSON has."""
        from markovlens.explaining.table import scores_in_plain

        return {
            "settings": asdict(self.settings),
            "verdict": str(self.verdict.verdict),
            "evidence": self.verdict.evidence,
            "method": self.verdict.method,
            "scores": scores_in_plain(self),
            "machine": machine_to_dict(self.machine),
            "cards": [asdict(card) for card in self.cards],
        }

    @cached_property
    def flow(self) -> Flow:
        """What flows along the machine's edges on the recorded sequences, as `walk` has it."""
        machine, walk = self.machine, self.walk
        if machine.carries == STATE:
            return flow_of(machine, self.trace.sequences)
        shape = machine.n_symbols, machine.n_states
        return counted_flow(walk.states, walk.symbols, walk.lengths, shape=shape)

    @cached_property
    def editor(self) -> Editor:
        """What changes sequences so that the machine ends elsewhere."""
        return Editor.of(self.machine, self.part(FITTED))

    @cached_property
    def familiarity(self) -> Familiarity:
        """What training sequences are like."""
        fitted = np.isin(np.arange(len(self.trace)), self.splits[FITTED])
        return Familiarity.of(self.walk, self.machine.n_states, fitted=fitted)

    @cached_property
    def collapsed(self) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
        """The path of each recorded sequence without repetitions, and how long it stayed."""
        return tuple(map(collapsed, each_path(self.walk)))

    def __repr__(self) -> str:
        """Return the verdict, the scores, and a sentence for each state."""
        from markovlens.explaining.table import in_lines

        return in_lines(self)

    def _repr_html_(self) -> str:
        from markovlens.explaining.page import page_of

        return page_of(self, whole=False)
