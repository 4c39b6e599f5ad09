"""TorchScript: modules and files, of which nothing runs that is no arithmetic."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from markovlens.adapters.archives import check_archive
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.halves import Direction, half_of_graph
from markovlens.adapters.precision import in_type, reference_of
from markovlens.adapters.reads import Reads
from markovlens.adapters.script_graphs import Graph
from markovlens.adapters.torch_seams import CELLS, STACKS
from markovlens.adapters.torch_steps import foreign_of
from markovlens.errors import DataError, reason_of
from markovlens.sequences import Sequences

# What reads, writes or runs something else than numbers; and operators that are nobody's we know.
FORBIDDEN = re.compile(
    r"\b(?:torch|aten)(?:\.|::)(?:save|load|from_file|_save|_load|manual_seed|import)\b"
    r"|\bops(?:\.)(?!prim\b|quantized\b|aten\b)\w+"
)
NAMESPACES = ("aten", "prim", "quantized")


def adapt_script(
    model: Any,
    *,
    like: Sequences | None = None,
    n_symbols: int | None = None,
    direction: Direction | None = None,
) -> Foreign:
    """Return a module of TorchScript, or that in a file, as what is asked step by step.

    Parts of the state are named by operator and number: `lstm0.h`, (L, H) of L layers, (H,) of a
    cell.

    Args:
        model: the module, or the path of what `torch.jit.save` wrote.
        like: inputs such as it reads; symbols of its embedding, or rows of its first recurrent
            operator, when None.
        n_symbols: of a network that reads symbols, where that is not seen.
        direction: as of `torch_modules.adapt_module`.

    Raises:
        DataError: it is damaged, holds weights alone, would do more than compute, or has no
            recurrent operator that is called once a step or once over all steps; or there are no
            two directions, or they cannot be parted.
    """
    name = str(model) if isinstance(model, Path) else type(model).__name__
    if isinstance(model, Path):
        model = _load(model)
    if not hasattr(model, "inlined_graph"):  # torch 2.13 gives a scripted nn.GRU two, and no name
        raise DataError(
            f"{name}: has no `forward` that can be called; script a module around it",
            page="not-adaptable",
        )
    model = model.eval()
    graph = model.inlined_graph
    for node in nodes_of(graph):
        _check_node(name, node)
    kinds = {node.kind().partition("::")[2] for node in nodes_of(graph)}
    found = ", ".join(sorted(kinds & (STACKS | CELLS).keys())) or "a graph"
    reads = _reads(name, model, like, n_symbols)
    dtype = reference_of(model).dtype
    half = f"{direction} half of " if direction else ""
    made = foreign_of(
        f"{half}{found} of TorchScript in {name}",
        reads,
        Graph(model, graph, dtype),
        lambda inputs: model(in_type(inputs, dtype)),
        part=None if direction is None else partial(half_of_graph, direction=direction, like=like),
    )
    return made if direction else replace(made, weights=model)  # of a half `like` counts, too


def nodes_of(block: Any) -> Iterator[Any]:
    """Yield the nodes of a block, and of the blocks inside them."""
    for node in block.nodes():
        yield node
        for inner in node.blocks():
            yield from nodes_of(inner)


def _load(path: Path) -> Any:
    """Return the module in a file; raises `DataError` before anything suspicious in it is run."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_archive(path, archive)
            code = [each for each in archive.namelist() if "/code/" in each]
            texts = [archive.read(each).decode() for each in code if each.endswith(".py")]
    except DataError:
        raise
    except (zipfile.BadZipFile, UnicodeDecodeError, OSError) as error:
        raise DataError(
            f"{path}: expected TorchScript ({reason_of(error)})", page="damaged-file"
        ) from error
    if not texts:
        raise DataError(
            f"{path}: expected TorchScript, got a file without code, perhaps weights alone; build "
            "the module, give it the weights (`load_state_dict`; of a checkpoint what is below "
            '"state_dict") and record that',
            page="weights-do-not-fit",
        )
    for text in texts:
        if found := FORBIDDEN.search(text):
            raise DataError(
                f"{path}: refused, since it would call {found[0]}, which is no arithmetic",
                page="refused-file",
            )
    try:
        with warnings.catch_warnings():
            # torch 2.13 says at every load that TorchScript is deprecated; no file can mend that.
            warnings.filterwarnings("ignore", r".*torch\.jit", DeprecationWarning)
            return torch.jit.load(str(path), map_location="cpu")
    except Exception as error:  # whatever the loader says of a damaged archive
        raise DataError(
            f"{path}: expected TorchScript, cannot load it ({reason_of(error)})",
            page="damaged-file",
        ) from error


def _check_node(name: str, node: Any) -> None:
    namespace, _, called = node.kind().partition("::")
    own = namespace not in NAMESPACES or called == "PythonOp"
    if own or FORBIDDEN.search(f"torch.{called}"):
        raise DataError(
            f"{name}: refused, since it would call {node.kind()}, which is no arithmetic",
            page="refused-file",
        )


def _reads(name: str, model: Any, like: Sequences | None, n_symbols: int | None) -> Reads:
    """Return what it reads: what is said, its embedding's rows, what is like it, its weights'."""
    tables = [len(each.weight) for each in model.modules() if each.original_name == "Embedding"]
    if n_symbols or tables:
        return Reads.embedded([n_symbols] if n_symbols else tables, like)
    if like is not None:
        return Reads.like(like)
    widths = [
        weight.shape[1]
        for key, weight in model.named_parameters()
        if re.search(r"(^|\.)weight_ih(_l0)?$", key)
    ]
    if not widths:
        raise DataError(
            f"{name}: does not show what it reads; give `like`, sequences such as that",
            page="like-missing",
        )
    return Reads(shape=(int(widths[0]),))
