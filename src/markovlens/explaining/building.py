"""From a network and sequences to an explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from markovlens.abstractions.base import Options
from markovlens.activations.oracle import Oracle
from markovlens.activations.reading import check_settings
from markovlens.activations.recorder import record
from markovlens.adapters.adapting import network_of
from markovlens.arguments import (
    check_kind,
    check_sizes,
    check_truth,
    check_whole,
    with_known_arguments,
)
from markovlens.embedding.pod import POD, embed, pod
from markovlens.errors import DataError, reason_of
from markovlens.explaining.asking import Network
from markovlens.explaining.assembling import explanation_of
from markovlens.explaining.explanation import FITTED, Explanation, Settings
from markovlens.explaining.fitting import (
    N_COMPONENTS,
    SIZES,
    fitted,
    split_sequences,
    usual_methods,
)
from markovlens.explaining.inputs import check_words, with_targets
from markovlens.explaining.progress import told, watched
from markovlens.faithfulness.scores.distinct import warn_of_seen
from markovlens.listed import Listed, sequences_of
from markovlens.machines.machine import Machine
from markovlens.machines.matching import check_alphabet, check_kind_of_answer
from markovlens.places import MACHINE, NETWORK, SEQUENCES, check_places
from markovlens.records.calls import recorded
from markovlens.recurrence.layers import COMPILED
from markovlens.trace import Trace


@with_known_arguments
@recorded("network", "sequences", "targets", "machine")
@watched()
def explain(
    network: Any,
    sequences: Listed,
    *,
    targets: np.ndarray | Sequence[Any] | None = None,
    symbols: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    n_states: Sequence[int] = SIZES,
    machine: Machine | None = None,
    layer: str | None = None,
    unit: str = "step",
    name: str | None = None,
    names: Mapping[int, str] | Sequence[str] | None = None,
    units: bool = True,
    options: Options | None = None,
    seed: int = 0,
    **reading: Any,
) -> Explanation:
    """Explain a network: its machine, how far it can be trusted, and what each state means.

    Machines are fitted on training sequences, in the first principal components of their states;
    one is picked on others by the rule of `faithfulness.verdict`, and scored on test sequences; an
    `EvidenceWarning` says where few of these are distinct, or others than those fitted on.

    Args:
        network: as for `record`.
        sequences: `Sequences`, a list of texts or token lists (give `symbols`), or of rows (T, D).
        targets: what is right after each step: an array of all, or a list with an array or list
            for each sequence; or one for each, after its last step. Classes are codes, or names of
            `classes`; of values and labels a row of C columns stands for one.
        symbols: names of the input symbols.
        methods: what machines are fitted by beside floors; those of `usual_methods` when None.
        n_states: the numbers of states tried.
        machine: explains the network by this machine, in place of fitting any.
        layer: whose states are explained; the last recurrent one when None.
        unit: what a step is called, such as `word` or `minute`.
        name, names: of the network in titles, its class when None; of states, as for `named`.
        units: whether numbers of its state, 256 at most, are silenced to see where they matter.
        options: settings of the fits; one start and at most 30 iterations when None.
        seed: of everything that is drawn.
        **reading: the other fields of `Reading`, such as `classes` and `link`.

    Raises:
        ConfigError: a setting that is none.
        DataError: fewer than five sequences, unknown symbols, a machine of other data, or no fit.
    """
    _check_order(network, sequences, machine)
    _check_given(methods, unit, seed, reading)
    _check_kinds(name, units, options)
    sizes = check_sizes("n_states", n_states)
    split = with_targets(sequences_of(sequences, symbols), targets, reading.get("classes"))
    reading |= {} if symbols is None else {"symbols": symbols}
    trace, splits, basis = _embedded(network, split, reading, layer=layer, seed=seed)
    asked = to_be_asked(network, trace, basis, reading, layer=layer)
    chosen = usual_methods(trace, asked) if methods is None else tuple(methods)
    given = _checked(machine, trace)
    settings = Settings(name or _title(network), unit, chosen, sizes, seed, given is not None)
    studies = fitted(trace, splits, asked, settings, options=options, given=given)
    made = explanation_of(trace, splits, studies, asked, settings, machine=given, units=units)
    return made if names is None else made.named(names)


def _check_order(network: Any, sequences: Any, machine: Any) -> None:
    """Raise `DataError` for arguments in each other's places."""
    check_places(
        "explain(network, sequences, machine=machine)",
        network=(network, (NETWORK,)),
        sequences=(sequences, (SEQUENCES,)),
        machine=(machine, (MACHINE,)),
    )


def _check_given(methods: Any, unit: Any, seed: Any, reading: Mapping[str, Any]) -> None:
    """Raise `ConfigError` for settings that there are not, a seed or a unit that are none."""
    check_settings(explain, reading)
    check_whole("seed", seed, least=0)
    check_words(unit, {"methods": methods, "classes": reading.get("classes")})


def _check_kinds(name: Any, units: Any, options: Any) -> None:
    """Raise for a name that is no text, a choice that is none, and options of another kind."""
    check_truth("units", units)
    if name is not None:
        check_kind("name", name, str, advice="it stands in titles")
    if options is not None:
        check_kind("options", options, Options, advice="as in `Options(restarts=3)`")


def _embedded(
    network: Any, split: Any, reading: Mapping[str, Any], *, layer: str | None, seed: int
) -> tuple[Trace, dict[str, np.ndarray], POD]:
    """Return the trace in the basis of its training part, the places of each part, the basis."""
    with told("recording"):
        trace = record(network, split, layers=layer, **reading)
    splits = split_sequences(len(trace), seed=seed)
    warn_of_seen(trace.select(splits["test"]), trace.select(splits[FITTED]))
    basis = pod(trace.select(splits[FITTED]).states, n_components=_width(trace, splits[FITTED]))
    return embed(trace, basis), splits, basis


def _title(network: Any) -> str:
    if isinstance(network, str | Path):
        return Path(network).name
    return type(getattr(network, COMPILED, network)).__name__


def _width(trace: Trace, places: np.ndarray) -> int:
    return min(N_COMPONENTS, trace.states.shape[1], int(trace.lengths[places].sum()))


def to_be_asked(
    model: Any, trace: Trace, basis: Any, reading: Mapping[str, Any], *, layer: str | None
) -> Network:
    """Return the network as it is asked: step by step if it can be, else by recording it."""
    how = {"symbols": trace.symbols, **reading} if trace.symbols else dict(reading)
    known = {name: reading[name] for name in ("forward", "state") if name in reading}
    link = reading.get("link", "softmax")
    like = None if trace.reads_symbols else trace.sequences
    model = network_of(model, trace.sequences)
    try:
        oracle = Oracle(model, layer=layer, basis=basis, like=like, link=link, **known)
    except DataError as error:
        return Network(model, None, how, layer, why_not=reason_of(error))
    return Network(model, oracle, how, layer)


def _checked(machine: Machine | None, trace: Trace) -> Machine | None:
    """Return a machine as it is given; raises `DataError` for one of other data."""
    if machine is None:
        return None
    check_kind("machine", machine, Machine, advice="`read_machine` reads one from a file")
    check_kind_of_answer(machine, trace.output)
    reads_rows = machine.codebook is not None
    if reads_rows == trace.reads_symbols:
        raise DataError(
            "machine: expected one of these data, got one that reads "
            f"{'rows' if reads_rows else 'symbols'}; give the machine that was made of them",
            page="alphabets-differ",
        )
    check_alphabet(machine, machine.symbols if reads_rows else trace.symbols, trace.classes)
    machine.look_at(trace.sequences)
    return machine
