"""Time of one step at batch 1, bytes of code and of state: exported machines beside their networks.

    python benchmarks/export.py [--rounds 20] [--write docs/export.csv] [--apart-only]

Nanoseconds of processor time a step, the least over rounds of 500 steps, all in one run and
alternated, one thread each (of Rust, wall-clock time). A step of a machine is
reading a symbol or a row, and deciding. The network, a GRU and a linear head, is asked in the
cheapest ways there are: by torch's cell and head called on one row at a time, without gradients,
and as an ONNX model of one step (operator GRU, the state goes in and out) by onnxruntime. First
the answers of torch and onnxruntime are compared, and the decisions of every exported file with
those of `Machine.predict`.

Of the first case network and machine are those of `markovlens.example()`, trained; weights and
moves of the others are random: what is timed does not depend on them. C is compiled with -O3, Rust
with -O; of C twice: included in the program that calls it, so that steps are inlined (`c_ns`), and
compiled apart and linked (`c_apart_ns`). `--apart-only` measures only these two, and writes the
second into the table that is there. Bytes of code are those of `size` with -Os, names and tables
included.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

import markovlens as ml
from markovlens.channels import Channel
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden
from markovlens.reliance.exporting.exported import Exported
from markovlens.reliance.exporting.running import (
    STRICT,
    as_bytes,
    called,
    first_states,
    onnx_session,
    why_not,
)
from markovlens.reliance.exporting.trials import tried
from markovlens.sequences import Sequences

N_STEPS = 500
REPEATS = 200  # runs over all steps within a round of compiled programs, whose steps are short
C_TIMER = """%(define)s
#include "machine.c"
#include <stdint.h>
#include <stdio.h>
#include <time.h>
static %(kind)s read_[500 * %(width)d];
int main(void) {
  int32_t head[2];
  struct timespec a, b;
  machine_state s;
  volatile int sink = 0;
  int t, r;
  if (fread(head, 4, 2, stdin) != 2 || fread(read_, sizeof read_, 1, stdin) != 1) return 1;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
  for (r = 0; r < %(repeats)d; r++) {
    machine_init(&s);
    for (t = 0; t < 500; t++) {
      machine_step(&s, %(item)s);
      sink = machine_decision(&s);
    }
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
  (void)sink;
  printf("%%.3f", ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / 500.0 / %(repeats)d);
  return 0;
}
"""
RUST_TIMER = """#[path = "machine.rs"]
#[allow(dead_code)]
mod machine;
use std::hint::black_box;
use std::io::Read;
fn main() {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).unwrap();
    let read: Vec<%(kind)s> = bytes[8..].chunks(%(size)d).map(|b| %(item)s).collect();
    let begun = std::time::Instant::now();
    for _ in 0..%(repeats)d {
        let mut m = machine::Machine::new();
        for each in &read {
            m.step(%(each)s).unwrap();
            black_box(m.decision());
        }
    }
    print!("{:.3}", begun.elapsed().as_nanos() as f64 / 500.0 / %(repeats)d as f64);
}
"""


@dataclass(frozen=True)
class Case:
    """A machine, its network, and what both read: 500 steps of one sequence."""

    name: str
    machine: Machine
    embedding: nn.Embedding | None
    cell: nn.GRUCell
    head: nn.Linear
    inputs: Sequences


def example() -> Case:
    """The trained network that comes along, and its machine."""
    e = ml.example()
    found = ml.explain(e.network, e.sequences, symbols=e.symbols, classes=e.classes)
    rnn = e.network.rnn
    cell = nn.GRUCell(rnn.input_size, rnn.hidden_size)
    cell.load_state_dict({key.removesuffix("_l0"): each for key, each in rnn.state_dict().items()})
    inputs = Sequences(e.sequences.values[:N_STEPS], np.array([N_STEPS]))
    machine = found.machine
    name = f"film reviews, {len(e.symbols)} symbols"
    return Case(name, machine, e.network.embedding, cell, e.network.head, inputs)


def of_symbols(n_symbols: int, n_states: int, n_units: int, *, belief: bool) -> Case:
    rng = np.random.default_rng(0)
    machine = random_machine(n_states, tuple(f"s{v}" for v in range(n_symbols)), belief=belief)
    inputs = Sequences(rng.integers(n_symbols, size=N_STEPS), np.array([N_STEPS]))
    embedding, cell = nn.Embedding(n_symbols, 8), nn.GRUCell(8, n_units)
    return Case(f"{n_symbols} symbols", machine, embedding, cell, nn.Linear(n_units, 2), inputs)


def of_rows(n_channels: int, context: str, n_units: int, *, belief: bool, tree: bool) -> Case:
    rows = np.random.default_rng(0).normal(size=(N_STEPS, n_channels))
    channels = tuple(Channel(f"x{c}") for c in range(n_channels))
    inputs = Sequences(rows, np.array([N_STEPS]), channels)
    made = {"context": Context.named(context)}
    rng = np.random.default_rng(1)
    book = (
        quantile_cuts(inputs, 16, **made) if tree else nearest_centres(inputs, 16, rng=rng, **made)
    )
    machine = replace(random_machine(8, book.names, belief=belief), codebook=book)
    cell, head = nn.GRUCell(n_channels, n_units), nn.Linear(n_units, 2)
    name = f"{n_channels} channels, 16 codes of a {'tree' if tree else 'k-means'}, {context}"
    return Case(name, machine, None, cell, head, inputs)


def random_machine(n_states: int, symbols: tuple[str, ...], *, belief: bool) -> Machine:
    rng = np.random.default_rng(2)
    made = Machine(
        rng.dirichlet(np.ones(n_states), len(symbols)),
        rng.dirichlet(np.ones(n_states), (len(symbols), n_states)),
        rng.dirichlet(np.ones(2), n_states),
        symbols,
        ("no", "yes"),
        np.ones((len(symbols), n_states), dtype=bool),
    )
    return made if belief else harden(made)


def by_torch(case: Case) -> Callable[[], np.ndarray]:
    """What reads all steps by a cell and a head, and returns the probabilities."""
    rows = torch.as_tensor(case.inputs.values)
    rows = rows[:, None] if case.embedding is not None else rows[:, None].float()
    cell, head, embedding = case.cell.eval(), case.head.eval(), case.embedding

    def read() -> np.ndarray:
        state, said = torch.zeros(1, cell.hidden_size), []
        with torch.inference_mode():
            for row in rows:
                state = cell(row if embedding is None else embedding(row), state)
                said.append(head(state).softmax(-1))
        return torch.cat(said).numpy()

    return read


def by_onnxruntime(case: Case) -> Callable[[], np.ndarray]:
    """The same by onnxruntime, one call a step."""
    session = session_of(network_model(case))
    whole = case.embedding is not None
    rows = case.inputs.values.astype(np.int64 if whole else np.float32)
    rows = rows.reshape(N_STEPS, 1, *rows.shape[1:])

    def read() -> np.ndarray:
        state, said = np.zeros((1, 1, case.cell.hidden_size), np.float32), []
        for row in rows:
            answer, state = session.run(None, {"x": row, "h": state})
            said.append(answer)
        return np.concatenate(said)

    return read


def session_of(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def network_model(case: Case) -> bytes:
    """One step of the network: ONNX has its gates in the order z, r, h, torch in r, z, n."""
    n_units = case.cell.hidden_size
    order = np.r_[n_units : 2 * n_units, :n_units, 2 * n_units : 3 * n_units]
    arrays = {name: each.detach().numpy() for name, each in case.cell.named_parameters()}
    biases = np.concatenate([arrays["bias_ih"][order], arrays["bias_hh"][order]])
    constants = {
        "W": arrays["weight_ih"][order][None], "R": arrays["weight_hh"][order][None],
        "B": biases[None], "V": case.head.weight.detach().numpy().T.copy(),
        "b": case.head.bias.detach().numpy(), "axis": np.array([0]),
    }  # fmt: skip
    nodes, whole = [], case.embedding is not None
    if whole:
        constants["E"] = case.embedding.weight.detach().numpy()
        nodes.append(helper.make_node("Gather", ["E", "x"], ["e"]))
    nodes += [
        helper.make_node("Unsqueeze", ["e" if whole else "x", "axis"], ["i"]),
        helper.make_node("GRU", ["i", "W", "R", "B", "", "h"], ["", "h2"], hidden_size=n_units,
                         linear_before_reset=1),
        helper.make_node("Squeeze", ["h2", "axis"], ["s"]),
        helper.make_node("Gemm", ["s", "V", "b"], ["l"]),
        helper.make_node("Softmax", ["l"], ["y"]),
    ]  # fmt: skip
    shape = [1] if whole else [1, case.cell.input_size]
    kind, real = (TensorProto.INT64, TensorProto.FLOAT) if whole else [TensorProto.FLOAT] * 2
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "gru", [info("x", kind, shape), info("h", real, [1, 1, n_units])],
        [info("y", real, [1, case.head.out_features]), info("h2", real, [1, 1, n_units])],
        [numpy_helper.from_array(each, name) for name, each in constants.items()],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def by_python(exported: Exported, inputs: Sequences) -> Callable[[], None]:
    space: dict = {"__name__": "machine"}
    exec(compile(exported.text, "machine.py", "exec"), space)
    machine, reads = space["Machine"](), inputs.values.tolist()

    def read() -> None:
        machine.reset()
        for each in reads:
            machine.step(each)
            machine.decision()

    return read


def by_onnx(exported: Exported, inputs: Sequences) -> Callable[[], None]:
    """The machine's own ONNX model, one call a step."""
    session = onnx_session(exported)
    first, *others = session.get_inputs()
    kind = np.int64 if first.type == "tensor(int64)" else np.float64
    reads = inputs.values.astype(kind).reshape(N_STEPS, 1, 1, *inputs.values.shape[1:])
    outputs = ["decisions", *(f"{each.name}_after" for each in others)]

    def read() -> None:
        kept = first_states(session, 1)
        for each in reads:
            _, *after = session.run(outputs, {first.name: each, **kept})
            kept = {one.name: value for one, value in zip(others, after, strict=True)}

    return read


def nanoseconds(read: Callable[[], object]) -> float:
    begun = time.process_time_ns()
    read()
    return (time.process_time_ns() - begun) / N_STEPS


def by_c(
    exported: Exported, inputs: Sequences, folder: Path, *, apart: bool = False
) -> Callable[[], float]:
    """What runs a program and returns the nanoseconds a step that it measured.

    A machine that is compiled apart is called; one that is included is inlined.
    """
    width = len(inputs.channels)
    words = {"kind": "double", "width": width, "item": f"read_ + t * {width}"}
    words = words if width else {"kind": "int32_t", "width": 1, "item": "read_[t]"}
    exported.write(folder / "machine.c")
    define = "#define MACHINE_DECLARATIONS" if apart else ""
    timer = folder / f"timer_{'apart' if apart else 'c'}"
    source = timer.with_suffix(".c")
    source.write_text(C_TIMER % {**words, "repeats": REPEATS, "define": define})
    sources = [source, folder / "machine.c"] if apart else [source]
    called("cc", "-std=gnu99", "-O3", *sources, "-o", timer)
    return lambda: float(called(timer, given=as_bytes(inputs)))


def by_rust(exported: Exported, inputs: Sequences, folder: Path) -> Callable[[], float]:
    width = len(inputs.channels)
    words = {
        "kind": f"[f64; {width}]", "size": 8 * width, "each": "each",
        "item": "std::array::from_fn(|i| f64::from_ne_bytes(b[8 * i..][..8].try_into().unwrap()))",
    } if width else {
        "kind": "usize", "size": 4, "each": "*each",
        "item": "i32::from_ne_bytes(b.try_into().unwrap()) as usize",
    }  # fmt: skip
    exported.write(folder / "machine.rs")
    (folder / "timer.rs").write_text(RUST_TIMER % {**words, "repeats": REPEATS})
    called("rustc", "--edition=2021", "-O", folder / "timer.rs", "-o", folder / "timer_rust")
    return lambda: float(called(folder / "timer_rust", given=as_bytes(inputs)))


def bytes_of(folder: Path) -> int:
    """Bytes of code and tables of the file of C, as `size` counts them."""
    called("cc", *STRICT, "-Os", "-c", folder / "machine.c", "-o", folder / "machine.o")
    text, data, bss = called("size", folder / "machine.o").decode().splitlines()[1].split()[:3]
    assert int(bss) == 0, "nothing global changes"
    return int(text) + int(data)


def measured(case: Case, rounds: int) -> dict[str, object]:
    """A row of the table."""
    machine, inputs = case.machine, case.inputs
    files = {each: machine.export(each) for each in ("c", "python", "onnx", "rust")}
    trials = [tried(each, machine, inputs) for each in files.values() if not why_not(each.language)]
    assert all(trial.n_equal == N_STEPS for trial in trials), trials
    torch_read, onnx_read = by_torch(case), by_onnxruntime(case)
    np.testing.assert_allclose(torch_read(), onnx_read(), atol=1e-5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timers = {
            "c": by_c(files["c"], inputs, folder),
            "c_apart": by_c(files["c"], inputs, folder, apart=True),
        }
        if not why_not("rust"):
            timers["rust"] = by_rust(files["rust"], inputs, folder)
        reads = {
            "torch": torch_read,
            "onnxruntime": onnx_read,
            "python": by_python(files["python"], inputs),
            "machine_onnx": by_onnx(files["onnx"], inputs),
        }
        code = bytes_of(folder)
        found = [
            {name: nanoseconds(read) for name, read in reads.items()}
            | {name: timer() for name, timer in timers.items()}
            for _ in range(rounds)
        ]
    least = pd.DataFrame(found).min()
    weights = sum(each.numel() for each in (*case.cell.parameters(), *case.head.parameters()))
    weights += 0 if case.embedding is None else case.embedding.weight.numel()
    return {
        "case": case.name, "carries": machine.carries, "states": machine.n_states,
        "gru_units": case.cell.hidden_size, **least.add_suffix("_ns"),
        "torch_over_c": least["torch"] / least["c"],
        "onnxruntime_over_c": least["onnxruntime"] / least["c"],
        "code_bytes": code, "state_bytes": trials[0].state_bytes,
        "network_bytes": 4 * weights, "equal_steps": trials[0].n_equal, "steps": N_STEPS,
    }  # fmt: skip


def apart(case: Case, rounds: int) -> dict[str, float]:
    """Nanoseconds a step of C, included and compiled apart."""
    exported = case.machine.export("c")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timers = [by_c(exported, case.inputs, folder, apart=each) for each in (False, True)]
        found = [[timer() for timer in timers] for _ in range(rounds)]
    included, called_ns = np.min(found, axis=0)
    return {"c_ns": included, "c_apart_ns": called_ns}


def cases() -> Iterator[Case]:
    yield example()
    yield of_symbols(2, 5, 16, belief=False)
    yield of_symbols(2, 12, 16, belief=True)
    yield of_symbols(1000, 8, 16, belief=True)
    yield of_rows(2, "row", 16, belief=False, tree=True)
    yield of_rows(8, "row", 32, belief=False, tree=True)
    yield of_rows(8, "row", 32, belief=True, tree=True)
    yield of_rows(32, "window_3", 128, belief=True, tree=True)
    yield of_rows(8, "row", 32, belief=False, tree=False)
    yield of_rows(32, "row", 32, belief=True, tree=False)


def main() -> None:
    """Print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--apart-only", action="store_true")
    given = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if given.apart_only:
        found = pd.DataFrame([apart(case, given.rounds) for case in cases()]).round(2)
        print(found.to_string())
        if given.write:
            table = pd.read_csv(given.write).assign(c_apart_ns=found["c_apart_ns"])
            table.to_csv(given.write, index=False)
        return
    table = pd.DataFrame([measured(case, given.rounds) for case in cases()])
    print(table.to_string())
    if given.write:
        table.round(2).to_csv(given.write, index=False)
    versions = [torch.__version__, onnxruntime.__version__, sys.version.split()[0]]
    compiler = subprocess.run(["cc", "--version"], capture_output=True, text=True).stdout
    print(*versions, compiler.splitlines()[0], sep="; ")


if __name__ == "__main__":
    main()
