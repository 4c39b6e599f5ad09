"""What is permuted: sequences, subjects with all their sequences, or pairs of one subject."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.errors import DataError
from markovlens.groups.decoding import Decoded, check_names

SEQUENCES, SUBJECTS, PAIRS = "sequences", "subjects", "pairs"
Subjects = Mapping[str, Sequence[Hashable]]


@dataclass(frozen=True, slots=True)
class Units:
    """The units of all groups.

    Attributes:
        kind: `SEQUENCES`, `SUBJECTS` or `PAIRS`.
        of_sequence: by group the unit, int (S,), of each sequence; of pairs numbers of all groups
            mean the same subject.
    """

    kind: str
    of_sequence: dict[str, np.ndarray]


def units_of(decoded: Mapping[str, Decoded], subjects: Subjects | None, *, paired: bool) -> Units:
    """Return the units; raises `DataError` for subjects that do not fit, or groups of one unit."""
    if subjects is None:
        found = {name: np.arange(len(each)) for name, each in decoded.items()}
        if paired:
            _check_as_many(found)
    else:
        found = _numbered(_named(decoded, subjects), paired=paired)
    kind = PAIRS if paired else SEQUENCES if subjects is None else SUBJECTS
    for name, unit in found.items():
        if (n_units := int(unit.max()) + 1) < 2:
            raise DataError(
                f"group {name!r}: expected two {kind} or more, got {n_units}; of one nothing can "
                "be permuted or resampled, so give more recordings",
                page="too-few",
            )
    return Units(kind, found)


def _check_as_many(found: Mapping[str, np.ndarray]) -> None:
    if len({len(each) for each in found.values()}) > 1:
        said = ", ".join(f"{len(each)} in {name!r}" for name, each in found.items())
        raise DataError(
            f"paired: expected as many sequences in each group, got {said}; give `subjects`, which "
            "say what belongs together",
            page="groups-do-not-pair",
        )


def _named(decoded: Mapping[str, Decoded], subjects: Subjects) -> dict[str, pd.Series]:
    """Return the subject of each sequence by group."""
    if not isinstance(subjects, Mapping) or set(map(str, subjects)) != set(decoded):
        shown = list(subjects) if isinstance(subjects, Mapping) else type(subjects).__name__
        raise DataError(
            f"subjects: expected names for each of the groups {', '.join(decoded)}, got {shown}; "
            "give a dict with a list for each group",
            page="groups-do-not-pair",
        )
    check_names("subjects", subjects)
    named = {str(name): pd.Series(list(each), dtype=object) for name, each in subjects.items()}
    for name, each in named.items():
        missing = int(each.isna().sum())
        if len(each) != len(decoded[name]) or missing:
            empty = f", {missing} of them missing (None or NaN)" if missing else ""
            raise DataError(
                f"subjects of {name!r}: expected a name for each of {len(decoded[name])} "
                f"sequences, got {len(each)}{empty}; give one a sequence, in their order",
                page="groups-do-not-pair",
            )
    _check_subjects(named)
    return {name: named[name] for name in decoded}


def _check_subjects(named: Mapping[str, pd.Series]) -> None:
    """Raise `DataError` for subjects that are no names, or two of which are one as text."""
    every = [subject for each in named.values() for subject in each]
    odd = next((each for each in every if not isinstance(each, Hashable)), None)
    if odd is not None:
        raise DataError(
            f"subjects: expected names, such as text or numbers, got {odd!r}; give one a sequence",
            page="groups-do-not-pair",
        )
    check_names("subjects", dict.fromkeys(every))


def _numbered(named: Mapping[str, pd.Series], *, paired: bool) -> dict[str, np.ndarray]:
    """Return numbers in place of names; raises `DataError` where names do not fit the design."""
    first, *others = named
    whole = set(named[first])
    for name in others:
        mine = set(named[name])
        if paired and mine != whole:
            odd = sorted(map(str, mine ^ whole))[0]
            raise DataError(
                f"paired: expected each subject in every group, got {odd!r} not in both {first!r} "
                f"and {name!r}; leave it out, or compare without `paired`",
                page="groups-do-not-pair",
            )
    if paired:
        place = {subject: number for number, subject in enumerate(dict.fromkeys(named[first]))}
        return {name: each.map(place).to_numpy(dtype=int) for name, each in named.items()}
    _check_apart(named)
    return {name: pd.factorize(each)[0] for name, each in named.items()}


def _check_apart(named: Mapping[str, pd.Series]) -> None:
    """Raise `DataError` where a subject is in two groups, which are then no independent ones."""
    seen: dict[Hashable, str] = {}
    for name, each in named.items():
        for subject in each.unique():
            if (other := seen.setdefault(subject, name)) != name:
                raise DataError(
                    f"subjects: expected each in one group, got {subject!r} in {other!r} and "
                    f"{name!r}; give paired=True if all are in each, or other names if they are "
                    "different people",
                    page="groups-do-not-pair",
                )
