"""Networks of Keras 3, on its torch and its JAX backend, from objects and from files.

The network is called as ever, on one step or on many; each recurrent layer is then handed the state
that it is to go on from, where it would begin, and keeps the one that it ends in. Where a mask
says that a step is none, a layer does nothing at it: its state stays, and it says again what it
said before (zeros with `zero_output_for_mask`), as in a run of whole sequences of Keras.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import replace
from importlib.util import find_spec
from os import environ, fspath
from pathlib import Path
from typing import Any

from markovlens.adapters.archives import check_archive, check_hdf5
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.keras_layers import Layer, all_layers, recurrent_layers
from markovlens.adapters.keras_runs import KerasRuns
from markovlens.adapters.reads import Reads
from markovlens.adapters.registry import is_path
from markovlens.adapters.runs import foreign_of
from markovlens.errors import DataError, reason_of
from markovlens.sequences import Sequences

if find_spec("keras") is None:  # it is imported late, when its backend has been chosen
    raise ModuleNotFoundError("No module named 'keras'", name="keras")


def adapt_keras(
    model: Any, *, like: Sequences | None = None, custom_objects: dict[str, Any] | None = None
) -> Foreign:
    """Return a network of Keras as what is recorded and asked.

    Parts of the state are named by layer: `lstm.h` and `lstm.c`, `rnn.0.h` of the first of stacked
    cells. Each sequence begins anew, of a stateful network too. Layers that read backwards can be
    watched alone, as can a network that looks at several steps in other ways (convolution,
    attention).

    Args:
        model: a model, or one recurrent layer or cell; or the path of a `.keras` file or of one of
            HDF5. Code in a file is never run: a layer `Lambda` is refused.
        like: inputs such as it reads; found out by its inputs and embeddings when None.
        custom_objects: classes of your own that a file names, by name.

    Raises:
        DataError: a file that Keras cannot load, several inputs, or no recurrent layer.
    """
    use_what_is_there()
    name = Path(model).name if is_path(model) else type(model).__name__
    network = _loaded(model, custom_objects) if is_path(model) else _layered(model)
    network = _free(network)
    layers = recurrent_layers(network)
    if not layers:
        raise DataError(
            f"{name} of Keras has no recurrent layer; give a model that has one, or, if you know "
            "its whole state, `initial` and `step`: markovlens.adapters.contract.Stepwise",
            page="not-adaptable",
        )
    reads = _reads(network, layers, like)
    stateful = any(each.layer.stateful for each in layers)
    return foreign_of(
        f"{name} of Keras",
        KerasRuns(network, layers),
        reads,
        backwards=any(each.reads_backwards for each in layers),
        limits=["it is stateful, and begins each sequence anew here"] if stateful else [],
    )


def use_what_is_there() -> None:
    """Let Keras compute with torch where nothing was said and TensorFlow is not installed."""
    if find_spec("tensorflow") is None:
        environ.setdefault("KERAS_BACKEND", "torch")


def _loaded(path: Any, custom_objects: dict[str, Any] | None) -> Any:
    """Return the model in a file; raises `DataError` if there is none that Keras takes."""
    import keras

    _look_through(Path(path))
    try:
        return keras.saving.load_model(
            fspath(path), custom_objects=custom_objects, compile=False, safe_mode=True
        )
    except Exception as error:  # Keras raises what it pleases on damaged files
        raise DataError(
            f"{path}: Keras {keras.__version__} cannot load it ({reason_of(error)}); it must hold "
            "a whole model, no weights alone, and no code such as `Lambda`; classes of your own "
            "are given as `custom_objects`",
            page="damaged-file",
        ) from error


def _look_through(path: Path) -> None:
    """Raise `DataError` for a file that leads to others, or claims more than it holds."""
    if path.suffix.lower() != ".keras":
        check_hdf5(path, path)
        return
    if not zipfile.is_zipfile(path):
        raise DataError(
            f"{path}: Keras cannot load it: it is no archive; is it whole?", page="damaged-file"
        )
    with zipfile.ZipFile(path) as archive:
        check_archive(path, archive)
        for name in archive.namelist():
            if name.endswith(".h5"):
                with archive.open(name) as file:
                    check_hdf5(path, file)


def _layered(model: Any) -> Any:
    """Return a cell as the layer that runs it, anything else as it is."""
    import keras

    is_layer = isinstance(model, keras.layers.RNN | keras.Model | keras.layers.Wrapper)
    if is_layer or not hasattr(model, "state_size"):
        return model
    return keras.layers.RNN(model, return_sequences=True)


def _free(model: Any) -> Any:
    """Return a model whose inputs have a fixed number of steps as one that takes any.

    The copy has weights of its own. Where a layer needs that number the model stays what it is.
    """
    import keras

    (inputs,) = _inputs(model) or (None,)
    if inputs is None or len(inputs.shape) < 2 or inputs.shape[1] is None:
        return model
    shape = (inputs.shape[0], None, *inputs.shape[2:])
    try:
        free = keras.models.clone_model(
            model, input_tensors=keras.Input(batch_shape=shape, dtype=inputs.dtype)
        )
    except Exception:  # of a layer that flattens, say: then it is run as it is
        return model
    for mine, theirs in zip(free.variables, model.variables, strict=True):
        mine.assign(theirs.value)
    return free


def _inputs(model: Any) -> list[Any]:
    """Return what a model of Keras says of its inputs: nothing where it is a class of one's own."""
    inputs = list(getattr(model, "inputs", None) or ())
    if len(inputs) > 1:
        raise DataError(
            f"{type(model).__name__} of Keras: expected one input, got {len(inputs)}; give a model "
            "of the one that is a sequence, the others held fixed",
            page="graph-inputs",
        )
    return inputs


def _reads(model: Any, layers: Iterable[Layer], like: Sequences | None) -> Reads:
    """Return what a network reads: symbols that it embeds, or rows."""
    import keras

    inputs = _inputs(model)
    n_steps = inputs[0].shape[1] if inputs and len(inputs[0].shape) > 1 else None
    tables = [each for each in all_layers(model) if isinstance(each, keras.layers.Embedding)]
    if tables:
        found = Reads.embedded((int(each.input_dim) for each in tables), like)
        return replace(found, n_steps=n_steps)
    if like is not None:
        return Reads.like(like)
    shape = inputs[0].shape[2:] if inputs else next(iter(layers)).input_shape
    if not shape or None in shape:
        raise DataError(
            f"{type(model).__name__} of Keras does not say what it reads; give `like`, sequences "
            "such as it reads",
            page="like-missing",
        )
    return Reads(shape=tuple(map(int, shape)), n_steps=n_steps)
