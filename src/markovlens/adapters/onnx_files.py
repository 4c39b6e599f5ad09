"""ONNX files from anywhere: looked through, and refused in words before anything of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError

from markovlens.errors import DataError, reason_of

DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")  # whose operators onnxruntime brings along
LARGEST = 2**31  # numbers in one tensor, beyond which no file is believed


def read_model(path: Path) -> Any:
    """Return the model of a file, with its weights, wherever in its folder they lie.

    Raises:
        DataError: it is damaged, asks for operators that are not onnxruntime's own, for data
            outside its folder, or for more numbers than it holds.
    """
    model = _opened(path)
    if not model.graph.node or not model.graph.output:
        raise DataError(
            f"{path}: expected an ONNX model, got a file without nodes or outputs",
            page="damaged-file",
        )
    for tensor in tensors_of(model.graph):
        _check_external(path, tensor)
    try:
        onnx.load_external_data_for_model(model, str(path.parent))
    except (OSError, ValueError, onnx.checker.ValidationError) as error:
        raise DataError(
            f"{path}: its weights cannot be read ({reason_of(error)})", page="damaged-file"
        ) from error
    check_model(model, str(path))
    return model


def _opened(path: Path) -> Any:
    """Return the model of a file without the weights that lie beside it."""
    try:
        return onnx.load(path, load_external_data=False)
    except (DecodeError, OSError, ValueError) as error:
        raise DataError(
            f"{path}: expected an ONNX model, cannot read one ({reason_of(error)})",
            page="damaged-file",
        ) from error


def files_beside(path: Path) -> list[Path]:
    """Return the files beside a model in which weights of it lie; raises as `read_model` does."""
    tensors = list(tensors_of(_opened(path).graph))
    for tensor in tensors:
        _check_external(path, tensor)
    return sorted({path.parent / _location(each) for each in tensors if _is_external(each)})


def check_model(model: Any, name: str) -> None:
    """Raise `DataError` for a model that no honest export makes, or that cannot be run here."""
    for node in nodes_of(model.graph):
        if node.domain not in DOMAINS:
            raise DataError(
                f"{name}: expected operators of onnxruntime, got {node.domain}.{node.op_type}, "
                "which somebody's own code brings; export it without",
                page="refused-file",
            )
    for tensor in tensors_of(model.graph):
        size = prod(tensor.dims)
        if min(tensor.dims, default=1) < 0 or size > LARGEST:
            raise DataError(
                f"{name}: the tensor {tensor.name!r} claims the shape {tuple(tensor.dims)}, more "
                "than any network here; is the file whole?",
                page="refused-file",
            )
    _check_filled(model, name)
    try:
        onnx.checker.check_model(model)
    except (onnx.checker.ValidationError, ValueError) as error:
        raise DataError(
            f"{name}: is no valid ONNX model ({reason_of(error)})", page="damaged-file"
        ) from error


def nodes_of(graph: Any) -> Iterator[Any]:
    """Yield the nodes of a graph, and of the graphs inside them."""
    for node in graph.node:
        yield node
        for inner in graphs_in(node):
            yield from nodes_of(inner)


def tensors_of(graph: Any) -> Iterator[Any]:
    """Yield the tensors that a graph holds: weights and constants, of the graphs inside it too."""
    yield from graph.initializer
    for node in nodes_of(graph):
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                yield attribute.t
            yield from attribute.tensors
        for inner in graphs_in(node):
            yield from inner.initializer


def graphs_in(node: Any) -> Iterator[Any]:
    """Yield the graphs in a node's attributes: bodies of loops, branches."""
    for attribute in node.attribute:
        if attribute.type == onnx.AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs


def _is_external(tensor: Any) -> bool:
    return bool(tensor.data_location == onnx.TensorProto.EXTERNAL)


def _location(tensor: Any) -> str:
    """Return where the data of a tensor lie, as its file has it; empty where it does not say."""
    return {each.key: each.value for each in tensor.external_data}.get("location", "")


def _check_external(path: Path, tensor: Any) -> None:
    """Raise `DataError` unless a tensor's data lie in the file, or beside it in a plain file."""
    if not _is_external(tensor):
        return
    location, folder = _location(tensor), path.resolve().parent
    found = (folder / location).resolve()
    if not location or not found.is_relative_to(folder) or not found.is_file():
        raise DataError(
            f"{path}: expected its weights in files beside it, {tensor.name!r} asks for "
            f"{location!r}; give the folder as it was exported",
            page="refused-file",
        )


def _check_filled(model: Any, name: str) -> None:
    """Raise `DataError` if a graph fills or repeats a tensor to a size that no network here has."""
    known = {each.name: each for each in model.graph.initializer}
    known |= {
        node.output[0]: attribute.t
        for node in nodes_of(model.graph)
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.type == onnx.AttributeProto.TENSOR
    }
    for node in nodes_of(model.graph):
        place = {"ConstantOfShape": 0, "Expand": 1, "Tile": 1}.get(node.op_type)
        wanted = None if place is None else known.get(node.input[place])
        if wanted is not None and prod(map(int, onnx.numpy_helper.to_array(wanted))) > LARGEST:
            raise DataError(
                f"{name}: {node.op_type} makes a tensor of more than {LARGEST} numbers; is the "
                "file what its name says?",
                page="refused-file",
            )
