"""One run of a network over sequences, its layers watched, and what comes of it checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from markovlens.activations.broadcasting import warn_if_spread
from markovlens.activations.calling import Calls
from markovlens.activations.isolation import forked_random
from markovlens.activations.mismatch import warn_of_silence
from markovlens.activations.origin import with_origin
from markovlens.activations.own import OwnCalls, modules_of, n_symbols_of
from markovlens.activations.reading import Reading
from markovlens.activations.reruns import Recorded, Reruns
from markovlens.activations.verification import plan, verify
from markovlens.activations.watching import Recorder
from markovlens.adapters.contract import Stepwise
from markovlens.adapters.failures import FAILURES, explaining
from markovlens.arrays import check_names
from markovlens.errors import DataError, reason_of
from markovlens.listed import are_codes, check_coded
from markovlens.outputs import Output
from markovlens.recurrence.kinds import scaled_by_content
from markovlens.recurrence.layers import recurrent_layers
from markovlens.sequences import Sequences, batches_of_one_length, rows_of
from markovlens.tasks.base import Split
from markovlens.trace import Trace

Layers = None | str | int | list[str | int]


def recorded(
    model: nn.Module | Stepwise,
    split: Split,
    layers: Layers,
    reading: dict[str, Any],
) -> dict[str, Trace]:
    """Return the traces of a network's layers by name; arguments as of `recorder.record`."""
    module = modules_of(model)
    how = Reading.of(with_symbols(model, split, reading))
    with _undisturbed(module, how.seed), _calls(model, layers, how) as calls:
        try:
            found = _run(module, calls, split.inputs, _batch_size(module, how))
            traces = {
                name: _trace(name, part, found, split, how) for name, part in found.states.items()
            }
            _check_answers(module, found.outputs)
            warn_of_silence(found.outputs, split)
            if how.verify and scaled_by_content(module) is None:  # they are no function of a prefix
                chosen, longest = plan(split.inputs.lengths)
                verify(Reruns(calls, found, longest=longest), chosen)
            if how.verify:
                _check_named(model, calls, split.inputs, tuple(how.symbols or ()))
                warn_if_spread(module, calls, _batch(split.inputs, found.batches[0]))
        finally:
            calls.snapshot.restore()
    return with_origin(traces, model, reading)


@contextmanager
def _calls(model: nn.Module | Stepwise, layers: Layers, how: Reading) -> Iterator[Calls | OwnCalls]:
    """Yield the calls of a network: by its own two functions, or with its layers watched."""
    names = names_of(model, layers)
    if isinstance(model, Stepwise):
        yield OwnCalls(model, names, how)
        return
    with Recorder(model, names, state=how.state) as recorder:
        yield Calls(model, recorder, how)


def names_of(model: nn.Module | Stepwise, layers: Layers) -> list[str] | None:
    """Return layers by name, those that were given by number too; None for the usual one.

    Raises:
        DataError: a number beyond the layers there are, or none of these.
    """
    if layers is None:
        return None
    asked = [layers] if isinstance(layers, str | int | np.integer) else layers
    if not isinstance(asked, list | tuple) or not asked:
        raise DataError(
            f"layers: expected a name, a number or a list of some, got {layers!r}; leave it out "
            "for the last recurrent layer",
            page="unknown-layer",
        )
    if all(isinstance(each, str) for each in asked):
        return [str(each) for each in asked]
    known = list(model.initial(1) if isinstance(model, Stepwise) else recurrent_layers(model))
    numbers = [each for each in asked if isinstance(each, int | np.integer)]
    missing = [each for each in numbers if isinstance(each, bool) or each not in _numbers(known)]
    if missing:
        raise DataError(
            f"layers: expected numbers from {-len(known)} to {len(known) - 1}, got {missing[0]}; "
            f"the network has {', '.join(known) or 'none'}",
            page="unknown-layer",
        )
    return [known[each] if isinstance(each, int | np.integer) else each for each in asked]


def _numbers(known: list[str]) -> range:
    return range(-len(known), len(known))


def with_symbols(model: Any, split: Split, reading: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `Reading` with names for the symbols, numbers unless they are given."""
    symbols = reading.get("symbols")
    if symbols is not None and (names := check_names("symbols", symbols)):
        _check_symbols(split.inputs, names)
        return reading | {"symbols": names}
    values = split.inputs.values
    if not np.issubdtype(values.dtype, np.integer):
        return reading | {"symbols": ()}
    rows = max(n_symbols_of(model), int(values.max()) + 1)
    return reading | {"symbols": tuple(map(str, range(rows)))}


def _check_symbols(inputs: Sequences, names: Sequence[str]) -> None:
    """Raise `DataError` for names of symbols beside rows, of which none is a symbol."""
    if inputs.values.ndim == 1 and not are_codes(inputs.values, len(names)):
        check_coded("inputs", inputs, names)
    if not inputs.are_symbols:
        raise DataError(
            f"symbols: expected names beside sequences of symbols, got rows of "
            f"{', '.join(map(str, inputs.channels))}; leave them out (columns are named by "
            "`Sequences.from_list(arrays, channels)`), or give codes as whole numbers",
            page="wrong-kind",
        )


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


def _check_named(
    model: Any, calls: Calls | OwnCalls, inputs: Sequences, names: Sequence[str]
) -> None:
    """Raise `DataError` for more names than a network reads symbols: it fails on the last one.

    Data that lack that one do not show it, and whoever asks the network would.
    """
    last = len(names) - 1
    if inputs.values.dtype.kind not in "iu" or inputs.values.max() >= last:
        return
    known = next(iter(inputs.select(np.array([inputs.lengths.argmin()])))).astype(np.int64)
    changed = np.append(known[:-1], last)
    failure = _failure(calls, changed)
    if failure is None or _failure(calls, known) is not None:  # it takes no sequence alone
        return
    rows = n_symbols_of(model)
    wanted = f"{rows} names, as its embedding has rows" if rows else "a name for each it reads"
    raise DataError(
        f"symbols: expected {wanted}, got {len(names)}: the network fails on code {last}, "
        f"{names[last]!r} ({reason_of(failure)}); leave out what it was not trained with",
        page="unknown-symbol",
    ) from failure


def _failure(calls: Calls | OwnCalls, symbols: np.ndarray) -> Exception | None:
    """Return what a network raises on one sequence; nothing of what an adapter has not met yet."""
    try:
        calls.read(symbols[None])
    except DataError:
        return None
    except FAILURES as error:
        return error
    return None


def _batch_size(model: nn.Module, how: Reading) -> int:
    return 1 if scaled_by_content(model) is not None else how.batch_size


def _run(model: nn.Module, calls: Calls | OwnCalls, inputs: Sequences, batch_size: int) -> Recorded:
    """Return states and outputs in the order of the steps."""
    states: dict[str, np.ndarray] = {}
    outputs: np.ndarray | None = None
    batches = list(batches_of_one_length(inputs.lengths, batch_size))
    for indices in batches:
        rows = rows_of(inputs.lengths, indices)
        values = _batch(inputs, indices)
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


def _batch(inputs: Sequences, indices: np.ndarray) -> np.ndarray:
    """Return sequences of one length (B, T, ...)."""
    rows = rows_of(inputs.lengths, indices)
    return inputs.values[rows].reshape(len(indices), -1, *inputs.values.shape[1:])


def _check_answers(model: nn.Module, outputs: np.ndarray) -> None:
    """Raise `DataError` where a network never answers and weights of it are no numbers."""
    if not np.isnan(outputs).all():
        return
    weights = [*model.named_parameters(), *model.named_buffers()]
    broken = [name for name, each in weights if not bool(torch.isfinite(each).all())]
    if broken:
        raise DataError(
            f"outputs: expected numbers, got NaN at every step: {broken[0]} of the network holds "
            "NaN or infinity; load its weights again, or train it anew",
            page="network-gives-nan",
        )


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
                "training, in `forward=` or in the rows",
                page="network-gives-nan",
            )
        raise DataError(
            f"layer {name}: expected finite activations, got NaN or infinity first in sequence "
            f"{sequence} at step {bad[0] - starts[sequence]}; train the network again or "
            "check its weights",
            page="network-gives-nan",
        )
