import shutil

import pytest

from markovlens.running import codehash


@pytest.fixture
def package(tmp_path, monkeypatch):
    root = tmp_path / "markovlens"
    (root / "stage").mkdir(parents=True)
    (root / "stage" / "__init__.py").write_text('METHODS = {"a": "markovlens.stage.named"}\n')
    (root / "stage" / "named.py").write_text("x = 1\n")
    (root / "direct.py").write_text("from markovlens.far import y\n")
    (root / "far.py").write_text("y = 1\n")
    (root / "unused.py").write_text("z = 1\n")
    script = tmp_path / "script.py"
    script.write_text("from markovlens import stage\nfrom markovlens.direct import y\n")
    monkeypatch.setattr(codehash, "ROOT", root)
    yield root, script
    codehash._code.cache_clear()


def fresh_hash(script):
    codehash._code.cache_clear()
    return codehash.code_hash(script)


@pytest.mark.parametrize("file", ["direct.py", "far.py", "stage/__init__.py", "stage/named.py"])
def test_a_change_in_anything_imported_changes_the_hash(package, file):
    root, script = package
    before = fresh_hash(script)
    path = root / file
    path.write_text(path.read_text() + "new = 2\n")
    assert fresh_hash(script) != before


def test_comments_and_other_modules_do_not_count(package):
    root, script = package
    before = fresh_hash(script)
    (root / "unused.py").write_text("z = 2\n")
    (root / "far.py").write_text("y = 1  # the same\n")
    assert fresh_hash(script) == before


@pytest.mark.parametrize("elsewhere", ["a", "z"])
def test_the_place_of_the_package_does_not_count(package, monkeypatch, elsewhere):
    root, script = package
    before = fresh_hash(script)
    moved = root.parent / elsewhere / "markovlens"  # sorts before the script, and after it
    shutil.copytree(root, moved)
    monkeypatch.setattr(codehash, "ROOT", moved)
    assert fresh_hash(script) == before


@pytest.mark.parametrize("change", ["content", "name", "new", "moved"])
def test_a_change_in_any_file_of_a_folder_changes_its_hash(tmp_path, change):
    folders = [tmp_path / "static", tmp_path / "templates"]
    for folder in folders:
        folder.mkdir()
        (folder / "a.html").write_text(folder.name)
    before = codehash.folder_hash(*folders)
    assert codehash.folder_hash(*folders) == before
    if change == "content":
        (folders[1] / "a.html").write_text("other")
    elif change == "name":
        (folders[0] / "a.html").rename(folders[0] / "b.html")
    elif change == "new":
        (folders[1] / "b.html").touch()
    else:
        (folders[0] / "a.html").rename(folders[1] / "b.html")
    assert codehash.folder_hash(*folders) != before


def test_the_place_of_a_folder_does_not_count(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.css").write_text("p {}")
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    assert codehash.folder_hash(tmp_path / "here") == codehash.folder_hash(tmp_path / "there")
