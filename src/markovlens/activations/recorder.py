"""Recording the hidden states of any recurrent network, which is left exactly as it was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, repeat
from pathlib import Path
from typing import Any, overload

import numpy as np
from torch import nn

from markovlens.activations.basis import Basis, in_coordinates
from markovlens.activations.reading import Reading, check_settings
from markovlens.activations.recording import Layers, recorded, with_symbols
from markovlens.activations.store import concatenate, sequences_per_chunk, write_trace
from markovlens.adapters.adapting import network_of
from markovlens.adapters.contract import Stepwise
from markovlens.arguments import check_kind, with_known_arguments
from markovlens.errors import DataError
from markovlens.keyed import Keyed
from markovlens.listed import Listed, sequences_of
from markovlens.places import NETWORK, SEQUENCES, check_places
from markovlens.recurrence.layers import columns_of, find_layers
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, no_targets
from markovlens.trace import Trace


@overload
def record(
    model: Any,
    data: Listed | Split,
    *,
    layers: None | str | int = None,
    basis: Basis | None = None,
    **reading: Any,
) -> Trace: ...


@overload
def record(
    model: Any, data: Listed | Split, *, layers: list[str | int], **reading: Any
) -> dict[str, Trace]: ...


@with_known_arguments
def record(
    model: Any,
    data: Listed | Split,
    *,
    layers: Layers = None,
    basis: Basis | None = None,
    **reading: Any,
) -> Trace | dict[str, Trace]:
    """Return the trace of a network on sequences.

    Every batch holds sequences of one length, so no network ever sees padding, and each begins in
    the state in which the network was found. Afterwards the network has the same mode, hooks,
    parameters, buffers and gradients as before, and torch's random state is where it was. A
    compiled network is run eagerly, and its layers have the names from before.

    The state of an LSTM is two vectors, and both are recorded: h (as wide as the outputs), then
    arcsinh(c), in which c may be a count that h does not show; see `activations.cell_states`. With
    `state="h"` it is h alone. GRUs and simple networks have no more than h. What a module that was
    named by its path keeps beside its output is unknown to us, unless it is one of torch's.

    States are float32 whatever the network computes in, half precision or `torch.autocast` too,
    but float64 where that is float64. Signals are handed over in the network's own type.

    Args:
        model: contains recurrent modules or cells of torch, ours, or what `layers` names; or it is
            `adapters.contract.Stepwise`, has `initial` and `step`, and `layers` names parts of its
            state; or it is of another framework, or the path of its file, see `adapters.adapting`.
        data: `Sequences`, or a list of them as `explain` takes it (of texts give `symbols`); or a
            `Split` with targets and truth.
        layers: a layer's name (`rnn.l0`) or its number from below (0, or -1 for the last), or a
            list for a dict of traces by name; the last recurrent layer when None, of a `Stepwise`
            network all parts of its state side by side. The path of a module (`rnn`) is its top
            layer, or what it returns if it is no recurrent one.
        basis: coordinates in which the states of the one layer are kept, made of some of them (a
            POD, a random projection, some of the units); never more than about 64 MiB of plain
            states are then in memory.
        **reading: the fields of `Reading`; see there when `symbols` must be given.

    Raises:
        ConfigError: a field that `Reading` has not, or a number that is none.
        DataError: a basis for several layers, or of states of another width; a network that cannot
            be watched, that no adapter knows or that does not take these inputs, a layer that is
            not there, states that are not finite, outputs of a wrong shape, or rows or steps that
            are not where they belong (see `Reading.verify`).

    Warns:
        RecordingWarning: the network is not causal, goes on where its last call ended, fails on one
            sequence alone, or puts out NaN, or probabilities where `link` says logits.
    """
    check_settings(record, reading)
    check_places("record(network, sequences)", model=(model, (NETWORK,)), data=(data, (SEQUENCES,)))
    split = data if isinstance(data, Split) else _untaught(_listed(data, reading))
    model = network_of(model, split.inputs)
    if basis is not None:
        return _in_coordinates(model, split, layers, basis, reading)
    traces = recorded(model, split, layers, reading)
    several = isinstance(layers, list | tuple)
    return Keyed(traces, "layers") if several else next(iter(traces.values()))


def _in_coordinates(
    model: Any,
    split: Split,
    layers: Layers,
    basis: Basis,
    reading: dict[str, Any],
) -> Trace:
    """Return the trace of one layer in coordinates, recorded a part at a time."""
    check_kind("basis", basis, Basis, advice="`markovlens.pod(states)` makes one")
    if isinstance(layers, list | tuple):
        raise DataError(
            f"basis: expected one layer, of which it was made, got a list of {len(layers)}; record "
            "them one by one, `layers=name`",
            page="wrong-kind",
        )
    _, traces = _in_parts(model, iter([split]), layers, reading)
    return concatenate([in_coordinates(trace, basis) for trace in traces])


def record_to_parquet(
    model: Any,
    data: Sequences | Split | Iterable[Sequences | Split],
    path: str | Path,
    *,
    layer: str,
    basis: Basis | None = None,
    metadata: Mapping[str, Any] | None = None,
    **reading: Any,
) -> None:
    """Record sequences chunk by chunk into one Parquet file; memory holds one row group at a time.

    The header says which columns, from and up to, each of the `parts` of the state is, unless they
    are coordinates in a basis. States are kept as float32.

    Args:
        model: as for `record`.
        data: `Sequences` or a `Split`, or pieces of it if not even the symbols fit in memory; then
            give `symbols`, the name of each one.
        path: the file, written under a temporary name until it is whole.
        layer: the layer's name.
        basis: as for `record`.
        metadata: plain values for the file's header.
        **reading: as for `record`.
    """
    pieces = map(_piece, [data] if isinstance(data, Sequences | Split) else data)
    first = next(pieces)
    model = network_of(model, first.inputs)
    probe, traces = _in_parts(model, chain([first], pieces), layer, reading)
    about: dict[str, Any] = {"layer": layer}
    if basis is None:
        how = Reading.of(with_symbols(model, first, reading))
        about["parts"] = _columns(model, layer, probe.states.shape[1], how)
    else:
        check_kind("basis", basis, Basis, advice="`markovlens.pod(states)` makes one")
        traces = (in_coordinates(trace, basis) for trace in traces)
    write_trace(path, traces, metadata={**(metadata or {}), **about})


def _in_parts(
    model: nn.Module | Stepwise,
    pieces: Iterator[Split],
    layer: str | int | None,
    reading: dict[str, Any],
) -> tuple[Trace, Iterator[Trace]]:
    """Return the trace of one sequence, and those of all, a row group each; one is verified."""
    first = next(pieces)
    reading = with_symbols(model, first, reading)  # the same for all chunks
    plain = reading | {"verify": False}
    (probe,) = recorded(model, first.select(np.arange(1)), layer, plain).values()
    widths = {
        "n_units": probe.states.shape[1],
        "n_classes": probe.outputs.shape[1],
        "n_channels": len(probe.channels),
    }
    parts = (part for piece in chain([first], pieces) for part in _parts(piece, **widths))
    settings = chain([reading], repeat(plain))
    traces = (
        trace
        for part, how in zip(parts, settings, strict=False)
        for trace in recorded(model, part, layer, how).values()
    )
    return probe, traces


def _columns(
    model: nn.Module | Stepwise, layer: str, n_units: int, how: Reading
) -> dict[str, tuple[int, int]]:
    """Return which of the recorded columns each part of the state is."""
    if isinstance(model, Stepwise):
        return {layer: (0, n_units)}
    (found,) = find_layers(model, [layer])
    return columns_of(found, n_units, state=how.state)


def _parts(split: Split, **widths: int) -> Iterator[Split]:
    """Yield the sequences of a split in parts of at most one row group."""
    size = sequences_per_chunk(**widths, longest=int(split.inputs.lengths.max()))
    n_sequences = len(split.inputs)
    for indices in np.array_split(np.arange(n_sequences), -(-n_sequences // size)):
        yield split.select(indices)


def _listed(data: Listed, reading: Mapping[str, Any]) -> Sequences:
    return sequences_of(data, reading.get("symbols"), name="data")


def _piece(data: Sequences | Split) -> Split:
    if isinstance(data, Split):
        return data
    if not isinstance(data, Sequences):
        raise DataError(
            f"expected `Sequences` to record, got {type(data).__name__}; make them with "
            "`Sequences.from_list(arrays)`, or `Sequences.from_strings(strings, symbols)` of text",
            page="wrong-kind",
        )
    return _untaught(data)


def _untaught(inputs: Sequences) -> Split:
    nothing = no_targets(inputs.n_steps)
    return Split(inputs, nothing, nothing)
