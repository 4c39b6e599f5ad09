"""Exported files at work: run on sequences, and compared with `Machine.predict`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.reliance.exporting.exported import Exported
from markovlens.reliance.exporting.parts import filled
from markovlens.reliance.exporting.vectors import CLOSE
from markovlens.sequences import Sequences

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
PROGRAMS = {"c": "cc", "rust": "rustc"}


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """What a file did.

    Attributes:
        codes: int (N,), 0 where a step was read.
        decisions: int (N,), the class after each step; -1 where answers are no decisions.
        answers: (N, C), the answers after each step.
        state_bytes: size of what it keeps between steps; None where that has no fixed size.
    """

    codes: np.ndarray
    decisions: np.ndarray
    answers: np.ndarray
    state_bytes: int | None


@dataclass(frozen=True, slots=True)
class Trial:
    """How a file's answers compare with `Machine.predict`.

    Attributes:
        language: of the file.
        n_steps, n_sequences: how much it read.
        n_equal: steps with the decision of `predict`; of answers that are no decisions, with its
            numbers, to 1e-9.
        n_ties: steps at which the two best answers differ by less than 1e-9.
        largest: the largest difference of an answer.
        state_bytes: size of what it keeps between steps.
    """

    language: str
    n_steps: int
    n_sequences: int
    n_equal: int
    n_ties: int
    largest: float
    state_bytes: int | None


def why_not(language: str) -> str:
    """Return why a language cannot be tried here, "" where it can."""
    program = PROGRAMS.get(language)
    return "" if program is None or shutil.which(program) else f"there is no {program}"


def tried(exported: Exported, machine: Machine, inputs: Sequences) -> Trial:
    """Return how the file of a machine answers on sequences.

    Raises:
        DataError: the language needs a program that is not here, the file does not compile, its
            test vectors fail, or a step is refused.
    """
    said, ran = machine.predict(inputs), ran_on(exported, machine, inputs)
    if ran.codes.any():
        raise DataError(f"{exported.language}: {np.count_nonzero(ran.codes)} steps were refused")
    apart = np.abs(ran.answers - said)
    if machine.output == Output.DISTRIBUTION:
        equal, ties = ran.decisions == said.argmax(axis=1), _ties(said)
    else:
        equal, ties = (apart <= CLOSE * (1 + np.abs(said))).all(axis=1), np.zeros(len(said), bool)
    return Trial(
        exported.language,
        inputs.n_steps,
        len(inputs),
        int(equal.sum()),
        int(ties.sum()),
        float(apart.max()),
        ran.state_bytes,
    )


def _ties(said: np.ndarray) -> np.ndarray:
    if said.shape[1] == 1:
        return np.zeros(len(said), dtype=bool)
    second, best = np.sort(said, axis=1)[:, -2:].T
    return np.asarray(best - second <= CLOSE)


def ran_on(exported: Exported, machine: Machine, inputs: Sequences) -> Ran:
    """Return what the file of a machine does on sequences; raises as `tried` does."""
    if missing := why_not(exported.language):
        raise DataError(f"{exported.language}: {missing} on this computer; install it")
    return _RUNNERS[exported.language](exported, machine, inputs)


def compiled_c(exported: Exported, machine: Machine, folder: Path, flags: Sequence[str]) -> Path:
    """Return the program that reads sequences by a file of C; its test vectors have passed."""
    source, driver = folder / "machine.c", folder / "driver.c"
    exported.write(source)
    driver.write_text(_filled_for("driver.c", machine, file=source.name), encoding="ascii")
    for made, options, path in (
        ("test", ["-DMACHINE_SELF_TEST"], source),
        ("driver", [], driver),
    ):
        called("cc", *flags, *options, "-o", folder / made, path)
    called(folder / "test")
    return folder / "driver"


def _filled_for(template: str, machine: Machine, **values: Any) -> str:
    decides = machine.output == Output.DISTRIBUTION
    return filled(template, rows=machine.codebook is not None, decides=decides, **values)


def called(*command: str | Path, given: bytes = b"") -> bytes:
    """Return what a command writes; raises `DataError` with what it said where it fails."""
    done = subprocess.run(list(map(str, command)), input=given, capture_output=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise DataError(f"{Path(command[0]).name} failed: {said[-2000:]}")
    return done.stdout


def _run_c(exported: Exported, machine: Machine, inputs: Sequences) -> Ran:
    with TemporaryDirectory() as folder:
        program = compiled_c(exported, machine, Path(folder), [*STRICT, *SANITIZED])
        return _read_back(called(program, given=as_bytes(inputs)), machine)


def as_bytes(inputs: Sequences) -> bytes:
    """Return sequences as the drivers read them: how many, then of each its length and steps."""
    kind = np.float64 if inputs.channels else np.int32
    parts = [np.int32(len(inputs)).tobytes()]
    for sequence in inputs:
        parts += [np.int32(len(sequence)).tobytes(), sequence.astype(kind).tobytes()]
    return b"".join(parts)


def _read_back(written: bytes, machine: Machine) -> Ran:
    steps = np.dtype([("told", np.int32, 2), ("answer", np.float64, len(machine.classes))])
    found = np.frombuffer(written, steps, offset=4)
    size = int(np.frombuffer(written, np.int32, count=1)[0])
    return Ran(found["told"][:, 0], found["told"][:, 1], found["answer"], size)


def _run_python(exported: Exported, machine: Machine, inputs: Sequences) -> Ran:
    space: dict[str, Any] = {"__name__": "exported_machine"}
    exec(compile(exported.text, "machine.py", "exec"), space)  # it is what this package wrote
    if wrong := space["wrong_answers"]():
        raise DataError(f"python: {wrong} answers to its test vectors are wrong")
    reader, codes, decisions, answers = space["Machine"](), [], [], []
    for sequence in inputs:
        reader.reset()
        for read in sequence.tolist():
            try:
                reader.step([read] if inputs.channels and sequence.ndim == 1 else read)
                codes.append(0)
            except ValueError:
                codes.append(-1)
            answers.append(reader.answer())
            decisions.append(reader.decision() if hasattr(reader, "decision") else -1)
    return Ran(np.array(codes), np.array(decisions), np.array(answers), None)


_RUNNERS: Mapping[str, Callable[[Exported, Machine, Sequences], Ran]] = {
    "c": _run_c,
    "python": _run_python,
}
