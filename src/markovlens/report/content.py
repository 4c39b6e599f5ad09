"""What the report says, before it is a page: plain values, no file and no markup but captions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from markovlens.status import Judgement, in_short, worst_of
from markovlens.tables.table import Table


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; None where there is none."""

    value: float | None
    low: float | None = None
    high: float | None = None


NOTHING = Estimate(None)


@dataclass(frozen=True, slots=True)
class SeedVerdict:
    """What is said of one trained network.

    Attributes:
        seed: of the training.
        verdict: as `verdicts.csv` words it.
        n_states: of the machine that the network is; None if refused.
        n_states_judged: states of that machine before those that answer alike were merged.
        method: the abstraction whose machine was judged.
        fidelity: of that machine on test sequences.
        stretched: the same on strings 2 to 4 times as long.
        parted_after: strings tried until machine and network parted; None if they never did.
        tried: whether strings were tried at all: not where the network cannot be asked.
        counterexample: the shortest string found on which they part.
        evidence: the reason of the verdict.
    """

    seed: int | None
    verdict: str
    n_states: int | None
    n_states_judged: int | None
    method: str
    fidelity: Estimate
    stretched: Estimate
    parted_after: int | None
    tried: bool
    counterexample: str
    evidence: str

    @property
    def parted(self) -> str:
        """When machine and network parted, in a word or two."""
        if self.parted_after is not None:
            return f"{self.parted_after:,}"
        return "never" if self.tried else "not tried"

    @property
    def finite(self) -> bool:
        """Whether the network was called a small automaton."""
        return self.verdict == Judgement.FINITE

    @property
    def in_words(self) -> str:
        """The verdict in a word or two."""
        if self.finite:
            return _states(self.n_states)
        return in_short(self.verdict)


@dataclass(frozen=True, slots=True)
class MethodScore:
    """What one method made of one (task, model), seeds merged.

    Attributes:
        method: its name in the config.
        role: `method`, `floor` (sees no state of the network) or `ceiling` (a known truth).
        n_states: the chosen number of states, a range where seeds differ.
        kind: `belief` if the machine carries one, another word if not; empty if not known.
        deterministic_states: states of the smallest automaton that decides as it does.
        lumped_states: states left once those with the same future are one; empty of methods whose
            machines are not lumped.
        fidelity: closed loop, by the measure of the network.
        lumped: the same of the machine that lumping leaves.
        steered: the same, the state read off the activations (open loop).
        accuracy: on the task, closed loop.
        bits: length of its description.
        counterexample: the shortest over all seeds; empty if none was found.
        problem: why there is no number; empty if there is one.
    """

    method: str
    role: str
    n_states: str
    kind: str
    deterministic_states: str
    lumped_states: str
    fidelity: Estimate
    lumped: Estimate
    steered: Estimate
    accuracy: Estimate
    bits: Estimate
    counterexample: str
    problem: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        title: what it shows, in a few words.
        path: of the file, seen from the report.
        caption: how to read it.
        drawing: the picture itself, as SVG; None if the page only points to the file.
        size: width and height in CSS pixels.
    """

    title: str
    path: str
    caption: Markup
    drawing: Markup | None
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Link:
    """A file beside the report: what it is, where it lies, its bytes, and a table's columns."""

    label: str
    path: str
    n_bytes: int
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """One (task, model) of the benchmark, over its seeds.

    Attributes:
        task, model: names in the config.
        accuracy: of the network itself, on the task.
        gate: whether all seeds learned the task: `passed` or `under-trained`.
        unit: what accuracy is taken over: `string` or `step`.
        measure, own: what the scores of methods, and `accuracy`, are, in words.
        seeds: a verdict each.
        methods: floors and ceilings last.
        figures: the drawing of the machine first.
        links: its files.
    """

    task: str
    model: str
    accuracy: Estimate
    gate: str
    unit: str
    measure: str
    own: str
    seeds: tuple[SeedVerdict, ...]
    methods: tuple[MethodScore, ...]
    figures: tuple[Figure, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def finite(self) -> bool:
        """Whether every seed was called a small automaton."""
        return bool(self.seeds) and all(seed.finite for seed in self.seeds)

    @property
    def n_states(self) -> int | None:
        """The number of states, where all seeds agree on one."""
        counts = {seed.n_states for seed in self.seeds}
        return counts.pop() if self.finite and len(counts) == 1 else None

    @property
    def in_words(self) -> str:
        """The verdict over all seeds in a word or two."""
        if self.finite:
            return "finite, seeds differ" if self.n_states is None else _states(self.n_states)
        return in_short(worst_of(seed.verdict for seed in self.seeds))

    @property
    def by_method(self) -> dict[str, MethodScore]:
        """What each method made of it, by the method's name."""
        return {one.method: one for one in self.methods}

    @property
    def judged_by(self) -> tuple[str, ...]:
        """The methods whose machines the verdicts are about."""
        return tuple(dict.fromkeys(seed.method for seed in self.seeds if seed.method))

    @property
    def weakest(self) -> SeedVerdict | None:
        """The seed with the least fidelity, on test sequences or on longer ones."""
        return min(self.seeds, key=_least_fidelity, default=None)

    @property
    def first_to_part(self) -> SeedVerdict | None:
        """The seed that parted from its machine after the fewest strings, if any was tried."""
        tried = [seed for seed in self.seeds if seed.tried]
        return min(tried, key=_parting, default=next(iter(self.seeds), None))

    @property
    def counterexample(self) -> str:
        """The shortest counterexample of all seeds; empty if there is none."""
        return shortest(seed.counterexample for seed in self.seeds)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a paper and what these runs say of it; see `faithfulness.claims.claims`."""

    claim: str
    system: str
    statement: str
    measure: str
    effect: Estimate
    n: int | None
    n_clusters: int | None
    p: float | None
    verdict: str
    power: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One network that a study looked into: its figures and files."""

    task: str
    model: str
    figures: tuple[Figure, ...]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Study:
    """One part of the report but the networks' own, see `markovlens.report.catalogue.Part`.

    Attributes:
        name: in links.
        short: title in the menu.
        title: as a heading.
        about: what was asked.
        figures: of all networks together.
        tables: with every number.
        subjects: its networks, one by one.
    """

    name: str
    short: str
    title: str
    about: str
    figures: tuple[Figure, ...]
    tables: tuple[Link, ...]
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made the results: `facts` and `packages` by name, and the links to whole files."""

    facts: dict[str, str]
    packages: dict[str, str]
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report; `level` is the coverage of its intervals."""

    networks: tuple[Network, ...]
    claims: tuple[Claim, ...]
    studies: tuple[Study, ...]
    tables: tuple[Link, ...]
    provenance: Provenance
    level: float


def shortest(strings: Iterable[str]) -> str:
    """Return the string of fewest symbols, which stand apart by blanks; empty ones do not count."""
    return min((text for text in strings if text), key=lambda text: text.count(" "), default="")


def _states(count: int | None) -> str:
    return f"{count} state{'' if count == 1 else 's'}"


def _parting(seed: SeedVerdict) -> float:
    return float("inf") if seed.parted_after is None else seed.parted_after


def _least_fidelity(seed: SeedVerdict) -> float:
    values = [one.value for one in (seed.fidelity, seed.stretched) if one.value is not None]
    return min(values, default=float("inf"))
