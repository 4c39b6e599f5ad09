"""`export`: one file that runs a machine without markovlens, in one of several languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeGuard

from markovlens.arguments import check_choice, check_kind, check_seed, with_known_arguments
from markovlens.errors import ConfigError, DataError
from markovlens.files.whole import check_folder, replacing
from markovlens.listed import Listed
from markovlens.machines.machine import Machine
from markovlens.machines.words import sequences_for
from markovlens.places import EXPLANATION, MACHINE, TEXT, check_places, sort_of
from markovlens.reliance.exporting.plan import plan_of
from markovlens.reliance.exporting.statement import Measured, Statement, digest_of, head_of
from markovlens.reliance.exporting.vectors import vectors_of

LONGEST_NAME = 40
_HERE = "markovlens.reliance.exporting"
WRITERS: Mapping[str, str] = {
    "c": f"{_HERE}.c:write_c",
    "python": f"{_HERE}.python:write_python",
    "onnx": f"{_HERE}.onnx_model:write_onnx",
    "rust": f"{_HERE}.rust:write_rust",
}
SUFFIXES = {"c": ".c", "python": ".py", "onnx": ".onnx", "rust": ".rs"}


class Explained(Protocol):
    """What `markovlens.explain` returns, as far as it is told here."""

    @property
    def machine(self) -> Machine:
        """The machine of the verdict."""
        ...

    @property
    def fidelity(self) -> Measured:
        """How near the machine is to its network on test sequences."""
        ...

    @property
    def settings(self) -> Any:
        """What was asked, with the name of the network."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Exported:
    """A machine in another language.

    Attributes:
        language: `c`, `python`, `onnx` or `rust`.
        content: what the file holds.
        digest: SHA-256 of the machine, as the head of the file names it.
    """

    language: str
    content: bytes
    digest: str

    @property
    def text(self) -> str:
        """The file as text; raises `DataError` of ONNX, which is none."""
        if self.language == "onnx":
            raise DataError(
                "expected a language, got an ONNX model, which is no text; `content`",
                page="wrong-kind",
            )
        return self.content.decode("ascii")

    def write(self, path: str | Path) -> None:
        """Write the file; raises `StorageError` where that is not possible.

        `ConfigError` of a path that ends otherwise than files of the language do.
        """
        check_folder(path, (SUFFIXES[self.language],))
        with replacing(path) as temporary:
            temporary.write_bytes(self.content)

    def __repr__(self) -> str:
        """Return the language and the size."""
        return f"Exported: {self.language}, {len(self.content)} bytes, machine {self.digest[:12]}"


@with_known_arguments
def export(
    machine: Machine | Explained,
    language: str,
    path: str | Path | None = None,
    *,
    fidelity: Measured | Statement | None = None,
    data: str = "",
    inputs: Listed | None = None,
    name: str = "machine",
    seed: int = 0,
) -> Exported:
    """Return a machine as one file that needs nothing else, and write it where a path is given.

    Its codebook is in it, every threshold to the last bit. So are the names of its symbols, states
    and classes, test vectors with the answers of `Machine.predict`, and in its head what is known
    of its fidelity and how many of its moves the test vectors take. A machine that carries a state
    decides as `predict` does, bit for bit, but for sequences with a row on a border of a sum of
    channels or between two centres, which rounding may turn; one that carries a belief wherever
    its two best answers differ by more than rounding, too.

    Args:
        machine: what is written; of an explanation its machine, with what is known of it.
        language: `c`, `python`, `onnx` or `rust`.
        path: where to write it as well; ends in .c, .py, .onnx or .rs, as files of the language do.
        fidelity: of the machine to its network, as `markovlens.fidelity` returns it; that of an
            explanation when None, and of a machine alone the file says that nothing is known.
        data: on which data that was measured, in words; of an explanation its test sequences.
        inputs: the sequences of the test vectors, as `explain` takes them, which then stand in the
            file, up to a row that rounding may turn; made-up ones without them.
        name: what the functions of C begin with.
        seed: of made-up test vectors.

    Raises:
        ConfigError: another language or ending of `path`, or a name that is none.
        DataError: a machine that moves by a law or by a codebook of your own, inputs that it does
            not read, a fidelity of another machine or without `data`, or no package `onnx` where
            one is asked for.
        StorageError: the file cannot be written.
    """
    machine, fidelity, data = _known_of(machine, fidelity, data, language)
    check_choice("language", language, tuple(WRITERS))
    check_seed(seed)
    _check_name(name)
    if path is not None:
        check_folder(path, (SUFFIXES[language],))
    plan = plan_of(machine)
    digest = digest_of(machine)
    statement = None if fidelity is None else Statement.of(fidelity, machine, data)
    read = None if inputs is None else sequences_for(machine, inputs, name="inputs")
    vectors = vectors_of(plan, read, seed=seed)
    content = _writer(language)(
        plan, vectors, list(head_of(plan, digest, statement, vectors)), name
    )
    exported = Exported(language, content, digest)
    if path is not None:
        exported.write(path)
    return exported


def _known_of(
    given: Machine | Explained, fidelity: Measured | Statement | None, data: str, language: str
) -> tuple[Machine, Measured | Statement | None, str]:
    """Return the machine, and where no other is given the fidelity of an explanation, on what."""
    check_places(
        "export(machine, language, path)",
        machine=(given, (MACHINE, EXPLANATION)),
        language=(language, (TEXT,)),
    )
    machine: Any = given
    if _is_explanation(given):
        machine = given.machine
        if fidelity is None:
            fidelity = given.fidelity
            data = data or f"test sequences of {given.settings.name}"
    check_kind("machine", machine, Machine, advice="`explained.machine` is one, `study.best` too")
    return machine, fidelity, data


def _is_explanation(given: Machine | Explained) -> TypeGuard[Explained]:
    return sort_of(given) == EXPLANATION


def language_of(path: str | Path) -> str:
    """Return the language of a file by its ending; raises `DataError` for another one."""
    found = [language for language, suffix in SUFFIXES.items() if suffix == Path(path).suffix]
    if not found:
        endings = ", ".join(f"{suffix} ({language})" for language, suffix in SUFFIXES.items())
        raise DataError(
            f"{path}: expected a file that ends in one of {endings}; name it so",
            page="unknown-file-kind",
        )
    return found[0]


def _writer(language: str) -> Callable[..., bytes]:
    """Return what writes a language, whose module is loaded only now."""
    module, _, function = WRITERS[language].partition(":")
    try:
        writer: Callable[..., bytes] = getattr(import_module(module), function)
    except ModuleNotFoundError as error:
        raise DataError(
            f"{language}: expected the package {error.name}, which is not installed; "
            f"`pip install 'markovlens[{language}]'`",
            page="package-missing",
        ) from error
    return writer


def _check_name(name: str) -> None:
    good = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name, re.ASCII)
    if not good or len(name) > LONGEST_NAME:
        raise ConfigError(
            f"name: expected what a function may begin with, small letters, digits and _ after a "
            f"letter, up to {LONGEST_NAME}, got {name!r}; it is no place for a title",
            page="wrong-names",
        )
