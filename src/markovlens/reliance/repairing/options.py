"""How a network is repaired."""

from __future__ import annotations

from dataclasses import dataclass

from markovlens.arguments import (
    check_level,
    check_number,
    check_sizes,
    check_whole,
    with_known_settings,
)

WHOLE = ("words", "rounds", "steps", "batch", "evaluate_every", "patience", "fresh", "queries")


@with_known_settings
@dataclass(frozen=True, slots=True)
class RepairOptions:
    """Settings of `repair`; none is chosen on test words.

    Attributes:
        words: words of each source that a round of the hunt asks.
        rounds: hunts at most, each followed by fine-tuning on all words found so far. The first
            that finds nothing is the last.
        steps: gradient steps of a round at most.
        batch: words of a step, half of them counterexamples and half sequences as they were.
        learning_rate: of Adam.
        clip: norm of gradients at most.
        evaluate_every: steps between two looks at the validation words.
        patience: looks without a gain after which a round ends; it also ends at the second look in
            a row at which all validation words are right.
        longest: symbols of a word at most; twice the longest sequence when None.
        fresh: words of each kind that networks are judged on, drawn after all training.
        queries: words that L* may ask for a machine of the network.
        n_states: sizes of machines tried.
        bootstraps: resamples of words, for intervals.
        level: coverage of intervals.
    """

    words: int = 400
    rounds: int = 4
    steps: int = 300
    batch: int = 64
    learning_rate: float = 0.003
    clip: float = 1.0
    evaluate_every: int = 25
    patience: int = 6
    longest: int | None = None
    fresh: int = 1000
    queries: int = 5000
    n_states: tuple[int, ...] = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32)
    bootstraps: int = 300
    level: float = 0.95

    def __post_init__(self) -> None:
        """Check the numbers; raises `ConfigError`."""
        for name in (*WHOLE, "bootstraps"):
            check_whole(name, getattr(self, name), least=1)
        if self.longest is not None:
            check_whole("longest", self.longest, least=1)
        for name in ("learning_rate", "clip"):
            check_number(name, getattr(self, name), least=0)
        check_sizes("n_states", self.n_states)
        check_level(self.level)
