"""HMMs and machines of what does not fit in memory: Parquet files, one row group at a time.

The memory that is needed is that of a few row groups (about 64 MiB each, see `activations.store`),
whatever the number of steps; the time is linear in it.

With `GaussianHMM(6, "full", device="cuda", dtype="float32")` the full passes of the fit run on a
GPU: data of up to half of its free memory are read and sent once and stay there, larger ones are
read and sent again for each pass. The search for a start, stepwise EM, decoding and scoring stay on
the processor. Many sequences of some hundred steps suit a GPU; few long ones do not. It gives what
the processor gives, to 1e-5 with float32 and 1e-10 with float64. That is tested on torch's own
processor device only: nobody has run it on a GPU yet, so there is no figure of what it gains.
`benchmarks/hmm_device.py` measures it.

Of networks that read rows, `code_file` writes the file anew with codes in place of rows, which all
of the below may read with `inputs=True`; and `run_file` runs a machine on the inputs alone.

    from markovlens.abstractions.streaming import decode_file, embed_file, reader, score_file
    from markovlens.activations.recorder import record_to_parquet
    from markovlens.activations.store import iter_traces
    from markovlens.embedding.pod import pod
    from markovlens.hmm import GaussianHMM, fit_batches

    record_to_parquet(network, sequences, "recorded.parquet", layer="rnn.l0")
    basis = pod((trace.states for trace in iter_traces("recorded.parquet")), n_components=8)
    embed_file("recorded.parquet", "coordinates.parquet", basis)
    model = GaussianHMM(6, "full")
    fit_batches(model, reader("coordinates.parquet"), rng=np.random.default_rng(0), restarts=10)
    decode_file(model, "coordinates.parquet", "decoded.parquet")
    score_file(model, "held_out.parquet").sum()  # nats; embedded as the others
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from markovlens.abstractions.coded import coded
from markovlens.activations.store import iter_traces, trace_metadata, write_trace
from markovlens.codebooks.base import Codebook
from markovlens.embedding.pod import POD, embed
from markovlens.files.whole import write_parquet
from markovlens.hmm import GaussianHMM
from markovlens.hmm.streaming import Batch
from markovlens.machines.machine import STATE, Machine
from markovlens.sequences import steps_of
from markovlens.tables.fits import STREAMED
from markovlens.trace import NAMES, Trace


def reader(path: str | Path, *, inputs: bool = False) -> Callable[[], Iterator[Batch]]:
    """Return what `hmm.fit_batches` reads a recorded file with, anew at each call.

    Args:
        path: written by `record_to_parquet` or `embed_file`.
        inputs: whether the symbols read go with the states, for `transitions="input"`.
    """
    return lambda: (_batch(trace, inputs) for trace in iter_traces(path))


def embed_file(path: str | Path, target: str | Path, basis: POD) -> None:
    """Write a recorded file anew, its states replaced by their POD coordinates (N, M)."""
    known = trace_metadata(path)
    plain = {key: known[key] for key in known if key not in NAMES}
    write_trace(target, (embed(trace, basis) for trace in iter_traces(path)), metadata=plain)


def score_file(
    model: GaussianHMM, path: str | Path, *, inputs: bool = False
) -> NDArray[np.float64]:
    """Return the log-likelihood (S,) of each sequence of a file, nats."""
    return np.concatenate(
        [model.score_sequences(*batch) for batch in reader(path, inputs=inputs)()]
    )


def decode_file(
    model: GaussianHMM, path: str | Path, target: str | Path, *, inputs: bool = False
) -> None:
    """Write the most likely state of each step of a file: columns sequence, step, state."""
    write_parquet(target, _decoded(model, path, inputs=inputs))


def code_file(path: str | Path, target: str | Path, codebook: Codebook) -> None:
    """Write a recorded file anew, its rows replaced by their codes, symbols with rules as names.

    Raises:
        DataError: the file holds other channels than the codebook's.
    """
    known = trace_metadata(path)
    plain = {key: known[key] for key in known if key not in NAMES}
    write_trace(target, (coded(trace, codebook) for trace in iter_traces(path)), metadata=plain)


def run_file(machine: Machine, path: str | Path, target: str | Path) -> None:
    """Write the likeliest state of a machine, run on inputs alone, at each step of a file.

    Columns sequence, step, state; activations are not looked at.
    """
    write_parquet(target, _states(path, lambda trace: _run(machine, trace)))


def _run(machine: Machine, trace: Trace) -> np.ndarray:
    if machine.carries == STATE:
        return machine.walk(trace.sequences)
    return machine.run(trace.sequences).argmax(axis=1)


def _decoded(model: GaussianHMM, path: str | Path, *, inputs: bool) -> Iterator[pa.Table]:
    """Yield the most likely states of a file's activations."""

    def decode(trace: Trace) -> np.ndarray:
        X, lengths, *symbols = _batch(trace, inputs)
        return np.asarray(model.predict(X, lengths, *symbols))

    return _states(path, decode)


def _states(path: str | Path, read: Callable[[Trace], np.ndarray]) -> Iterator[pa.Table]:
    """Yield the states (N,) of each chunk of a file as a table, sequences counted through."""
    schema, first = STREAMED.schema(STREAMED.names), 0
    for trace in iter_traces(path):
        sequence = first + np.repeat(np.arange(len(trace)), trace.lengths)
        columns = [sequence, steps_of(trace.lengths), read(trace)]
        arrays = [pa.array(column, pa.int32()) for column in columns]
        yield pa.Table.from_arrays(arrays, schema=schema)
        first += len(trace)


def _batch(trace: Trace, inputs: bool) -> Batch:
    return (trace.states, trace.lengths, *([trace.inputs] if inputs else []))
