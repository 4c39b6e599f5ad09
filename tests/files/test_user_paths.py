"""Everything that a user can have written goes into a folder that is there, and makes none."""

import pytest

import markovlens as ml
from markovlens.errors import StorageError
from markovlens.explaining.page import write_page
from markovlens.hmm import save_model


@pytest.fixture(scope="module")
def explained():
    example = ml.example()
    return ml.explain(example.network, example.sequences, symbols=example.symbols)


WRITERS = {
    "explanation.draw": ("drawn.svg", lambda given, path: given.draw(path)),
    "machine.draw": ("drawn.png", lambda given, path: given.machine.draw(path)),
    "write_machine": ("machine.json", lambda given, path: ml.write_machine(path, given.machine)),
    "write_record": ("record.json", lambda given, path: ml.write_record(path, given)),
    "write_explorer": ("explorer.html", lambda given, path: ml.write_explorer(path, given)),
    "write_page": ("page.html", lambda given, path: write_page(path, given)),
    "export": ("machine.c", lambda given, path: ml.export(given.machine, "c").write(path)),
    "save_model": ("model.npz", lambda given, path: save_model(ml.GaussianHMM(2), path)),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_missing_folder_is_named_and_not_made(explained, tmp_path, writer):
    name, write = WRITERS[writer]
    with pytest.raises(StorageError, match=r"missing; make it first"):
        write(explained, tmp_path / "none" / name)
    assert list(tmp_path.iterdir()) == []
    write(explained, tmp_path / name)
    assert (tmp_path / name).exists()
