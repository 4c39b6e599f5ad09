"""Recording the hidden states of any recurrent network, which is left exactly as it was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from torch import nn

from markovlens.activations.calling import Calls
from markovlens.activations.isolation import forked_random
from markovlens.activations.mismatch import warn_of_silence
from markovlens.activations.origin import with_origin
from markovlens.activations.own import OwnCalls, modules_of, n_symbols_of
from markovlens.activations.reading import Reading
from markovlens.activations.reruns import Recorded, Reruns
from markovlens.activations.store import sequences_per_chunk, write_trace
from markovlens.activations.verification import plan, verify
from markovlens.activations.watching import Recorder
from markovlens.adapters.adapting import network_of
from markovlens.adapters.contract import Stepwise
from markovlens.adapters.failures import explaining
from markovlens.arrays import check_names
from markovlens.errors import DataError
from markovlens.outputs import Output
from markovlens.recurrence.kinds import scaled_by_content
from markovlens.recurrence.layers import columns_of, find_layers
from markovlens.sequences import Sequences, batches_of_one_length, rows_of
from markovlens.tasks.base import Split, no_targets
from markovlens.trace import Trace


@overload
def record(
    model: Any,
    data: Sequences | Split,
    *,
    layers: None | str = None,
    **reading: Any,
) -> Trace: ...


@overload
def record(
    model: Any, data: Sequences | Split, *, layers: list[str], **reading: Any
) -> dict[str, Trace]: ...


def record(
    model: Any,
    data: Sequences | Split,
    *,
    layers: None | str | list[str] = None,
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
        data: symbols (N,) as `Sequences`, or a `Split` with targets and truth.
        layers: a layer's name (`rnn.l0`), or a list for a dict of traces; the last recurrent layer
            when None, of a `Stepwise` network all parts of its state side by side. The path of a
            module (`rnn`) is its top layer, or what it returns if it is no recurrent one.
        **reading: the fields of `Reading`; see there when `symbols` must be given.

    Raises:
        ConfigError: a field that `Reading` has not, or a number that is none.
        DataError: a network that cannot be watched, that no adapter knows or that does not take
            these inputs, a layer that is not there, states that are not finite, outputs of a wrong
            shape, or rows or steps that are not where they belong (see `Reading.verify`).

    Warns:
        RecordingWarning: the network is not causal, goes on where its last call ended, fails on one
            sequence alone, or puts out NaN, or probabilities where `link` says logits.
    """
    split = _split(data)
    model = network_of(model, split.inputs)
    module = modules_of(model)
    how = Reading.of(_with_symbols(model, split, reading))
    with _undisturbed(module, how.seed), _calls(model, layers, how) as calls:
        try:
            found = _run(module, calls, split.inputs, _batch_size(module, how))
            traces = {
                name: _trace(name, part, found, split, how) for name, part in found.states.items()
            }
            warn_of_silence(found.outputs, split)
            if how.verify and scaled_by_content(module) is None:  # they are no function of a prefix
                chosen, longest = plan(split.inputs.lengths)
                verify(Reruns(calls, found, longest=longest), chosen)
        finally:
            calls.snapshot.restore()
    traces = with_origin(traces, model, reading)
    return traces if isinstance(layers, list) else next(iter(traces.values()))


@contextmanager
def _calls(
    model: nn.Module | Stepwise, layers: None | str | list[str], how: Reading
) -> Iterator[Calls | OwnCalls]:
    """Yield the calls of a network: by its own two functions, or with its layers watched."""
    names = [layers] if isinstance(layers, str) else layers
    if isinstance(model, Stepwise):
        yield OwnCalls(model, names, how)
        return
    with Recorder(model, names, state=how.state) as recorder:
        yield Calls(model, recorder, how)


def record_to_parquet(
    model: Any,
    data: Sequences | Split | Iterable[Sequences | Split],
    path: str | Path,
    *,
    layer: str,
    metadata: Mapping[str, Any] | None = None,
    **reading: Any,
) -> None:
    """Record sequences chunk by chunk into one Parquet file; memory holds one row group at a time.

    The header says which columns, from and up to, each of the `parts` of the state is. States are
    kept as float32.

    Args:
        model: as for `record`.
        data: as for `record`, or pieces of it if not even the symbols fit in memory; then give
            `symbols`, the name of each one.
        path: the file, written under a temporary name until it is whole.
        layer: the layer's name.
        metadata: plain values for the file's header.
        **reading: as for `record`.
    """
    pieces = map(_split, [data] if isinstance(data, Sequences | Split) else data)
    first = next(pieces)
    model = network_of(model, first.inputs)
    reading = _with_symbols(model, first, reading)  # the same for all chunks
    plain = reading | {"verify": False}
    probe = record(model, first.select(np.arange(1)), layers=layer, **plain)
    widths = {
        "n_units": probe.states.shape[1],
        "n_classes": probe.outputs.shape[1],
        "n_channels": len(probe.channels),
    }
    parts = (part for piece in chain([first], pieces) for part in _parts(piece, **widths))
    settings = chain([reading], repeat(plain))  # one chunk is verified for all
    traces = (
        record(model, part, layers=layer, **how) for part, how in zip(parts, settings, strict=False)
    )
    columns = _columns(model, layer, widths["n_units"], Reading.of(reading))
    about = {"layer": layer, "parts": columns}
    write_trace(path, traces, metadata={**(metadata or {}), **about})


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


def _with_symbols(model: Any, split: Split, reading: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `Reading` with names for the symbols, numbers unless they are given."""
    symbols = reading.get("symbols")
    if symbols is not None and (names := check_names("symbols", symbols)):
        return reading | {"symbols": names}
    values = split.inputs.values
    if not np.issubdtype(values.dtype, np.integer):
        return reading | {"symbols": ()}
    rows = max(n_symbols_of(model), int(values.max()) + 1)
    return reading | {"symbols": tuple(map(str, range(rows)))}


def _split(data: Sequences | Split) -> Split:
    if isinstance(data, Split):
        return data
    if not isinstance(data, Sequences):
        raise DataError(
            f"expected `Sequences` to record, got {type(data).__name__}; make them with "
            "`Sequences.from_list(arrays)`, or `Sequences.from_strings(strings, symbols)` of text"
        )
    nothing = no_targets(data.n_steps)
    return Split(data, nothing, nothing)


@contextmanager
def _undisturbed(model: nn.Module, seed: int) -> Iterator[None]:
    """Put the model into evaluation mode, and everything back as it was afterwards."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad(), forked_random(model, seed):
            yield
    finally:
        for module, training in modes.items():
            module.training = training


def _batch_size(model: nn.Module, how: Reading) -> int:
    return 1 if scaled_by_content(model) is not None else how.batch_size


def _run(model: nn.Module, calls: Calls | OwnCalls, inputs: Sequences, batch_size: int) -> Recorded:
    """Return states and outputs in the order of the steps."""
    states: dict[str, np.ndarray] = {}
    outputs: np.ndarray | None = None
    batches = list(batches_of_one_length(inputs.lengths, batch_size))
    for indices in batches:
        rows = rows_of(inputs.lengths, indices)
        length = int(inputs.lengths[indices[0]])
        values = inputs.values[rows].reshape(len(indices), length, *inputs.values.shape[1:])
        with explaining(model, values):
            batch = calls.read(values)
        if outputs is None:
            shape = (inputs.n_steps, batch.outputs.shape[2])
            outputs = np.full(shape, np.nan, dtype=np.float32)
        outputs[rows] = batch.outputs.reshape(len(rows), -1)
        for name, part in batch.states.items():
            empty = np.empty((inputs.n_steps, part.shape[2]), dtype=part.dtype)
            states.setdefault(name, empty)[rows] = part.reshape(len(rows), -1)
    assert outputs is not None, "there is at least one sequence"
    return Recorded(inputs, states, outputs, batches, calls.output)


def _trace(name: str, states: np.ndarray, found: Recorded, split: Split, how: Reading) -> Trace:
    _check_finite(name, states, split.inputs)
    return Trace(
        states=states,
        inputs=split.inputs.values,
        outputs=found.outputs,
        targets=split.targets,
        truth=split.truth,
        lengths=split.inputs.lengths,
        symbols=tuple(how.symbols or ()),
        classes=tuple(how.classes or _columns_of(found)),
        channels=split.inputs.channels,
        output=found.output,
    )


def _columns_of(found: Recorded) -> list[str]:
    """Return names for the columns of outputs that were given none."""
    numbers = range(found.outputs.shape[1])
    named = found.output in (Output.DISTRIBUTION, Output.LABELS)
    return [str(number) if named else f"y{number + 1}" for number in numbers]


def _check_finite(name: str, states: np.ndarray, inputs: Sequences) -> None:
    bad = np.flatnonzero(~np.isfinite(states).all(axis=1))
    if bad.size:
        starts = inputs.starts
        sequence = int(np.searchsorted(starts, bad[0], side="right") - 1)
        read = inputs.values[starts[sequence] : bad[0] + 1]
        if read.dtype.kind == "f" and np.isnan(read).any():
            raise DataError(
                f"layer {name}: expected finite activations, got NaN in sequence {sequence}, whose "
                "rows have missing values: the network hands them on; fill them in as it did in "
                "training, in `forward=` or in the rows"
            )
        raise DataError(
            f"layer {name}: expected finite activations, got NaN or infinity first in sequence "
            f"{sequence} at step {bad[0] - starts[sequence]}; train the network again or "
            "check its weights"
        )
