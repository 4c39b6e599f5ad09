"""Digests: 64 hexadecimal digits that are others as soon as a weight or a datum is another.

They are SHA-256 of names, types, shapes and bytes, in an order that does not depend on the machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from torch import nn
from torch.export import ExportedProgram

from markovlens.abstractions.base import Fitted
from markovlens.abstractions.study import Study
from markovlens.adapters.contract import Stepwise
from markovlens.adapters.registry import files_beside
from markovlens.channels import channels_to_plain
from markovlens.errors import DataError
from markovlens.files.whole import sha256
from markovlens.machines.machine import Machine
from markovlens.machines.storage import machine_to_dict
from markovlens.records.decoders import made_of
from markovlens.records.networks import Around, Aside, after_reading, places_of
from markovlens.sequences import Sequences
from markovlens.trace import COLUMNS, Trace

ALIKE = (8, 16)  # sequences and steps that a network which shows no weights reads at least


def digest(value: Any) -> str:
    """Return the digest of a network, machine, recording, or plain values.

    A torch network is its parameters, buffers and settings, and the code of its classes, less what
    it writes as it reads; the `Path` of a file is what is in it; a network of another framework
    that shows no weights is its states and answers on a fixed input with every symbol.

    Raises:
        DataError: something else, which cannot be told from others of its kind.
    """
    return hashlib.sha256(_bytes_of(value)).hexdigest()


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, Study):
        return _joined(value.best, value.chosen and value.fits[value.chosen])
    if isinstance(value, Fitted):
        return _joined(value.machine, made_of(value.decode))
    if isinstance(value, Machine):
        return _plain(machine_to_dict(value))
    if isinstance(value, Sequences):
        return _joined(value.values, value.lengths, channels_to_plain(value.channels))
    if isinstance(value, Trace):
        arrays = [getattr(value, name) for name in ("states", *COLUMNS, "lengths")]
        names = [value.symbols, value.classes, channels_to_plain(value.channels), value.output]
        return _joined(*arrays, *names)
    if hasattr(value, "foreign"):
        return _of_adapted(value)
    if isinstance(value, Aside):
        return _of_network(value.module, value.around)
    if isinstance(value, nn.Module | ExportedProgram | Stepwise):
        return _of_network(value, {})
    if isinstance(value, pd.DataFrame):
        return _joined(*value.columns, value.to_numpy())
    if isinstance(value, np.ndarray) or hasattr(value, "detach"):
        return _of_array(value)
    if isinstance(value, Path):
        return _of_path(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _bytes_of({each.name: getattr(value, each.name) for each in fields(value)})
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (str(key), type(key).__name__))  # 1 is not "1"
        return _joined(*(part for key in keys for part in (key, value[key])))
    if isinstance(value, bytes):
        return value
    if isinstance(value, np.generic):  # a number or text of numpy is the number or text
        return repr(value.item()).encode()
    if value is None or isinstance(value, str | bool | Number):
        return repr(value).encode()
    if isinstance(value, Iterable):
        return _joined(*value)
    raise DataError(
        f"expected a network, a machine, a recording or plain values to name in a record, got "
        f"{type(value).__name__}; give what `markovlens` made of it, or its file",
        page="not-recordable",
    )


def _of_network(network: Any, around: Around) -> bytes:
    """Return what a network holds, less what it writes as it reads."""
    is_module = isinstance(network, nn.Module)
    held = after_reading(network, around) if is_module else iter([places_of(network, around)])
    first, *others = (
        {place: _bytes_of(value) for place, value in places.items()} for places in held
    )
    kept = {name for name in first if all(each.get(name) == first[name] for each in others)}
    return _joined(*(part for name in sorted(kept) for part in (name, first[name])))


def _of_adapted(network: Any) -> bytes:
    """Return the weights of an adapted network, where they show, else states and answers.

    What it is called may be the name of a file, and does not count.
    """
    if network.foreign.weights is not None:
        return _joined(str(network.reads), network.foreign.weights)
    states, outputs = network.watch(network.reads.every(*ALIKE))
    return _joined(str(network.reads), dict(states), outputs)


def _of_path(path: Path) -> bytes:
    """Return what is in a file, in the files beside it that it needs, or in a folder of files."""
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.is_file())
        return _joined(*((each.relative_to(path).as_posix(), sha256(each)) for each in files))
    beside = files_beside(path)
    return _joined(*map(sha256, [path, *beside])) if beside else sha256(path).encode()


def _of_array(values: Any) -> bytes:
    """Return the bytes of an array or tensor, little-endian and in C order, with type and shape."""
    if hasattr(values, "detach"):
        tensor = values.detach().cpu()
        kind = str(tensor.dtype)
        tensor = tensor.dequantize() if tensor.is_quantized else tensor
        # numpy has no bfloat16, each of which is a float32.
        array = (tensor.float() if "bfloat16" in kind else tensor).numpy()
    else:
        array, kind = values, values.dtype.newbyteorder("<").str
    if array.dtype.kind in "OU":  # names are those of a list
        return _joined(*array.ravel().tolist())
    array = np.ascontiguousarray(array)
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return f"{kind} {array.shape} ".encode() + little.tobytes()


def _joined(*parts: Any) -> bytes:
    """Return parts as one, each behind its own digest's length, so that none runs into the next."""
    return b"".join(hashlib.sha256(_bytes_of(part)).digest() for part in parts)


def _plain(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return json.dumps(value, sort_keys=True, allow_nan=False).encode()
