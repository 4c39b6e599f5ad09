"""Programs of `torch.export`: objects and .pt2 files, run node by node with torch's operators.

An export fixes the length of the sequences that a recurrent operator reads (torch 2.13): asked for
a free one, it refuses. A single step is another length, and mostly goes through all the same.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, fx

from markovlens.adapters.archives import check_archive
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.precision import in_type
from markovlens.adapters.reads import Reads
from markovlens.adapters.torch_seams import CELLS, STACKS, Seams
from markovlens.adapters.torch_steps import foreign_of
from markovlens.errors import DataError, reason_of
from markovlens.sequences import Sequences

GUARDS = "_guards_fn"  # a module that an exported one calls to refuse other sizes
# What may be called: operators on tensors, sums of sizes. Others are looked up by name anywhere in
# torch when a file is loaded, and expressions of sizes are evaluated as Python.
TARGET = re.compile(
    r"torch\.ops\.(aten|prim|quantized|quantized_decomposed)\.\w+(\.\w+)?|_operator\.\w+"
)
SIZE = r"Symbol\('[su]\d+'(?:, \w+=(?:True|False))*\)|Integer\(-?\d+\)|[su]\d+|\d+"
EXPRESSION = re.compile(rf"(?:{SIZE}|Add|Mul|Max|Min|[-+*(), ]){{1,100}}")


def adapt_exported(
    model: Any, *, like: Sequences | None = None, n_symbols: int | None = None
) -> Foreign:
    """Return an exported program, or that in a .pt2 file, as what is asked step by step.

    Parts of the state are named by operator and number, as those of TorchScript.

    Args:
        model: an `ExportedProgram`, the module it gives, or the path of what `torch.export.save`
            wrote.
        like: inputs such as it reads; made from its own example of inputs when None.
        n_symbols: of a network that reads symbols, where that is not seen.

    Raises:
        DataError: it is damaged or suspicious, or has no recurrent operator.
    """
    name = str(model) if isinstance(model, Path) else type(model).__name__
    if isinstance(model, Path):
        model = _load(model)
    module = model if isinstance(model, fx.GraphModule) else _module(model, name)
    kinds = {_operator(node.target) for node in module.graph.nodes if node.op == "call_function"}
    found = ", ".join(sorted(kinds & (STACKS | CELLS).keys())) or "a graph"
    about = f"{found} of torch.export in {name}"
    reads, batch = _reads(name, module, like, n_symbols), _fixed(module, 0)
    dtype = _ports(module)[0].meta["val"].dtype

    def own(inputs: Tensor) -> Any:
        return module(in_type(inputs, dtype))

    made = foreign_of(about, reads, _Program(module), own, batch=batch)
    return replace(made, weights=module)


def _module(model: Any, name: str) -> Any:
    if not isinstance(model, torch.export.ExportedProgram):
        raise DataError(
            f"{name}: expected the program itself, got what was made of it; give the "
            "`ExportedProgram`",
            page="not-adaptable",
        )
    return model.module()


class _Program(fx.Interpreter):
    """The graph of a program, run node by node; what refuses other sizes is left out."""

    def __call__(self, inputs: Tensor, seams: Seams) -> Any:
        """Return what the program returns for inputs (B, T, ...)."""
        self._seams = seams
        inputs = in_type(inputs, _ports(self.module)[0].meta["val"].dtype)
        return self.run(inputs, enable_io_processing=False)

    def run_node(self, n: fx.Node) -> Any:
        """Return what a node gives."""
        if n.op == "call_module" and n.target == GUARDS:
            return None
        if n.op == "call_function" and _operator(n.target) in STACKS | CELLS:
            args, kwargs = self.fetch_args_kwargs_from_env(n)
            assert not kwargs, "torch's recurrent operators have none"
            return self._seams.call(n, _operator(n.target), n.target, args)  # type: ignore[arg-type]
        return super().run_node(n)


def _operator(target: Any) -> str:
    """Return the name of an operator of torch's, without its overload."""
    return str(target).removeprefix("aten.").partition(".")[0]


def _reads(name: str, module: Any, like: Sequences | None, n_symbols: int | None) -> Reads:
    ports = _ports(module)
    if len(ports) != 1 or not isinstance(ports[0].meta.get("val"), Tensor):
        raise DataError(
            f"{name}: expected one input (B, T, ...), got {len(ports)}", page="graph-inputs"
        )
    example, steps = ports[0].meta["val"], _fixed(module, 1)
    found = n_symbols or _rows_of_table(module, ports[0])
    if found:
        return replace(Reads.embedded([found], like), n_steps=steps)
    if like is not None:
        return replace(Reads.like(like), n_steps=steps)
    if example.is_floating_point():
        return Reads(shape=tuple(map(int, example.shape[2:])), n_steps=steps)
    raise DataError(
        f"{name}: does not say how many symbols it reads; give `n_symbols`", page="like-missing"
    )


def _ports(module: Any) -> list[fx.Node]:
    return [node for node in module.graph.nodes if node.op == "placeholder"]


def _fixed(module: Any, axis: int) -> int | None:
    """Return the only size that an axis of its input may have; None where it is free."""
    size = _ports(module)[0].meta["val"].shape[axis]
    return size if isinstance(size, int) else None


def _rows_of_table(module: Any, port: fx.Node) -> int | None:
    for node in port.users:
        if _operator(node.target) == "embedding" and isinstance(node.args[0], fx.Node):
            table = node.args[0].meta.get("val")
            return int(table.shape[0]) if table is not None else None
    return None


def _load(path: Path) -> Any:
    """Return the program in a file; raises `DataError` before anything suspicious in it is run."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check(path, archive)
    except (zipfile.BadZipFile, ValueError, KeyError, OSError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{path}: expected a program of torch.export ({reason_of(error)})", page="damaged-file"
        ) from error
    try:
        return torch.export.load(path)
    except Exception as error:  # whatever the loader says of a damaged archive
        raise DataError(
            f"{path}: cannot be loaded by torch.export ({reason_of(error)})", page="damaged-file"
        ) from error


def _check(path: Path, archive: zipfile.ZipFile) -> None:
    """Raise `DataError` for an archive that would run more than operators on tensors."""
    check_archive(path, archive)
    names = archive.namelist()
    models = [name for name in names if re.search(r"/models/[^/]+\.json$", name)]
    if not models:
        raise DataError(
            f"{path}: expected a program of torch.export, got an archive without one",
            page="damaged-file",
        )
    for name in names:
        if name.endswith((".so", ".o", ".cpp")) or "aotinductor" in name:
            raise DataError(
                f"{path}: refused, since it holds compiled code ({name})", page="refused-file"
            )
        if name.endswith("_config.json"):
            _check_payloads(path, json.loads(archive.read(name)))
        if "/sample_inputs/" in name:
            _check_plain(path, archive.read(name))
    for name in models:
        for key, value in _pairs(json.loads(archive.read(name))):
            _check_pair(path, key, value)


def _check_payloads(path: Path, config: Any) -> None:
    for key, value in _pairs(config):
        foreign = key == "use_pickle" and value
        if foreign or (key == "path_name" and str(value).startswith(("opaque", "custom_obj"))):
            raise DataError(
                f"{path}: refused, since it holds pickled objects beside tensors",
                page="refused-file",
            )


def _check_plain(path: Path, data: bytes) -> None:
    """Raise `DataError` unless what was pickled holds nothing but tensors and plain values."""
    try:
        torch.load(BytesIO(data), weights_only=True)
    except Exception as error:
        raise DataError(
            f"{path}: refused, since its sample inputs are pickled objects", page="refused-file"
        ) from error


def _check_pair(path: Path, key: str, value: Any) -> None:
    if key == "target" and not TARGET.fullmatch(str(value)):
        raise DataError(
            f"{path}: refused, since it would call {value}, which is no operator",
            page="refused-file",
        )
    if key == "expr_str" and not (EXPRESSION.fullmatch(str(value)) and "**" not in str(value)):
        raise DataError(
            f"{path}: refused, since a size in it is {value!r}, no sum of sizes",
            page="refused-file",
        )


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield all pairs of keys and plain values in what JSON holds."""
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, str | bool):
                yield key, each
            yield from _pairs(each)
    elif isinstance(value, list):
        for each in value:
            yield from _pairs(each)
