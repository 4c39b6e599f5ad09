"""Exported files at work: compiled where they have to be, and run on sequences."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.reliance.exporting.exported import Exported
from markovlens.reliance.exporting.parts import filled
from markovlens.sequences import Sequences

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
RUST = ("--edition=2021", "-D", "warnings")
PROGRAMS = {"c": "cc", "rust": "rustc"}
PACKAGES = {"onnx": ("onnx", "onnxruntime")}


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


def why_not(language: str) -> str:
    """Return why a language cannot be tried here, "" where it can."""
    program = PROGRAMS.get(language)
    missing = [each for each in PACKAGES.get(language, ()) if find_spec(each) is None]
    missing += [program] if program and not shutil.which(program) else []
    return f"there is no {' and no '.join(missing)}" if missing else ""


def ran_on(exported: Exported, machine: Machine, inputs: Sequences) -> Ran:
    """Return what the file of a machine does on sequences; see `trials.tried`."""
    if missing := why_not(exported.language):
        raise DataError(
            f"{exported.language}: {missing} on this computer; install it", page="package-missing"
        )
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
    channels = 0 if machine.codebook is None else len(machine.codebook.channels)
    known = {"rows": channels > 0, "n_channels": channels, "decides": decides}
    return filled(template, **known, **values)


def called(*command: str | Path, given: bytes = b"") -> bytes:
    """Return what a command writes; raises `DataError` with what it said where it fails."""
    done = subprocess.run(list(map(str, command)), input=given, capture_output=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise DataError(
            f"{Path(command[0]).name} failed: {said[-2000:]}", page="exported-file-fails"
        )
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


def compiled_rust(exported: Exported, machine: Machine, folder: Path) -> Path:
    """Return the program that reads sequences by a file of Rust; its test vectors have passed."""
    source, driver = folder / "machine.rs", folder / "driver.rs"
    exported.write(source)
    driver.write_text(_filled_for("driver.rs", machine, file=source.name), encoding="ascii")
    called("rustc", *RUST, "--test", "-o", folder / "test", source)
    called("rustc", *RUST, "-o", folder / "driver", driver)  # overflows are told without -O
    called(folder / "test")
    return folder / "driver"


def _run_rust(exported: Exported, machine: Machine, inputs: Sequences) -> Ran:
    with TemporaryDirectory() as folder:
        program = compiled_rust(exported, machine, Path(folder))
        return _read_back(called(program, given=as_bytes(inputs)), machine)


def _run_python(exported: Exported, machine: Machine, inputs: Sequences) -> Ran:
    space: dict[str, Any] = {"__name__": "exported_machine"}
    exec(compile(exported.text, "machine.py", "exec"), space)  # it is what this package wrote
    if wrong := space["wrong_answers"]():
        raise DataError(
            f"python: {wrong} answers to its test vectors are wrong", page="exported-file-fails"
        )
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


def onnx_session(exported: Exported) -> Any:
    """Return a session of onnxruntime, on one thread, that runs a model."""
    onnxruntime = import_module(
        "onnxruntime"
    )  # optional: by name, as no environment of a rule has it
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    providers = ["CPUExecutionProvider"]
    return onnxruntime.InferenceSession(exported.content, options, providers=providers)


def first_states(session: Any, batch: int) -> dict[str, np.ndarray]:
    """Return what a model is given beside its inputs before the first step of B sequences."""
    found = {}
    for each in session.get_inputs()[1:]:
        shape = [batch, *each.shape[1:]]
        whole = each.type == "tensor(int64)"
        found[each.name] = np.full(shape, -1, np.int64) if whole else np.zeros(shape)
    return found


def _run_onnx(exported: Exported, machine: Machine, inputs: Sequences) -> Ran:
    session = onnx_session(exported)
    runs = [onnx_run(session, sequence[None]) for sequence in inputs]
    found = {
        name: np.concatenate([run[name][0] for run in runs])
        for name in ("answers", "refused", "decisions")
        if name in runs[0]
    }
    kept = sum(each.nbytes for each in first_states(session, 1).values())
    nothing = np.full(inputs.n_steps, -1)
    codes = -found["refused"].astype(int)
    return Ran(codes, found.get("decisions", nothing), found["answers"], kept)


def onnx_run(
    session: Any, read: np.ndarray, kept: Mapping[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Return all that a model says of symbols (B, T) or rows (B, T, D), from their beginning.

    Args:
        session: the model.
        read: what it reads; (B, T) floats are rows of one channel.
        kept: what it said it keeps, to go on from there.
    """
    first, *others = session.get_inputs()
    read = read.reshape(*read.shape, 1) if len(first.shape) > read.ndim else read
    kept = first_states(session, len(read)) if kept is None else kept
    states = {each.name: kept.get(f"{each.name}_after", kept.get(each.name)) for each in others}
    kind = np.int64 if first.type == "tensor(int64)" else np.float64
    said = session.run(None, {first.name: read.astype(kind), **states})
    return dict(zip((each.name for each in session.get_outputs()), said, strict=True))


_RUNNERS: Mapping[str, Callable[[Exported, Machine, Sequences], Ran]] = {
    "c": _run_c,
    "python": _run_python,
    "onnx": _run_onnx,
    "rust": _run_rust,
}
