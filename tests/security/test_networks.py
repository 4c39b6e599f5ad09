"""Networks of other frameworks that mean harm: refused before their framework sees them."""

import io
import zipfile
from importlib.util import find_spec

import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.adapters.archives import BELIEVED, check_archive
from markovlens.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def refused(path, said):
    with pytest.raises(DataError, match=said) as caught:
        ml.adapt(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def claiming(data):
    """Return an archive whose directory says that its first member is huge."""
    found = bytearray(data)
    end = found.rindex(b"PK\x05\x06")
    place = int.from_bytes(found[end + 16 : end + 20], "little")
    found[place + 24 : place + 28] = (BELIEVED * 4).to_bytes(4, "little")
    return bytes(found)


def with_member(data, name):
    held = io.BytesIO(data)
    with zipfile.ZipFile(held, "a") as archive:
        archive.writestr(name, b"x")
    return held.getvalue()


def script(path):
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)


def program(path):
    torch.export.save(torch.export.export(nn.Linear(2, 2), (torch.zeros(1, 2),)), path)


def keras(path):
    from markovlens.adapters.keras_models import use_what_is_there

    use_what_is_there()
    from keras import Input, Sequential, layers

    Sequential([Input((None, 3)), layers.GRU(4, return_sequences=True)]).save(path)


WRITERS = {".pt": script, ".jit": script, ".pt2": program, ".keras": keras}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (claiming, "would unpack to .* bytes"),
        (lambda data: with_member(data, "../../beside"), "outside its folder"),
        (lambda data: with_member(data, "/tmp/beside"), "outside its folder"),
    ],
)
def test_an_archive_that_unpacks_to_much_or_elsewhere_is_refused(suffix, spoil, said, tmp_path):
    if suffix == ".keras" and find_spec("keras") is None:
        pytest.skip("needs keras: `make test-frameworks`")
    path = tmp_path / f"network{suffix}"
    WRITERS[suffix](path)
    path.write_bytes(spoil(path.read_bytes()))
    refused(path, said)


def test_archives_as_they_are_written_pass(tmp_path):
    script(tmp_path / "network.pt")
    with zipfile.ZipFile(tmp_path / "network.pt") as archive:
        check_archive(tmp_path / "network.pt", archive)


def spoilt_weights(path, spoil):
    """Write a model of Keras as HDF5, and let something of it be elsewhere."""
    import h5py

    keras(path)
    with h5py.File(path, "a") as file:
        spoil(h5py, file)


def link(h5py, file):
    file["elsewhere"] = h5py.ExternalLink("secret.h5", "/kept")


def external(h5py, file):
    file.create_dataset("elsewhere", (3,), "u1", external=[("secret.h5", 0, 3)])


def huge(h5py, file):
    file.create_dataset("elsewhere", (10**8, 10**3), "f8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(link, "link to another file"), (external, "in another file"), (huge, "claims .* bytes")],
)
def test_weights_of_keras_that_are_elsewhere_or_nowhere_are_refused(spoil, said, tmp_path):
    if find_spec("keras") is None:
        pytest.skip("needs keras: `make test-frameworks`")
    path = tmp_path / "network.h5"
    spoilt_weights(path, spoil)
    refused(path, said)


def test_weights_inside_an_archive_are_looked_through_too(tmp_path):
    h5py = pytest.importorskip("h5py", reason="needs h5py: the extra hdf5")
    if find_spec("keras") is None:
        pytest.skip("needs keras: `make test-frameworks`")
    with h5py.File(tmp_path / "weights.h5", "w") as file:
        link(h5py, file)
    with zipfile.ZipFile(tmp_path / "network.keras", "w") as archive:
        archive.write(tmp_path / "weights.h5", "model.weights.h5")
    refused(tmp_path / "network.keras", "link to another file")
