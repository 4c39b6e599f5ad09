"""Reading other people's weights: arrays and plain values, whatever the file could do beside."""

from __future__ import annotations

import pickle
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from markovlens.errors import DataError, reason_of
from markovlens.files.whole import naming


def from_tar(path: str | Path) -> dict[str, bytes]:
    """Return the files of a tar that `tasks.fetch` packed, by name; nothing is written."""
    with naming(path), tarfile.open(path) as tar:
        return {
            member.name: file.read()
            for member in tar.getmembers()
            if (file := tar.extractfile(member)) is not None
        }


def torch_file(content: bytes, path: str | Path) -> Any:
    """Return what torch saved: tensors and plain values, by torch's restricted reader.

    Raises:
        DataError: it is damaged, or holds anything else.
    """
    try:
        return torch.load(BytesIO(content), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise DataError(
            f"{path}: expected tensors as torch saves them, cannot read any ({reason_of(error)}); "
            "delete it and fetch it again",
            page="download-damaged",
        ) from error


def torch_tensors(content: bytes, path: str | Path) -> dict[str, Tensor]:
    """Return a state dict that torch saved; raises `DataError` for anything else."""
    found = torch_file(content, path)
    if not isinstance(found, dict) or not all(isinstance(each, Tensor) for each in found.values()):
        raise DataError(
            f"{path}: expected a state dict; delete it and fetch it again", page="download-damaged"
        )
    return found


def below(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors of one module, named as it names them."""
    start = f"{prefix}."
    return {
        key.removeprefix(start): value for key, value in weights.items() if key.startswith(start)
    }


def plain_pickle(content: bytes, path: str | Path) -> Any:
    """Return the plain values of a pickle: numbers, texts, lists and dicts of them.

    Raises:
        DataError: it is damaged, or names anything, which is then not loaded.
    """
    return _unpickled(content, path, known={})


def pickled_arrays(content: bytes, path: str | Path) -> dict[str, np.ndarray]:
    """Return the arrays of numbers of a pickle by name; whatever else it names is not loaded.

    Raises:
        DataError: it is damaged, or holds anything else.
    """
    # What numpy itself names when it pickles an array; of old versions under another name.
    rebuild = np.zeros(0).__reduce__()[0]
    homes = ("numpy.core.multiarray", "numpy._core.multiarray")
    known = {(home, "_reconstruct"): rebuild for home in homes}
    known |= {("numpy", each.__name__): each for each in (np.ndarray, np.dtype)}
    found = _unpickled(content, path, known=known)
    if not isinstance(found, dict) or not all(_is_numbers(each) for each in found.values()):
        raise DataError(
            f"{path}: expected arrays of numbers by name; delete it and fetch it again",
            page="download-damaged",
        )
    return found


def _is_numbers(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiu"


def _unpickled(content: bytes, path: str | Path, *, known: Mapping[tuple[str, str], Any]) -> Any:
    try:
        return _Known(content, known).load()
    except (pickle.UnpicklingError, EOFError, ValueError) as error:
        raise DataError(
            f"{path}: {reason_of(error)}; delete it and fetch it again", page="download-damaged"
        ) from error


class _Known(pickle.Unpickler):
    """Refuses every global name but those that are known."""

    def __init__(self, content: bytes, known: Mapping[tuple[str, str], Any]) -> None:
        super().__init__(BytesIO(content))
        self._known = known

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self._known:
            return self._known[module, name]
        raise pickle.UnpicklingError(f"refuses to load {module}.{name}, which is no plain value")


def keras_h5(content: bytes, path: str | Path) -> dict[str, np.ndarray]:
    """Return the arrays of a Keras HDF5 file by name: `lstm/kernel`, without prefix and number.

    Nothing of the model's description is read, in which there may be code.

    Args:
        content: of the file.
        path: where it lies, for messages.

    Raises:
        DataError: h5py is not installed, or the file is damaged.
    """
    try:
        import h5py
    except ImportError as error:
        raise DataError(
            f"{path}: reading HDF5 needs h5py, which is not installed; "
            "run `pip install 'markovlens[hdf5]'`",
            page="package-missing",
        ) from error
    found: dict[str, np.ndarray] = {}

    def keep(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.startswith("optimizer"):
            found[_short(name)] = item[()]

    with naming(path), h5py.File(BytesIO(content), "r") as file:
        file.visititems(keep)
    return found


def _short(name: str) -> str:
    """Return what an array is called, without where all are kept and the layer's name twice."""
    parts = name.removeprefix("model_weights/").removesuffix(":0").split("/")
    return "/".join(parts[1:] if parts[:1] == parts[1:2] else parts)


def from_keras_lstm(
    arrays: dict[str, np.ndarray], path: str, *, suffix: str = "_l0"
) -> dict[str, Tensor]:
    """Return a Keras LSTM's arrays as torch names them; the order of gates is the same.

    Keras has (E, 4D) where torch has (4D, E), and one bias, the recurrent one being none.
    """
    bias = arrays[f"{path}/bias"]
    found = {
        "weight_ih": arrays[f"{path}/kernel"].T,
        "weight_hh": arrays[f"{path}/recurrent_kernel"].T,
        "bias_ih": bias,
        "bias_hh": np.zeros_like(bias),
    }
    return {f"{name}{suffix}": torch.tensor(value) for name, value in found.items()}


def from_keras_gru(
    arrays: Mapping[str, np.ndarray], path: str, *, suffix: str = "_l0"
) -> dict[str, Tensor]:
    """Return a Keras GRU's arrays (`reset_after`, two biases) as torch names and orders them.

    Keras has the gates in the order z, r, n where torch has r, z, n; their equations are the same.
    """
    bias_ih, bias_hh = arrays[f"{path}/2"]
    found = {
        "weight_ih": arrays[f"{path}/0"].T,
        "weight_hh": arrays[f"{path}/1"].T,
        "bias_ih": bias_ih,
        "bias_hh": bias_hh,
    }
    return {f"{name}{suffix}": torch.tensor(_reset_first(value)) for name, value in found.items()}


def _reset_first(gates: np.ndarray) -> np.ndarray:
    update, reset, new = np.split(gates, 3)
    return np.concatenate([reset, update, new])
