"""What every abstraction becomes: a small state machine that runs on inputs alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.arrays import as_array, check_codes, check_names
from markovlens.codebooks.base import Codebook, check_channels
from markovlens.codebooks.known import warn_of_unknown
from markovlens.errors import DataError
from markovlens.listed import check_listed
from markovlens.machines.answers import check_answers, check_moves, check_rows
from markovlens.machines.naming import check_shapes, name_in, names_of
from markovlens.machines.words import Word, Words, shown, words_for
from markovlens.outputs import Output, check_machine_decides
from markovlens.sequences import Sequences, by_step
from markovlens.spelling import count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATE, BELIEF = "state", "belief"


@dataclass(frozen=True, slots=True, repr=False)
class Machine:
    """A probabilistic Moore machine with V input symbols, K states and C output classes.

    A finite-state automaton is the case with one-hot rows. The start state, in which the machine
    is before the first symbol, is not among the K.

    Attributes:
        initial: (V, K), distribution of the state after the first symbol, a row for each symbol.
        transition: (V, K, K), `transition[v, i, j]` = P(next state j | state i, symbol v).
            V = 1 is an autonomous process, which ignores its inputs.
        readout: (K, C), the output distribution of each state, or what the C columns are in the
            mean, of another kind of `output`. Of a risk it is the mean rank among the risks of
            the training steps, 0 the lowest and 1 the highest.
        symbols: the V names of the input symbols; empty for an autonomous process.
        classes: the C names of the output classes, labels or values.
        seen: (V, K) bool, whether (state, symbol) occurred when the machine was built; the other
            rows of `transition` are the builder's rule for the unseen.
        codebook: what turns a row of real values into a symbol, whose names are then its rules;
            None for a machine that reads symbols alone.
        output: what the answers are: a distribution over classes, labels, values or a risk.
        spread: (K, C), standard deviation of the network's output in each state, in the units of
            `readout`; None of distributions and where it is not known.
        states: names of the K states that somebody gave, "" of one without; empty without any.
    """

    initial: np.ndarray
    transition: np.ndarray
    readout: np.ndarray
    symbols: tuple[str, ...]
    classes: tuple[str, ...]
    seen: np.ndarray
    codebook: Codebook | None = None
    output: Output = Output.DISTRIBUTION
    spread: np.ndarray | None = None
    states: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check shapes, names, and that every row is a distribution."""
        for name in ("initial", "transition", "readout", "seen"):
            object.__setattr__(self, name, as_array(f"machine {name}", getattr(self, name)))
        for name in ("symbols", "classes"):
            object.__setattr__(self, name, check_names(f"machine {name}", getattr(self, name)))
        check_shapes(self)
        for name in ("initial", "transition"):
            check_rows(name, getattr(self, name))
        object.__setattr__(self, "output", Output(self.output))
        if self.spread is not None:
            object.__setattr__(self, "spread", as_array("machine spread", self.spread))
        check_answers(self.readout, self.spread, self.output)

    @property
    def n_states(self) -> int:
        """Number of states K, the start state not counted."""
        return self.initial.shape[1]

    @property
    def n_symbols(self) -> int:
        """Number of input symbols V."""
        return self.initial.shape[0]

    @property
    def is_deterministic(self) -> bool:
        """Whether each row of `initial` and `transition` has a single possible state."""
        return bool((self.initial.max(-1) == 1).all() and (self.transition.max(-1) == 1).all())

    @property
    def carries(self) -> str:
        """Say what it knows between two symbols, one `STATE` or a `BELIEF` of K probabilities.

        A belief takes endlessly many values: no automaton. Only states that are visitable count.
        """
        moves = (self.initial, self.transition[:, self.visitable])
        certain = all((rows.max(axis=-1) == 1).all() for rows in moves)
        return STATE if certain else BELIEF

    @property
    def visitable(self) -> np.ndarray:
        """Which states (K,) some string gives a probability."""
        goes: np.ndarray = self.transition.max(axis=0) > 0
        inside: np.ndarray = self.initial.max(axis=0) > 0
        for _ in range(self.n_states):
            inside = np.asarray(inside | goes[inside].any(axis=0))
        return inside

    def named(self, names: Mapping[int, str] | Sequence[str]) -> Machine:
        """Return the machine with names of some states by number, or of all; "" takes one away.

        They are kept in its file and stand in drawings, cards and tables.
        """
        return replace(self, states=names_of(names, self.states, self.n_states))

    def name_of(self, state: int) -> str:
        """Return the name of a state, `state 3` of one without; raises `DataError` for no state."""
        return name_in(self.states, state, self.n_states)

    def run(self, inputs: Sequences) -> np.ndarray:
        """Return the belief (N, K) over states after each step, from the inputs alone."""
        if self.carries == STATE:
            return np.eye(self.n_states)[self.walk(inputs)]
        return self._advance(inputs, None)

    def walk(self, inputs: Sequences) -> np.ndarray:
        """Return the state (N,) after each step when the likeliest move is made at each."""
        first, successor = self.initial.argmax(axis=-1), self.transition.argmax(axis=-1)
        symbols = self.symbols_of(inputs)
        state = np.empty(inputs.n_steps, dtype=int)
        for step, (_, rows) in enumerate(by_step(inputs.lengths)):
            read = symbols[rows]
            state[rows] = successor[read, state[rows - 1]] if step else first[read]
        return state

    def run_from(self, belief: np.ndarray, inputs: Sequences) -> np.ndarray:
        """Return the belief (N, K) after each step when sequence i begins in `belief[i]` (S, K).

        The first symbol then makes a move like any other, as in the middle of a sequence.
        """
        belief = as_array("belief", belief)
        if belief.shape != (len(inputs), self.n_states):
            raise DataError(
                f"expected a belief ({len(inputs)}, {self.n_states}), got {belief.shape}",
                page="wrong-shape",
            )
        return self._advance(inputs, belief)

    def _advance(self, inputs: Sequences, start: np.ndarray | None) -> np.ndarray:
        symbols = self.symbols_of(inputs)
        belief = np.empty((inputs.n_steps, self.n_states))
        for step, (active, rows) in enumerate(by_step(inputs.lengths)):
            read = symbols[rows]
            if step == 0 and start is None:
                belief[rows] = self.initial[read]
                continue
            before = start[active] if step == 0 and start is not None else belief[rows - 1]
            # Gathering a matrix a sequence is fast for two symbols and for two thousand.
            belief[rows] = np.einsum("si,sij->sj", before, self.transition[read])
        return belief

    def predict(self, inputs: Words) -> np.ndarray:
        """Return the output (N, C) after each step, from the inputs alone.

        It is a distribution over the classes, or the mean of labels, values or a risk.

        Args:
            inputs: `Sequences`, a text, or a list of words, each as `accepts` reads it; their
                steps come end to end. One array of rows (T, D) is one sequence. A list of symbols,
                as in `["0", "1"]`, may be one word or two, and is refused.

        Raises:
            DataError: what is read is none of these, holds an unknown symbol, or rows of other
                channels.

        Warns:
            EvidenceWarning: rows lie far outside what the codebook was made on.
        """
        sequences = words_for(self, inputs)
        if self.carries == STATE:
            return self.readout[self.walk(sequences)]
        return self._advance(sequences, None) @ self.readout

    def accepts(self, word: Word) -> bool:
        """Return whether the second of two classes is the likelier one after a whole word.

        Args:
            word: a text, read as `explain` reads it, a list of symbols, one of integer codes, or
                rows (T, D) of the codebook's channels. It is read as the task writes it, marks of
                its begin and end included; a machine of `load_machine` does without the begin mark.

        Raises:
            DataError: there are not two classes to decide between, the word is empty, or a symbol
                is unknown.
        """
        check_machine_decides(self.output)
        if len(self.classes) != 2:
            raise DataError(
                f"expected two classes to accept or reject, got {shown(self.classes)}; `predict` "
                "gives the distribution over them",
                page="needs-decisions",
            )
        return bool(self.predict([word])[-1].argmax() == 1)

    def __repr__(self) -> str:
        """Return its size, what it reads and what it answers."""
        what = "classes" if self.output == Output.DISTRIBUTION else self.output
        names = f"{self._reads()}, {what} {shown(self.classes)}"
        given = ", ".join(f"{state} {name}" for state, name in enumerate(self.states) if name)
        size = count(self.n_states, "state") + (f" ({given})" if given else "")
        return f"Machine: {size}, carries a {self.carries}, {names}"

    def _reads(self) -> str:
        return f"symbols {shown(self.symbols)}"

    def draw(self, path: str | Path | None = None, *, inputs: Words | None = None) -> Figure:
        """Return a drawing of the machine as a matplotlib figure, which a notebook shows by itself.

        Circles are states, each with its number, its likeliest class and the probability of that
        if it is not 1; two rings stand for the second of two classes, and of more each has a colour
        and a rim of its own, told in a legend. Of values and risks it is the mean ± the standard
        deviation, column by column, of labels those that are on. Arrows bear the symbols that cause
        them, with probabilities if not 1; they are dashed where none was met when it was built.

        Args:
            path: where to write it as well; ends in .svg, .png or .pdf.
            inputs: what `predict` takes, to run on: circles and arrows are then as large as what
                flows through them, and of large vocabularies only characteristic words are shown.

        Raises:
            ConfigError: another ending of `path`.
        """
        from markovlens.machines.drawing import draw_machine, write_drawing
        from markovlens.machines.edges import flow_of

        figure = draw_machine(self, inputs if inputs is None else flow_of(self, inputs))
        if path is not None:
            write_drawing(path, figure)
        return figure

    def export(self, language: str, path: str | Path | None = None, **options: Any) -> Any:
        """Return the machine as one file in C, Python, ONNX or Rust; see `markovlens.export`."""
        import markovlens  # by its public name: this room imports none that is made of machines

        return markovlens.export(self, language, path, **options)

    def symbols_of(self, inputs: Sequences) -> np.ndarray:
        """Return the symbol (N,) at each step, of rows by the codebook; 0 if it ignores inputs."""
        self.look_at(inputs)
        if self.n_symbols == 1:
            return np.zeros(inputs.n_steps, dtype=np.int64)
        if self.codebook is not None:
            return self.codebook.encode(inputs)
        if inputs.values.dtype.kind == "f":
            raise DataError(
                f"expected symbols, got rows {inputs.values.shape}: the machine has no codebook "
                "that turns rows into its symbols; give the codes, or a machine of a study on rows",
                page="needs-a-codebook",
            )
        return check_codes("symbols", inputs.values, stop=self.n_symbols)

    def look_at(self, inputs: Sequences) -> None:
        """Raise `DataError` unless inputs are what it reads; warn of rows unlike those before."""
        check_listed(inputs)
        if self.codebook is not None:
            check_channels(self.codebook.channels, inputs)
            warn_of_unknown(self.codebook, inputs)


def automaton(
    successor: np.ndarray,
    accepting: np.ndarray,
    *,
    start: int,
    symbols: tuple[str, ...],
    classes: tuple[str, ...] = ("reject", "accept"),
) -> Machine:
    """Return the `Machine` of a complete deterministic automaton.

    Args:
        successor: int (K, V), the next state for each state and symbol.
        accepting: bool (K,); of more than two classes int, that of each state.
        start: the state before the first symbol; it is one of the K.
        symbols: names of the V symbols.
        classes: names of "not accepting" and "accepting", or of all classes.

    Raises:
        DataError: rows of other lengths, states or classes that are not there.
    """
    successor = check_moves(successor, accepting, start, len(classes))
    one_hot = np.eye(len(successor))
    readout = np.eye(len(classes))[np.asarray(accepting, dtype=int)]
    seen = np.ones(successor.T.shape, dtype=bool)
    return Machine(one_hot[successor[start]], one_hot[successor.T], readout, symbols, classes, seen)
