"""The network that a machine stands for, asked in the machine's symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.abstractions.coded import coded
from markovlens.abstractions.exemplars import CodedOracle, draw_exemplars
from markovlens.errors import DataError
from markovlens.explaining.explanation import FITTED, Explanation
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.machines.matching import check_alphabet, check_kind_of_answer
from markovlens.outputs import Output, is_answered
from markovlens.reliance.properties.letters import Letters
from markovlens.sequences import Sequences
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Answering
    from markovlens.explaining.asking import Network


@dataclass(frozen=True, slots=True)
class Asked:
    """A network, and what was recorded of it, in the symbols of a machine.

    Attributes:
        askable: answers words.
        trace: held-out sequences, by which it is told what sequences are like.
        made_of: those that words and answers of a refined machine are made of.
        machine: whose names are meant.
        by_codes: whether rows stand for the symbols, see `CodedOracle`.
        recorded: the rows of `trace`; None where symbols are read.
    """

    askable: Answering
    trace: Trace
    made_of: Trace
    machine: Machine
    by_codes: bool
    recorded: Sequences | None = None

    @property
    def alphabet(self) -> Alphabet:
        """Which symbols may stand where."""
        return Alphabet.of(self.trace.sequences, self.machine.n_symbols)

    @property
    def answered(self) -> np.ndarray:
        """Bool (V,), the symbols after some of which the network was heard."""
        heard = np.zeros(self.machine.n_symbols, dtype=bool)
        for trace in (self.trace, self.made_of):
            heard[trace.inputs[trace.has_output]] = True
        return heard

    @property
    def longest(self) -> int:
        """Steps of the longest word that is drawn: twice those of the longest sequence."""
        return 2 * int(self.trace.lengths.max())

    def outputs(self, inputs: Sequences) -> np.ndarray:
        """Return the output (N, C) after each step, NaN where there is none."""
        return self.askable.outputs(inputs)

    def as_rows(self, words: Sequences, places: np.ndarray, *, given: bool) -> Sequences:
        """Return the rows of the words of codes at some places.

        Args:
            words: of codes.
            places: int (M,).
            given: whether they are the sequences that were recorded, whose rows are their own; of
                other words there are those that each of the network's copies reads.
        """
        if given and self.recorded is not None:
            return self.recorded.select(places)
        assert isinstance(self.askable, CodedOracle), "rows are read"
        return self.askable.exemplars.of(words.select(places))

    def symbols_of(self, read: Sequences) -> Sequences:
        """Return what the network reads in symbols: rows as their codes."""
        book = self.machine.codebook if self.by_codes else None
        return read if book is None else Sequences(book.encode(read), read.lengths)

    def heard(self, read: Sequences) -> np.ndarray:
        """Return the output (N, C) after each step of what the network, and no copy, reads."""
        oracle = self.askable
        return (oracle.network if isinstance(oracle, CodedOracle) else oracle).outputs(read)

    def letters(
        self, inputs: Sequences, outputs: np.ndarray, states: np.ndarray | None = None
    ) -> Letters:
        """Return what is true at each step (N,) of words; states are those of the machine."""
        return Letters(inputs.values, outputs, is_answered(outputs), states, self.machine)


def asked_of(explained: Explanation, seed: int) -> Asked:
    """Return the network of an explanation, its test sequences being what sequences are like.

    Raises:
        DataError: it is not at hand.
    """
    if not explained.network.answers:
        raise DataError(
            "network: expected one to ask, got an explanation without; give `network` to "
            "`load_explanation`, or check its machine alone: `check(explained.machine, ...)`",
            page="cannot-be-asked",
        )
    traces = explained.part("test"), explained.part(FITTED)
    return asked_in_symbols(explained.machine, explained.network, *traces, seed)


def asked_network(
    machine: Machine,
    network: Any,
    sequences: Sequences,
    *,
    seed: int,
    reading: dict[str, Any],
) -> Asked:
    """Return a network that was recorded on sequences, which are what sequences are like.

    Args:
        machine: that stands for it.
        network: as for `record`.
        sequences: that nothing was fitted on.
        seed: of the rows that stand for codes.
        reading: fields of `Reading`.

    Raises:
        DataError: a network that cannot be recorded, or answers another kind of thing.
    """
    from markovlens.activations.recorder import record
    from markovlens.explaining.building import to_be_asked

    names = {"classes": machine.classes}
    names |= {"symbols": machine.symbols} if sequences.are_symbols else {}
    how = {**names, **reading}
    trace = record(network, sequences, **how)
    check_kind_of_answer(machine, trace.output)
    if machine.codebook is None:
        check_alphabet(machine, trace.symbols, trace.classes)
    made = to_be_asked(network, trace, None, how, layer=None)
    return asked_in_symbols(machine, made, trace, trace, seed)


def asked_in_symbols(
    machine: Machine, network: Network, trace: Trace, made_of: Trace, seed: int
) -> Asked:
    """Return a network asked in the symbols of a machine.

    Args:
        machine: that stands for it.
        network: to be asked.
        trace: of it, on held-out sequences.
        made_of: of it, on others.
        seed: of the rows that stand for codes.

    Raises:
        DataError: the machine ignores its inputs, or rows that stand for codes cannot be put.
    """
    if machine.n_symbols == 1:
        raise DataError(
            "network: expected a machine that reads what the network reads, got one that ignores "
            "its inputs; check it without a network",
            page="wrong-kind",
        )
    book = machine.codebook
    if book is None:
        return Asked(network, trace, made_of, machine, False)
    if network.oracle is None:
        raise DataError(
            f"network: it cannot be asked step by step ({network.why_not})", page="cannot-be-asked"
        )
    by_codes = CodedOracle(
        network.oracle, draw_exemplars(made_of, book, seed=seed), Output(machine.output)
    )
    codes = coded(trace, book), coded(made_of, book, warns=False)
    return Asked(by_codes, *codes, machine, True, trace.sequences)


def as_words(words: Sequence[Sequence[int]]) -> Sequences:
    """Return words of symbols as `Sequences`."""
    return Sequences.from_list([np.array(word, dtype=np.int64) for word in words])
