"""Which formats there are, and the one door to all: `write_machine` and `read_machine`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from markovlens.arguments import check_kind, check_path, known_names, with_known_arguments
from markovlens.errors import DataError
from markovlens.files.whole import check_folder, naming, replacing
from markovlens.machines.machine import BELIEF, Machine
from markovlens.outputs import Output

CHANCES, VALUES = "moves by chance", "answers that are no classes"
ADVICE = "expected a machine as `write_machine` writes it; give such a file"
LARGEST = 2**24  # bytes of a file that is read
LARGEST_OWN = 2**27  # our own may have a large vocabulary


@dataclass(frozen=True, slots=True)
class Format:
    """A way to write a machine down.

    Attributes:
        name: what it is called.
        suffixes: endings of its files, the usual one first.
        writer: the module with `texts(machine)`, the text of each file by what is put in place of
            the suffix ("" for the file itself).
        reader: the module with `read(content)`; "" of a format that is only written.
        holds: what of a machine it has a place for, `CHANCES` and `VALUES`.
        largest: bytes of a file that is read.
        beside: a pattern of what may follow the stem in names of files that are written beside, of
            which another machine has others.
    """

    name: str
    suffixes: tuple[str, ...]
    writer: str
    reader: str = ""
    holds: frozenset[str] = frozenset((CHANCES, VALUES))
    largest: int = LARGEST
    beside: str = ""


def _home(module: str) -> str:
    return f"markovlens.machines.formats.{module}"


FORMATS = {
    each.name: each
    for each in (
        Format("json", (".json",), _home("ours"), _home("ours"), largest=LARGEST_OWN),
        Format("prism", (".prism", ".pm", ".nm", ".sm"), _home("prism"), _home("prism_reading")),
        Format(
            "dot",
            (".dot", ".gv"),
            _home("aalpy_dot"),
            _home("dot_reading"),
            holds=frozenset((CHANCES,)),
        ),
        Format("jflap", (".jff",), _home("jflap"), _home("jflap_reading"), holds=frozenset()),
        Format(
            "storm",
            (".tra",),
            _home("storm"),
            beside=r"\.choices|(?:\.\d+)?\.(?:chance|value)_\w+\.rew",
        ),
        Format("scxml", (".scxml",), _home("scxml"), holds=frozenset()),
        Format("graphml", (".graphml",), _home("graphml")),
        Format("openfst", (".fst.txt",), _home("openfst"), holds=frozenset((CHANCES,))),
    )
}


def format_of(path: str | Path, name: str | None = None) -> Format:
    """Return the format of a file, by its name if it is given, else by the end of the path.

    Raises:
        DataError: there is none; the message lists them.
    """
    check_path(path)
    if name is not None:
        if name not in FORMATS:
            raise DataError(
                f"format: unknown {name!r}; {known_names('formats', name, FORMATS)}",
                page="unknown-name",
            )
        return FORMATS[name]
    ending = str(path).lower()
    for each in FORMATS.values():
        if ending.endswith(each.suffixes):
            return each
    raise DataError(
        f"{path}: expected a file that ends in {_listed(FORMATS.values())}; give one of these, or "
        "say which it is by `format`",
        page="unknown-file-kind",
    )


def _listed(formats: Collection[Format]) -> str:
    return ", ".join(f"{each.suffixes[0]} ({each.name})" for each in formats)


@with_known_arguments
def write_machine(path: str | Path, machine: Machine, *, format: str | None = None) -> None:
    """Write one machine, by default in the format that the path ends in.

    docs/formats.md says what each holds. Our own JSON holds all; what another leaves out stands in
    the head of its file.

    Args:
        path: of the file; some formats write others beside it, of the same name, and remove those
            of a machine that was written there before.
        machine: that is written.
        format: the name of a format, where the path does not say it.

    Raises:
        ConfigError: the path ends as another format does.
        DataError: an unknown format, or one that has no place for what the machine is.
        StorageError: it cannot be written there.
    """
    check_kind("machine", machine, Machine, advice="give the path first: `write_machine(path, it)`")
    chosen, path = format_of(path, format), Path(path)
    known = [suffix for each in FORMATS.values() for suffix in each.suffixes]
    check_folder(path, chosen.suffixes if path.name.lower().endswith(tuple(known)) else ())
    check_holds(chosen, machine)
    texts = import_module(chosen.writer).texts(machine)
    _remove_others(path, chosen, [_beside(path, suffix, chosen).name for suffix in texts])
    for suffix, text in texts.items():
        with replacing(_beside(path, suffix, chosen)) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")


def _remove_others(path: Path, chosen: Format, kept: Collection[str]) -> None:
    """Remove what a machine that was written there before had beside it, and this one has not."""
    if not chosen.beside or not path.parent.is_dir():
        return
    old = re.compile(re.escape(_stem(path, chosen)) + f"(?:{chosen.beside})")
    for each in [*path.parent.iterdir()]:
        if old.fullmatch(each.name) and each.name not in kept:
            each.unlink()


def _stem(path: Path, chosen: Format) -> str:
    ends = next((each for each in chosen.suffixes if path.name.lower().endswith(each)), "")
    return path.name[: len(path.name) - len(ends)]


def _beside(path: Path, suffix: str, chosen: Format) -> Path:
    """Return the path of a file of a format that writes several."""
    return path.with_name(_stem(path, chosen) + suffix) if suffix else path


def check_holds(chosen: Format, machine: Machine) -> None:
    """Raise `DataError` for a machine that a format has no place for."""
    needs = []
    if machine.carries == BELIEF:
        needs.append(CHANCES)
    if machine.output != Output.DISTRIBUTION:
        needs.append(VALUES)
    for need in needs:
        if need not in chosen.holds:
            able = [each for each in FORMATS.values() if need in each.holds]
            raise DataError(
                f"expected a machine that the format {chosen.name} can hold, got one with {need}; "
                f"write one of {_listed(able)}",
                page="format-cannot-hold",
            )


@with_known_arguments
def read_machine(path: str | Path, *, format: str | None = None) -> Machine:
    """Return the machine in a file, by default in the format that the path ends in.

    Args:
        path: of the file.
        format: the name of a format, where the path does not say it.

    Raises:
        DataError: an unknown format or one that is only written, no such file, or one that holds no
            machine, a too large one, or anything that is not understood.
    """
    chosen = format_of(path, format)
    if not chosen.reader:
        able = [each for each in FORMATS.values() if each.reader]
        raise DataError(
            f"{path}: {chosen.name} is written but not read; give one of {_listed(able)}",
            page="unknown-file-kind",
        )
    with naming(path, advice=ADVICE):
        with open(path, "rb") as file:
            content = file.read(chosen.largest + 1)
        if len(content) > chosen.largest:
            raise DataError(
                f"expected a file of at most {chosen.largest} bytes, got a larger one; minimise "
                "the machine where it was made",
                page="unreadable-machine",
            )
        machine: Machine = import_module(chosen.reader).read(content)
        return machine
