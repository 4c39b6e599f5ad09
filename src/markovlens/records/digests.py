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

from markovlens.abstractions.base import Fitted
from markovlens.abstractions.study import Study
from markovlens.channels import channels_to_plain
from markovlens.errors import DataError
from markovlens.files.whole import sha256
from markovlens.machines.machine import Machine
from markovlens.machines.storage import machine_to_dict
from markovlens.sequences import Sequences
from markovlens.trace import COLUMNS, Trace

ALIKE = 6  # steps that a network without weights of its own reads to be told from others


def digest(value: Any) -> str:
    """Return the digest of a network, machine, recording, or plain values.

    A torch network is its parameters and what else it saves with them; the `Path` of a file is what
    is in it; a network of another framework, which shows no parameters, is what it answers to a
    fixed input.

    Raises:
        DataError: something else, which cannot be told from others of its kind.
    """
    return hashlib.sha256(_bytes_of(value)).hexdigest()


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, Study | Fitted):
        return _bytes_of(value.best if isinstance(value, Study) else value.machine)
    if isinstance(value, Machine):
        return _plain(machine_to_dict(value))
    if isinstance(value, Sequences):
        return _joined(value.values, value.lengths, channels_to_plain(value.channels))
    if isinstance(value, Trace):
        arrays = [getattr(value, name) for name in ("states", *COLUMNS, "lengths")]
        names = [value.symbols, value.classes, channels_to_plain(value.channels), value.output]
        return _joined(*arrays, *names)
    if hasattr(value, "foreign") or hasattr(value, "state_dict"):
        return _of_network(value)
    if isinstance(value, pd.DataFrame):
        return _joined(*value.columns, value.to_numpy())
    if isinstance(value, np.ndarray) or hasattr(value, "detach"):
        return _of_array(value)
    if isinstance(value, Path):
        return sha256(value).encode()
    if is_dataclass(value) and not isinstance(value, type):
        return _bytes_of({each.name: getattr(value, each.name) for each in fields(value)})
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (str(key), type(key).__name__))  # 1 is not "1"
        return _joined(*(part for key in keys for part in (key, value[key])))
    if value is None or isinstance(value, str | bool | Number):
        return repr(value).encode()
    if isinstance(value, Iterable):
        return _joined(*value)
    raise DataError(
        f"expected a network, a machine, a recording or plain values to name in a record, got "
        f"{type(value).__name__}; give what `markovlens` made of it, or its file"
    )


def _of_network(network: Any) -> bytes:
    """Return the weights of a network of torch, of another what it answers."""
    if hasattr(network, "state_dict"):
        kept = sorted(network.state_dict().items())
        return _joined(type(network).__qualname__, *(part for pair in kept for part in pair))
    inputs = network.reads.made(1, ALIKE)
    _, outputs = network.watch(inputs)
    return _joined(str(network.reads), outputs)  # what it is called may be a file's name


def _of_array(values: Any) -> bytes:
    """Return the bytes of an array or tensor, little-endian and in C order, with type and shape."""
    if hasattr(values, "detach"):
        tensor = values.detach().cpu()
        kind = str(tensor.dtype)
        # numpy has no bfloat16, each of which is a float32.
        array = (tensor.float() if "bfloat16" in kind else tensor).numpy()
    else:
        array, kind = values, values.dtype.str
    if array.dtype == object:
        return _joined(*array.ravel().tolist())
    array = np.ascontiguousarray(array)
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return f"{kind} {array.shape} ".encode() + little.tobytes()


def _joined(*parts: Any) -> bytes:
    """Return parts as one, each behind its own digest's length, so that none runs into the next."""
    return b"".join(hashlib.sha256(_bytes_of(part)).digest() for part in parts)


def _plain(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return json.dumps(value, sort_keys=True, allow_nan=False).encode()
