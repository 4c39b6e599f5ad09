"""A bit of a file is changed, or its end is missing: the same numbers come back, or its name."""

import hashlib
import io

import numpy as np
import pytest
import torch

from markovlens.activations.store import load_trace, write_trace
from markovlens.activations.trajectories import (
    Trajectories,
    iter_trajectories,
    write_trajectories,
)
from markovlens.dynamics.store import load_checkpoints, load_noisy
from markovlens.embedding.pod import pod
from markovlens.embedding.storage import load_basis, save_basis
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.networks.checkpoints import DIGEST_BYTES, Checkpoint
from markovlens.networks.emulation import Emulator, Snapshot
from markovlens.networks.generator import build_generator
from markovlens.networks.store import load_network, save_emulator
from markovlens.seq2seq.store import load_chosen
from markovlens.tasks import make_task
from markovlens.tasks.store import load_task, save_task
from markovlens.tasks.windows_store import load_forecast

N_PLACES = 25  # of a file, evenly spread over it
GENERATOR = {"generator": "relu", "hidden": 4, "noise": 3}


def write_symbols(folder, traces):
    sizes = {"n_train": 20, "n_valid": 8, "n_test": 8, "length_train": 5, "length_test": 8}
    save_task(folder, make_task("parity", sizes=sizes, seed=0))
    return folder / "train.parquet", lambda: of_splits(load_task(folder))


def write_windows(folder, traces):
    sizes = {"n_train": 12, "n_valid": 4, "n_test": 4, "past": 5, "future": 3}
    save_task(folder, make_task("planar_hard", sizes=sizes, seed=0))
    return folder / "train.parquet", lambda: of_splits(load_forecast(folder))


def write_states(folder, traces):
    path = folder / "test.parquet"
    write_trace(path, [traces.select(np.arange(6))])
    return path, lambda: fields_of(load_trace(path))


def write_recordings(folder, traces):
    path, rng = folder / "checkpoints.parquet", np.random.default_rng(0)
    sizes = {"encoder": (5, 4), "decoder": (3, 4), "outputs": (3, 2), "past": (5, 2)}
    arrays = {
        name: rng.normal(size=(6, *size)).astype(np.float32)
        for name, size in (sizes | {"future": (3, 2)}).items()
    }
    names = ("label", "group", "start")
    made = Trajectories(
        **arrays, **{name: np.arange(6, dtype=np.int32) for name in names}, classes=("a", "b")
    )
    write_trajectories(path, {1: made, 9: made}, metadata={})
    return path, lambda: [
        each for step, read in iter_trajectories(path) for each in (step, *fields_of(read))
    ]


def write_basis(folder, traces):
    path = folder / "pod.npz"
    save_basis(path, pod(traces.states))
    return path, lambda: fields_of(load_basis(path))


def write_chosen(folder, traces):
    run = Run.at(folder, "circle", "gru", 0, layer="")
    path = run.embedding("chosen").with_suffix(".npz")
    path.parent.mkdir(parents=True)
    np.savez(path, windows=np.arange(9), **{"encoder:hmm": np.arange(40).reshape(8, 5)})

    def read():
        windows, states = load_chosen(run)
        return [windows, *states, *states.values()]

    return path, read


def write_network(folder):
    torch.manual_seed(0)
    model = build_generator(GENERATOR, n_classes=2).eval()
    card = {
        "architecture": GENERATOR | {"n_classes": 2, "n_symbols": 2},
        "checkpoints": [{"step": step} for step in (1, 2)],
    }
    snapshots = tuple(Snapshot(step, 1.0, 1.0, model.state_dict()) for step in (1, 2))
    save_emulator(folder, Emulator(model, card, snapshots))


def write_weights(folder, traces):
    write_network(folder)
    return folder / "weights.safetensors", lambda: [
        each.numpy() for each in load_network(folder).state_dict().values()
    ]


def write_noisy(folder, traces):
    write_network(folder)
    return folder / "weights.safetensors", lambda: fields_of(load_noisy(folder))


def write_checkpoints(folder, traces):
    write_network(folder)
    return folder / "checkpoints" / "step-000002.safetensors", lambda: [
        each for _, network in load_checkpoints(folder) for each in fields_of(network)
    ]


STORES = [
    *(write_symbols, write_windows, write_states, write_recordings, write_basis, write_chosen),
    *(write_weights, write_noisy, write_checkpoints),
]


def of_splits(task):
    return [each for split in task.splits.values() for each in fields_of(split)]


def fields_of(made):
    """Return all values of a dataclass, those of dataclasses in it one by one."""
    return [
        each
        for name in made.__dataclass_fields__
        for value in [getattr(made, name)]
        for each in (fields_of(value) if hasattr(value, "__dataclass_fields__") else [value])
    ]


def outcome(read):
    """Return what is read, or the error that says why it cannot be; any other error is raised."""
    try:
        return read()
    except DataError as error:
        return error


def spoilt(whole):
    """Yield what is wrong, and the content that is left."""
    for place in np.linspace(0, len(whole) - 1, N_PLACES).astype(int):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        yield f"bit {place % 8} of byte {place}", bytes(changed)
        yield f"only {place} bytes", whole[:place]


@pytest.mark.parametrize("write", STORES)
def test_damage_is_named_or_does_not_matter(write, traces_of, tmp_path):
    path, read = write(tmp_path, traces_of("parity")["test"])
    expected, whole = read(), path.read_bytes()
    n_named = 0
    for damage, content in spoilt(whole):
        path.write_bytes(content)
        found = outcome(read)
        if isinstance(found, DataError):
            assert str(found).startswith(str(path)), damage
            n_named += 1
        else:
            np.testing.assert_equal(found, expected, err_msg=damage)
    # All that are cut short, and at least some of those that are changed.
    assert n_named > N_PLACES


@pytest.mark.parametrize("absent", ["fingerprint", "finished", "running"])
def test_a_state_of_training_that_lacks_a_part_is_not_taken_up(absent, tmp_path):
    path = tmp_path / "checkpoint.pt"
    kept = Checkpoint(path, "training")
    kept.finish({"step": 3})
    assert Checkpoint.found(path, "training").finished == [{"step": 3}]
    content = torch.load(io.BytesIO(path.read_bytes()[DIGEST_BYTES:]), weights_only=True)
    buffer = io.BytesIO()
    torch.save({key: value for key, value in content.items() if key != absent}, buffer)
    path.write_bytes(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
    assert Checkpoint.found(path, "training").finished == []
