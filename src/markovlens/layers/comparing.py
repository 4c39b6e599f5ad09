"""Where in a network its state can be read, and where it is used: layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.activations.reading import check_settings
from markovlens.activations.recorder import record
from markovlens.adapters.adapting import network_of
from markovlens.arguments import (
    check_choices,
    check_kind,
    check_level,
    check_seed,
    check_whole,
    with_known_arguments,
)
from markovlens.errors import DataError
from markovlens.faithfulness.causes.continuing import draw_points
from markovlens.faithfulness.causes.effects import FEWEST_SEQUENCES
from markovlens.faithfulness.scores.tally import NO_SCORE, Bootstrap, Score
from markovlens.layers.comparison import LayerComparison
from markovlens.layers.probing import Labelled, Probe, control_labels, fit_probe, probe_score
from markovlens.layers.swapping import Stack, donors_among, swap_layers
from markovlens.listed import Listed
from markovlens.machines.machine import Machine
from markovlens.machines.matching import check_alphabet
from markovlens.machines.words import sequences_for
from markovlens.outputs import check_decides
from markovlens.places import MACHINE, NETWORK, SEQUENCES, check_places
from markovlens.recurrence.layers import recurrent_layers
from markovlens.seeding import seed_for
from markovlens.sequences import Sequences
from markovlens.trace import Trace

READ, CONTROL, UNTRAINED = "probe", "probe_control", "probe_untrained"
TOO_FEW = f"fewer than {FEWEST_SEQUENCES} sequences with an informative swap"
FEWEST = 30  # sequences, of which a third are held out
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """Sequences that probes are fitted on, whose penalty is chosen on, and that all is judged on.

    Attributes:
        learn, choose, test: as said.
    """

    learn: Sequences
    choose: Sequences
    test: Sequences


@dataclass(frozen=True, slots=True)
class Trying:
    """How much is tried.

    Attributes:
        n_swaps: test sequences whose state is exchanged, at most.
        bootstraps: resamples of sequences.
        level: coverage of the intervals.
        seed: of places, donors, directions, labels of the control and resamples.
    """

    n_swaps: int = 300
    bootstraps: int = 300
    level: float = 0.95
    seed: int = 0


@with_known_arguments
def compare_layers(
    network: Any,
    sequences: Listed,
    machine: Machine,
    *,
    layers: Sequence[str] | None = None,
    untrained: Any = None,
    n_swaps: int = 300,
    bootstraps: int = 300,
    level: float = 0.95,
    seed: int = 0,
    **reading: Any,
) -> LayerComparison:
    """Return in which layers of a network a machine's state can be read, and in which it is used.

    A state is *read* where a linear probe of the layer's state tells the machine's state: `probe`,
    the share of steps, averaged over the machine's states. It is *used* where the network, this
    layer put into the state that it has in a sequence in another state of the machine, goes on as
    the machine does from there: `iia`, see `swapping.swap_layers`, which also says what the other
    scores are. A layer whose state is read off perfectly may be one that nothing rests on.

    Controls: `probe_control` is a probe of labels that mean nothing (Hewitt & Liang 2019),
    `probe_untrained` one of the true states on a network that learned nothing. Of the sequences a
    half is learned from, a sixth decides on the probes' penalty, and a third is held out, on which
    all numbers are.

    Args:
        network: what `record` takes, with one recurrent layer or more, and can be asked.
        sequences: such as it reads, 30 at least, as `explain` takes them; of texts the symbols are
            the machine's where `symbols` says nothing.
        machine: what its states are held against, such as `explanation.machine` or a task's.
        layers: names of the layers from below; all recurrent ones (of a network with `initial` and
            `step` all parts of its state) when None.
        untrained: the same network with weights that learned nothing, best those it began with.
        n_swaps: held-out sequences whose state is exchanged, at most; of fewer than 20 there is no
            `iia`, nor where the held-out third is less.
        bootstraps: resamples of sequences, for merging over networks.
        level: coverage of the intervals.
        seed: of all that is drawn.
        **reading: as for `record`.

    Raises:
        ConfigError: a number that is none, or `layers` that are no list of different names.
        DataError: the network cannot be recorded or asked, answers with no decision or in other
            classes than the machine, or there are too few sequences.
    """
    check_settings(compare_layers, reading)
    _check_order(network, sequences, machine)
    check_kind("machine", machine, Machine, advice="`explain(...)` has one, and so has a task")
    trying = Trying(n_swaps, bootstraps, level, seed)
    _check(trying, layers)
    sequences, reading = _read_by(machine, sequences, reading)
    network = network_of(network, sequences)
    names = list(layers) if layers is not None else names_of(network)
    parts = _in_parts(sequences, seed)
    rows = [*layer_rows(network, names, machine, parts, trying=trying, reading=reading)]
    if untrained is not None:
        floor = network_of(untrained, sequences)
        rows += floor_rows(floor, names, machine, parts, trying=trying, reading=reading)
    return LayerComparison(pd.DataFrame(rows)[COLUMNS])


def _check_order(network: Any, sequences: Any, machine: Any) -> None:
    check_places(
        "compare_layers(network, sequences, machine)",
        network=(network, (NETWORK,)),
        sequences=(sequences, (SEQUENCES,)),
        machine=(machine, (MACHINE,)),
    )


COLUMNS = ["depth", "layer", "n_layers", "score", "value", "low", "high", "n_sequences",
           "n_directions", "reason"]  # fmt: skip


def _read_by(machine: Machine, given: Any, reading: Row) -> tuple[Sequences, Row]:
    """Return sequences in one of their forms, and `reading` with the names by which texts are."""
    sequences = sequences_for(machine, given, symbols=reading.get("symbols"))
    spelt = not isinstance(given, Sequences) and sequences.are_symbols and machine.symbols
    return sequences, {"symbols": machine.symbols, **reading} if spelt else reading


def _check(trying: Trying, layers: Sequence[str] | None) -> None:
    check_whole("n_swaps", trying.n_swaps, least=FEWEST_SEQUENCES)
    check_whole("bootstraps", trying.bootstraps, least=1)
    check_level(trying.level)
    check_seed(trying.seed)
    if layers is not None:
        check_choices("layers", layers)


def names_of(network: Any) -> list[str]:
    """Return the layers of a network from below, or the parts of the state of one that steps."""
    if isinstance(network, nn.Module) and recurrent_layers(network):
        return list(recurrent_layers(network))
    if hasattr(network, "initial"):
        return list(network.initial(1))
    raise DataError(
        "expected a network with recurrent layers, or with `initial` and `step`, got none; name "
        "them in `layers`",
        page="no-recurrent-layer",
    )


def layer_rows(
    network: Any, names: Sequence[str], machine: Machine, parts: Parts, *,
    trying: Trying, reading: Row,
) -> Iterator[Row]:  # fmt: skip
    """Yield the scores of every layer of one network, see `compare_layers`."""
    recorded = _record(network, names, machine, parts, reading)
    bootstrap = _bootstrap(parts, trying)
    probes = []
    for row, layer, labels in _probed(recorded, machine, parts, names, trying):
        probe = fit_probe(*_labelled(layer, labels)[:2])
        yield row | _numbers(probe_score(probe, _labelled(layer, labels)[2], bootstrap), probe)
        if row["score"] == READ:
            probes.append(probe)
    test = recorded[names[0]][2]
    check_decides(test.output)
    oracles = [_oracle(network, name, parts.test, reading) for name in names]
    draws = np.random.default_rng(seed_for(trying.seed, "layers", "swaps"))
    points = draw_points(test, oracles[0], n_points=trying.n_swaps, rng=draws)
    if points is None:
        raise DataError(
            "expected held-out sequences of two steps at least, got none; give longer ones",
            page="too-few",
        )
    stack = Stack(oracles, points, donors_among(machine.run(parts.test).argmax(axis=1), points))
    swaps = swap_layers(stack, machine, test, probes, bootstrap=bootstrap, rng=draws)
    for (depth, name), score in swaps.items():
        place = _place(names, depth)
        yield place | {"score": name} | _numbers(score, probes[depth])


def floor_rows(
    network: Any, names: Sequence[str], machine: Machine, parts: Parts, *,
    trying: Trying, reading: Row,
) -> Iterator[Row]:  # fmt: skip
    """Yield what is read of the machine's states off a network that learned nothing."""
    recorded = _record(network, names, machine, parts, reading)
    truth = [machine.run(part).argmax(axis=1) for part in _each(parts)]
    for index, name in enumerate(names):
        learn, choose, test = _labelled(recorded[name], truth)
        probe = fit_probe(learn, choose)
        score = probe_score(probe, test, _bootstrap(parts, trying))
        yield _place(names, index) | {"score": UNTRAINED} | _numbers(score, probe)


def _probed(
    recorded: dict[str, list[Trace]],
    machine: Machine,
    parts: Parts,
    names: Sequence[str],
    trying: Trying,
) -> Iterator[tuple[Row, list[Trace], list[np.ndarray]]]:
    """Yield each layer twice, with the machine's states and with labels that mean nothing."""
    truth = [machine.run(part).argmax(axis=1) for part in _each(parts)]
    rng = np.random.default_rng(seed_for(trying.seed, "layers", "control"))
    nothing = control_labels(_each(parts), truth[0], rng)
    for index, name in enumerate(names):
        for score, labels in ((READ, truth), (CONTROL, nothing)):
            yield _place(names, index) | {"score": score}, recorded[name], labels


def _record(
    network: Any, names: Sequence[str], machine: Machine, parts: Parts, reading: Row
) -> dict[str, list[Trace]]:
    """Return the traces of each layer on the three parts."""
    found = [record(network, part, layers=list(names), **reading) for part in _each(parts)]
    test = found[2][names[0]]
    check_alphabet(machine, test.symbols, test.classes)
    return {name: [traces[name] for traces in found] for name in names}


def _oracle(network: Any, name: str, like: Sequences, reading: Row) -> Oracle:
    known = {key: reading[key] for key in ("state", "forward", "link") if key in reading}
    return Oracle(network, layer=name, like=like, **known)


def _labelled(traces: Sequence[Trace], labels: Sequence[np.ndarray]) -> list[Labelled]:
    return [
        Labelled(trace.states, known, trace.lengths)
        for trace, known in zip(traces, labels, strict=True)
    ]


def _each(parts: Parts) -> list[Sequences]:
    return [parts.learn, parts.choose, parts.test]


def _bootstrap(parts: Parts, trying: Trying) -> Bootstrap:
    rng = np.random.default_rng(seed_for(trying.seed, "layers", "resamples"))
    return Bootstrap.draw(
        len(parts.test), n_resamples=trying.bootstraps, rng=rng, level=trying.level
    )


def _place(names: Sequence[str], layer: int) -> Row:
    return {"depth": layer + 1, "layer": names[layer], "n_layers": len(names)}


def _numbers(score: Score | None, probe: Probe) -> Row:
    beside = {"n_directions": len(probe.directions), "n_units": probe.weights.shape[1]}
    if score is None:
        return beside | NO_SCORE | {"n_sequences": 0, "reason": TOO_FEW}
    return beside | score.columns() | {"n_sequences": score.n_sequences, "reason": score.note}


def _in_parts(sequences: Sequences, seed: int) -> Parts:
    if len(sequences) < FEWEST:
        raise DataError(
            f"expected {FEWEST} sequences at least, of which a third are held out, got "
            f"{len(sequences)}; give more",
            page="too-few",
        )
    order = np.random.default_rng(seed_for(seed, "layers", "parts")).permutation(len(sequences))
    ends = [len(sequences) // 2, 2 * len(sequences) // 3]
    learn, choose, test = (np.sort(part) for part in np.split(order, ends))
    return Parts(*(sequences.select(part) for part in (learn, choose, test)))
