"""What differs between groups of recordings, in the states of one frozen machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Fitted
from markovlens.abstractions.study import Study
from markovlens.arguments import (
    check_choices,
    check_number,
    check_seed,
    check_whole,
    with_known_arguments,
)
from markovlens.errors import ConfigError, EvidenceWarning, warn
from markovlens.faithfulness.claims.differences import NOT_SHOWN, holm
from markovlens.groups.bootstrap import effect_ends, ends, resampled
from markovlens.groups.comparison import GroupComparison
from markovlens.groups.contrasts import Contrast, Pool, contrast
from markovlens.groups.counting import (
    MEASURES,
    UNITS,
    Counts,
    Ratios,
    count,
    ratios,
    rows_of,
)
from markovlens.groups.decoding import (
    Decoded,
    Recording,
    decode_groups,
    machine_of,
    source_of,
)
from markovlens.groups.permutations import p_values, relabellings
from markovlens.groups.units import PAIRS, Subjects, Units, units_of
from markovlens.groups.wording import least_p, reasons_of
from markovlens.machines.machine import Machine
from markovlens.records.calls import recorded
from markovlens.records.digests import digest
from markovlens.tables.groups import COMPARED

LEAST_BOOTSTRAPS = 100
ROUNDED = 9  # decimals of differences that are none


@dataclass(frozen=True, slots=True)
class Testing:
    """How groups are compared; see `compare_groups`."""

    measures: tuple[str, ...] = MEASURES
    level: float = 0.95
    n_permutations: int = 9_999
    n_bootstraps: int = 2_000

    def __post_init__(self) -> None:
        """Check names and numbers once, here."""
        check_choices("measures", self.measures, MEASURES)
        check_number("level", self.level, least=0.5)
        if self.level >= 1:
            raise ConfigError(
                f"level: expected a share below 1, got {self.level}; .95 is usual",
                page="out-of-range",
            )
        check_whole("n_permutations", self.n_permutations, least=1)
        check_whole("n_bootstraps", self.n_bootstraps, least=LEAST_BOOTSTRAPS)


@dataclass(frozen=True, slots=True)
class Design:
    """Whose sequences are whose; see `compare_groups`."""

    subjects: Subjects | None = None
    paired: bool = False


@with_known_arguments
@recorded("machine", "groups", "subjects")
def compare_groups(
    machine: Machine | Fitted | Study,
    groups: Mapping[str, Recording],
    *,
    subjects: Subjects | None = None,
    paired: bool = False,
    measures: Sequence[str] = MEASURES,
    level: float = 0.95,
    n_permutations: int = 9_999,
    n_bootstraps: int = 2_000,
    seed: int | np.random.SeedSequence,
) -> GroupComparison:
    """Return what differs between groups of recordings: how long, how often and whereto.

    The machine is frozen: nothing is fitted to the groups. Every two groups are compared by
    permuting *units*, which are sequences, or subjects with all their sequences: whether steps of
    one sequence depend on each other does not matter then. What is tested is that the groups are
    drawn alike; intervals and effects come from resampling the same units. Holm's correction runs
    over all rows that have a p. States that never occur are rows that say so.

    Args:
        machine: a `Machine` is run on the inputs of the recordings alone; a `Study` or `Fitted`
            reads states off the activations of traces.
        groups: by name, sequences (`Sequences`, or words as `Machine.predict` reads them) or
            traces, all of one kind.
        subjects: for each group a name for each of its sequences; units are sequences when None.
        paired: whether each subject is in all groups (within-subject): its groups are then
            swapped. Without `subjects` the i-th sequences of all groups belong together.
        measures: of `occupancy`, `dwell`, `switching` and `transition`; the fewer the rows, the
            less Holm's correction costs.
        level: coverage of the intervals, and 1 - the family-wise error.
        n_permutations: where there are no more relabellings than this all are taken, and p is
            exact; of more as many are drawn.
        n_bootstraps: resamples of units behind each interval.
        seed: of both.

    Raises:
        ConfigError: a number or a name of a measure that is none.
        DataError: one group, a group of one unit, a recording that the machine does not read, or
            subjects that do not fit; the message names the group.

    Warns:
        EvidenceWarning: no row can be significant, however large the difference; or as
            `decode_groups` warns.
    """
    check_choices("measures", measures, MEASURES)
    testing = Testing(tuple(measures), level, n_permutations, n_bootstraps)
    check_seed(seed)
    frozen, design = machine_of(machine), Design(subjects, paired)
    decoded = decode_groups(machine, groups)
    source = source_of(machine)
    found = compare_decoded(decoded, frozen.n_states, design, testing, source=source, seed=seed)
    return replace(found, names=frozen.states)


def compare_decoded(
    decoded: Mapping[str, Decoded],
    n_states: int,
    design: Design,
    testing: Testing,
    *,
    source: str,
    seed: int | np.random.SeedSequence,
) -> GroupComparison:
    """Do what `compare_groups` does on states (of K) that were decoded before, from a `source`."""
    units = units_of(decoded, design.subjects, paired=design.paired)
    table = _table(_counted(decoded, units, n_states), units.kind, testing, _root(seed))
    _warn_if_hopeless(table, testing)
    states = {name: digest(each) for name, each in decoded.items()}
    return GroupComparison(COMPARED.ordered(table), source, testing.level, states)


def _counted(decoded: Mapping[str, Decoded], units: Units, n_states: int) -> dict[str, Counts]:
    return {name: count(each, units.of_sequence[name], n_states) for name, each in decoded.items()}


def _root(seed: int | np.random.SeedSequence) -> np.random.SeedSequence:
    """Return a seed whose children are the same each time, whatever it was used for before."""
    if isinstance(seed, np.random.SeedSequence):
        return np.random.SeedSequence(seed.entropy, spawn_key=seed.spawn_key)
    return np.random.SeedSequence(seed)


def _table(
    counts: Mapping[str, Counts], kind: str, testing: Testing, root: np.random.SeedSequence
) -> pd.DataFrame:
    """Return the rows of every two groups, corrected together."""
    n_states = next(iter(counts.values())).steps.shape[1]
    rows = rows_of(testing.measures, n_states)
    pairs = list(combinations(counts, 2))
    tables = [
        _compared(rows, pair, counts, kind=kind, testing=testing, rng=np.random.default_rng(child))
        for pair, child in zip(pairs, root.spawn(len(pairs)), strict=True)
    ]
    return _with_findings(pd.concat(tables, ignore_index=True), testing)


def _compared(
    rows: pd.DataFrame,
    pair: tuple[str, str],
    counts: Mapping[str, Counts],
    *,
    kind: str,
    testing: Testing,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the rows of two groups, without what takes all pairs of groups."""
    mine = [counts[name] for name in pair]
    one, other = (ratios(each, testing.measures) for each in mine)
    sizes = len(one.above), len(other.above)
    both = Ratios(np.vstack([one.above, other.above]), np.vstack([one.below, other.below]))
    pool = Pool(both, kind == PAIRS)
    labels = np.repeat([1.0, 0.0], sizes)[None]
    seen = contrast(pool, labels, 1 - labels)
    first, every = relabellings(sizes, paired=pool.paired, most=testing.n_permutations, rng=rng)
    again = resampled(pool, sizes, n_bootstraps=testing.n_bootstraps, rng=rng)
    p = np.where(pool.varies, p_values(seen, pool, first, every=every), np.nan)
    return rows.assign(
        group_a=pair[0],
        group_b=pair[1],
        unit=rows["measure"].map(UNITS),
        **_numbers(seen, again, pool.varies, testing.level),
        p=p,
        n_permutations=len(first),
        permutations="all" if every else "drawn",
        units=kind,
        n_a=sizes[0],
        n_b=sizes[1],
        reason=pd.Series(reasons_of(rows, pool, seen, dict(zip(pair, mine, strict=True)))),
    )


def _numbers(
    seen: Contrast, again: Contrast, varies: np.ndarray, level: float
) -> dict[str, np.ndarray]:
    """Return the columns of values, difference and effect, with intervals where units vary."""
    difference, effect = (np.where(varies, x[0], np.nan) for x in (seen.difference, seen.effect))
    around = ends(difference, again.difference, seen.freedom[0], level)
    doubt = effect_ends(seen, around, level)
    return {
        "value_a": seen.first[0],
        "value_b": seen.second[0],
        "difference": np.where(varies, seen.difference[0], seen.difference[0].round(ROUNDED) + 0.0),
        "difference_low": around[:, 0],
        "difference_high": around[:, 1],
        "effect": effect,
        "effect_low": doubt[:, 0],
        "effect_high": doubt[:, 1],
    }


def _with_findings(table: pd.DataFrame, testing: Testing) -> pd.DataFrame:
    """Return the rows with the p of all of them together, and what they show."""
    tested = table["p"].notna()
    table.loc[tested, "p_holm"] = holm(table.loc[tested, "p"])
    shown = table["p_holm"] < 1 - testing.level
    higher = np.where(table["difference"] > 0, table["group_a"], table["group_b"])
    finding = np.where(shown, [f"higher in {name}" for name in higher], NOT_SHOWN)
    return table.assign(finding=finding)


def _warn_if_hopeless(table: pd.DataFrame, testing: Testing) -> None:
    """Warn where Holm's correction leaves no row a chance: few relabellings for many rows."""
    tested = table[table["p"].notna()]
    if tested.empty:
        return
    least = least_p(tested).min()
    if least * len(tested) >= 1 - testing.level:
        more = "" if (tested["permutations"] == "all").all() else "draw more `n_permutations`, "
        warn(
            f"no row can be below {1 - testing.level:.3g} after Holm's correction, since p is at "
            f"least {least:.2g} in each of {len(tested)}; {more}compare fewer `measures`, or get "
            "more units",
            EvidenceWarning,
        )
