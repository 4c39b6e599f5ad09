"""ONNX models through onnxruntime: watched as they are, and stepped with their state cut open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from onnx import TensorProto

from markovlens.adapters.foreign import Foreign
from markovlens.adapters.halves import Direction
from markovlens.adapters.onnx_branches import without_branches
from markovlens.adapters.onnx_files import check_model, nodes_of, read_model
from markovlens.adapters.onnx_graphs import (
    CARRYING,
    CELLS,
    Slot,
    kind_of,
    lengths_in,
    slots_of,
    sources_of,
)
from markovlens.adapters.onnx_halves import half_of_model, kept_of
from markovlens.adapters.onnx_runs import Ports, ports_of, symbols_of
from markovlens.adapters.onnx_states import Graphs, Steps, Whole
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError
from markovlens.sequences import Sequences


def adapt_onnx(
    model: Any,
    *,
    like: Sequences | None = None,
    input: str | None = None,
    output: str | None = None,
    n_symbols: int | None = None,
    given: Mapping[str, Any] | None = None,
    direction: Direction | None = None,
) -> Foreign:
    """Return an ONNX model as what is watched and, if its recurrence reads forwards, asked.

    The states are those of its nodes RNN, GRU, LSTM, DynamicQuantizeLSTM, Scan and Loop, named by
    kind and number: `lstm0.h` (H,), `lstm0.c`, `scan0.0`.

    Args:
        model: the path of a file, or an `onnx.ModelProto`.
        like: inputs such as it reads.
        input, output: names of the input with the sequences and of the output; the first.
        n_symbols: of a model that reads symbols, where its graph does not show it.
        given: what is put into other inputs, for one sequence. Lengths are full, and states zero,
            if not given; others must be.
        direction: as of `torch_modules.adapt_module`.

    Raises:
        ConfigError: no such direction.
        DataError: it is damaged, hostile, not to be run by onnxruntime, or shows no state.
    """
    name = str(model) if isinstance(model, Path) else "the ONNX model"
    if isinstance(model, Path):
        model = read_model(model)
    else:
        check_model(model, name)
    weights = [model.SerializeToString(deterministic=True), input, output, n_symbols, given]
    ports = ports_of(name, model, given or {}, input)
    model, hidden = without_branches(name, model, ports)
    if not slots_of(model.graph):
        raise _stateless(name, "; ".join(hidden) or _kinds(model))
    reads = _reads(name, model, ports, like, n_symbols)
    limits = [*hidden, *_filled(name, model, ports)]
    whole, half = _whole(name, model, ports, output, reads), ""
    if direction is not None:
        model, half = half_of_model(whole, direction, like), f"{direction} half of "
        parted = _whole(name, model, ports, output, reads)
        limits.insert(0, kept_of(whole, parted, direction, like))
        whole, weights = parted, [*weights, model.SerializeToString(deterministic=True)]
    limits += _rounded(model, whole.graphs.slots)
    kinds = ", ".join(dict.fromkeys(whole.graphs.node(slot).op_type for slot in whole.graphs.slots))
    about, alone = f"{half}{kinds} in {name}", whole.batch is not None
    try:
        network: Whole | Steps = Steps(whole)
    except DataError as error:
        return Foreign(about, whole.reads, whole, (*limits, str(error)), alone, weights=weights)
    return Foreign(about, whole.reads, network, tuple(limits), alone, weights=weights)


def _whole(name: str, model: Any, ports: Ports, output: str | None, reads: Reads) -> Whole:
    slots = tuple(slots_of(model.graph))
    return Whole.of(Graphs(name, model, slots), ports, output or "", reads)


def look_through(path: Path) -> None:
    """Raise `DataError` for a file that is no ONNX model, or one without anything recurrent.

    Nothing of it is run.
    """
    model = read_model(path)
    if not any(node.op_type in CELLS or node.op_type in CARRYING for node in nodes_of(model.graph)):
        raise _stateless(str(path), _kinds(model))


def _stateless(name: str, got: str) -> DataError:
    return DataError(
        f"{name}: expected a node of RNN, GRU, LSTM, Scan or Loop, whose state can be seen, got "
        f"{got}; an export that unrolls time hides it: from torch export with dynamo=False, of "
        "Keras give the `.keras` file (its own export of free time reads one step, keras 3.15.1)",
        page="not-adaptable",
    )


def _kinds(model: Any) -> str:
    return ", ".join(sorted({node.op_type for node in model.graph.node})[:8])


def _filled(name: str, model: Any, ports: Ports) -> tuple[str, ...]:
    """Return what is put into inputs that nobody gave anything for, in words.

    Raises:
        DataError: one of them is neither a first state nor lengths.
    """
    begun = [slot.initial for slot in slots_of(model.graph)]
    states = sources_of(model.graph, begun)
    lengths = sources_of(model.graph, lengths_in(model.graph))
    said = []
    for port in ports.others:
        if port.name in ports.given:
            continue
        if port.name not in states | lengths:
            raise DataError(
                f"{name}: it reads {port.name!r} beside the sequences, {port.shape} (None: any), "
                f"and nobody can know what; give it, given={{{port.name!r}: ...}}",
                page="graph-inputs",
            )
        full = "the number of steps" if port.name in lengths else "zeros"
        said.append(f"its input {port.name!r} is filled with {full}")
    return tuple(said)


def _rounded(model: Any, slots: Sequence[Slot]) -> tuple[str, ...]:
    """Return what becomes of the numbers of a model that is not in single precision, in words."""
    said = []
    if any(node.op_type.startswith("DynamicQuantize") for node in nodes_of(model.graph)):
        said.append("it is quantised as it runs, by the range of all numbers of a batch")
    cells = [model.graph.node[slot.node] for slot in slots]
    if any(kind_of(model, each) == TensorProto.FLOAT16 for each in cells if each.op_type in CELLS):
        said.append(
            "onnxruntime computes its float16 cells in float32: between steps, and in no run, the "
            "state is rounded to float16"
        )
    return tuple(said)


def _reads(
    name: str, model: Any, ports: Ports, like: Sequences | None, n_symbols: int | None
) -> Reads:
    """Return what a graph reads, by what was said, by its own shapes, or by what is like it."""
    port = ports.sequences
    if port.holds_symbols:
        known = n_symbols or symbols_of(model, port.name)
        if known:
            return Reads(n_symbols=known)
    elif None not in port.shape[2:]:
        return Reads(shape=tuple(size or 0 for size in port.shape[2:]))
    if like is None:
        raise DataError(
            f"{name}: its graph does not say what it reads in {port.name!r}; give `like`, "
            "sequences such as it reads, or `n_symbols`",
            page="like-missing",
        )
    return Reads.like(like)
