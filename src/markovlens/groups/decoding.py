"""Recordings in the states of a machine that is not fitted again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Fitted
from markovlens.abstractions.study import Study
from markovlens.arrays import check_codes
from markovlens.codebooks.base import check_channels
from markovlens.errors import DataError, EvidenceWarning, reason_of, warn
from markovlens.machines.machine import STATE, Machine
from markovlens.machines.words import Words, shown, words_for
from markovlens.sequences import Sequences
from markovlens.trace import Trace

Recording = Trace | Words
INPUTS, ACTIVATIONS = "inputs", "activations"  # what states are read off
MOST_SHOWN = 3  # symbols that a warning repeats


@dataclass(frozen=True, slots=True)
class Decoded:
    """Which state a recording is in at each step.

    Attributes:
        states: int (N,).
        lengths: int (S,), steps of each sequence.
    """

    states: np.ndarray
    lengths: np.ndarray

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.lengths)


def machine_of(found: Machine | Fitted | Study) -> Machine:
    """Return the machine of what was fitted; raises `DataError` for anything else."""
    if isinstance(found, Machine):
        return found
    if isinstance(found, Study):
        return found.best
    if isinstance(found, Fitted):
        return found.machine
    raise DataError(
        f"machine: expected a Machine, or a Study or Fitted for traces, got "
        f"{type(found).__name__}; `markovlens.read_machine`, `load_machine` and `study` give them",
        page="wrong-kind",
    )


def source_of(found: Machine | Fitted | Study) -> str:
    """Return what states are read off: `ACTIVATIONS` by what was fitted, else `INPUTS`."""
    return INPUTS if isinstance(found, Machine) else ACTIVATIONS


def decode_groups(
    found: Machine | Fitted | Study, groups: Mapping[str, Recording]
) -> dict[str, Decoded]:
    """Return the states of each group.

    A `Machine` runs on the inputs alone: its state, or the likeliest one where it carries a belief.
    A `Study` (at its chosen size) or `Fitted` reads states off the recorded activations of traces.

    Raises:
        DataError: no mapping of two or more, or a recording that is not of what the machine reads;
            the message names the group.

    Warns:
        EvidenceWarning: traces of different networks, or symbols never met when the machine was
            built.
    """
    if not isinstance(groups, Mapping):
        raise DataError(
            f"groups: expected names with recordings, got {type(groups).__name__}; give a dict, "
            'such as {"patients": ..., "controls": ...}',
            page="wrong-kind",
        )
    check_names("groups", groups)
    if len(groups) < 2:
        raise DataError(
            f"groups: expected two or more to compare, got {len(groups)} "
            f"({', '.join(map(repr, groups)) or 'none'}); give recordings of another group",
            page="too-few",
        )
    if source_of(found) == ACTIVATIONS:
        _warn_of_networks(groups)
    return {str(name): _of_group(str(name), found, each) for name, each in groups.items()}


def check_names(what: str, names: Iterable[Any]) -> None:
    """Raise `DataError` where a name is none, or two are one as text: in tables they are text."""
    seen: dict[str, Any] = {}
    for name in names:
        if pd.api.types.is_scalar(name) and pd.isna(name) or not str(name).strip():
            raise DataError(
                f"{what}: expected a name for each, got {name!r}; give it one", page="wrong-names"
            )
        if str(name) in seen:
            raise DataError(
                f"{what}: expected names that differ as text, got {seen[str(name)]!r} and "
                f"{name!r}; give one another name",
                page="wrong-names",
            )
        seen[str(name)] = name


def _of_group(name: str, found: Machine | Fitted | Study, recording: Recording) -> Decoded:
    try:
        if isinstance(found, Machine):
            _warn_of_unmet(name, found, _inputs_of(found, recording))
            return run_on(found, recording)
        return _read_off(found, recording)
    except DataError as error:
        raise DataError(f"group {name!r}: {error}", page=error.page) from error


def run_on(machine: Machine, recording: Recording) -> Decoded:
    """Return the states that a machine is in when it reads the inputs of a recording."""
    if machine.n_symbols == 1 and machine.codebook is None:
        raise DataError(
            "expected a machine that reads its inputs, got one that ignores them and would walk "
            "alike on all recordings; give the Study or Fitted, and traces with activations",
            page="wrong-kind",
        )
    inputs = _inputs_of(machine, recording)
    if machine.carries == STATE:
        return Decoded(machine.walk(inputs), inputs.lengths)
    return Decoded(machine.run(inputs).argmax(axis=1), inputs.lengths)


def _inputs_of(machine: Machine, recording: Recording) -> Sequences:
    if not isinstance(recording, Trace):
        return words_for(machine, recording)
    if recording.reads_symbols and machine.codebook is None:
        _check_symbols(machine, recording)
    return recording.sequences


def _check_symbols(machine: Machine, trace: Trace) -> None:
    if trace.symbols != machine.symbols:
        raise DataError(
            f"expected the symbols of the machine, {shown(machine.symbols)}, got "
            f"{shown(trace.symbols)}; give recordings of the same alphabet, in one order",
            page="alphabets-differ",
        )


def _warn_of_unmet(name: str, machine: Machine, inputs: Sequences) -> None:
    """Warn of symbols that were never met when the machine was built; rows are looked at later."""
    if machine.codebook is not None:
        check_channels(machine.codebook.channels, inputs)
        return
    if not inputs.are_symbols:
        return  # `symbols_of` says what is wrong
    codes = check_codes("symbols", inputs.values, stop=machine.n_symbols)
    unmet = np.flatnonzero(~machine.seen.any(axis=1))
    met = np.intersect1d(unmet, codes)
    if len(met):
        more = ", ..." if len(met) > MOST_SHOWN else ""
        names = ", ".join(repr(machine.symbols[code]) for code in met[:MOST_SHOWN])
        warn(
            f"group {name!r}: {np.isin(codes, met).sum()} of {len(codes)} steps read symbols that "
            f"the machine never met when it was built ({names}{more}): what it does there is a "
            "rule for the unseen",
            EvidenceWarning,
        )


def _read_off(found: Fitted | Study, recording: Recording) -> Decoded:
    if not isinstance(recording, Trace):
        raise DataError(
            f"expected a Trace, whose activations tell the states, got {type(recording).__name__}; "
            "give what `markovlens.record` returns, or the Machine alone to run it on inputs",
            page="wrong-kind",
        )
    fitted = found if isinstance(found, Fitted) else found.fits[_chosen(found)]
    if fitted.decode is None:
        raise DataError(
            "expected a method that reads states off activations, got a floor, which never sees "
            "one; give its machine",
            page="wrong-kind",
        )
    if recording.reads_symbols and fitted.machine.codebook is None and fitted.machine.symbols:
        _check_symbols(fitted.machine, recording)
    try:
        return Decoded(np.asarray(fitted.decode(recording)), recording.lengths)
    except DataError:
        raise
    except (ValueError, IndexError, TypeError) as error:  # of whatever library decodes
        raise DataError(
            f"expected activations as the machine was fitted on, got {recording.states.shape[1]} "
            f"numbers a step that do not fit ({reason_of(error)}); record the same layer, and "
            "`embed` with the same basis",
            page="traces-differ",
        ) from error


def _chosen(found: Study) -> int:
    if found.chosen is None:
        raise DataError(
            f"every fit of {found.method} failed, and none can decode; see `failures`",
            page="every-fit-failed",
        )
    return found.chosen


def _warn_of_networks(groups: Mapping[str, Recording]) -> None:
    """Warn where traces are known to be of different networks: their units need not be the same."""
    traces = {name: each for name, each in groups.items() if isinstance(each, Trace)}
    known = {
        name: each.origin["network"] for name, each in traces.items() if "network" in each.origin
    }
    if len(set(known.values())) > 1:
        said = ", ".join(f"{name!r} of {network}" for name, network in known.items())
        warn(
            f"traces are of different networks ({said}): states are told by units that may mean "
            "something else in each; trust it of one network trained on, not of two trained apart",
            EvidenceWarning,
        )
