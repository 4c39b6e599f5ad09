"""How long an explorer of 10^5 steps takes to answer a click, in headless Chromium.

Prints a table: the size of the file, how long it takes to open, and of each kind of click (a state
of the graph, a point of the embedding, a step of the sequence, a search) the median and the longest
time from the event to the frame after all views have drawn. It fails if any median is 100 ms or
more.

    python benchmarks/explorer.py [--steps 100000] [--clicks 20]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import markovlens as ml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from helpers.browser import chromium, complaints

LIMIT = 100  # ms
MODULUS, LENGTH = 8, 100
MEASURE = """
const [act, clicks, done] = [arguments[0], arguments[1], arguments[2]];
const painted = () => new Promise((ok) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = ok;
  channel.port2.postMessage(0);
}));
const acts = {
  state: (turn) => document.querySelectorAll("#graph .state")[turn % 8]
    .dispatchEvent(new MouseEvent("click", { bubbles: true })),
  point: (turn) => {
    const canvas = document.querySelector("#embedding canvas");
    const box = canvas.getBoundingClientRect();
    const across = box.left + box.width * (0.1 + 0.04 * turn);
    const at = { clientX: across, clientY: box.top + box.height / 2 };
    canvas.dispatchEvent(new PointerEvent("pointerdown", { ...at, bubbles: true }));
    canvas.dispatchEvent(new MouseEvent("click", { ...at, bubbles: true }));
  },
  step: (turn) => [...document.querySelectorAll(".step")].at(turn % 2 ? -1 : 3).click(),
  search: (turn) => {
    document.querySelector("#query").value = turn % 2 ? "one" : "zero";
    document.querySelector("#search").requestSubmit();
  },
};
(async () => {
  const times = [];
  for (let turn = 0; turn < clicks; turn += 1) {
    await painted();
    const began = performance.now();
    acts[act](turn);
    await painted();
    times.push(performance.now() - began);
  }
  done(times);
})();
"""


class Counter(torch.nn.Module):
    """Counts ones modulo eight; its state is where the count stands on a circle, with noise."""

    def initial(self, batch: int) -> dict[str, torch.Tensor]:
        """Begin at none."""
        return {"count": torch.zeros(batch, 1)}

    def step(
        self, state: dict[str, torch.Tensor], symbols: torch.Tensor
    ) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Count a one, and say whether the count is below half."""
        count = (state["count"] + symbols[:, None]) % MODULUS
        high = (count >= MODULUS / 2).float()
        return {"count": count}, torch.cat([1 - high, high], dim=1)


def page(folder: Path, n_steps: int, *, length: int) -> Path:
    """Write the explorer of a counter on so many steps, in sequences of one length."""
    rng = np.random.default_rng(0)
    count = n_steps // length
    sequences = ml.Sequences(rng.integers(2, size=count * length), np.full(count, length))
    explained = ml.explain(
        Counter(), sequences, symbols=("zero", "one"), classes=("low", "high"), link=None,
        methods=["kmeans"], n_states=[MODULUS], name="counter",
    )  # fmt: skip
    path = folder / f"{length}.html"
    ml.write_explorer(path, explained)
    return path


def measure(path: Path, clicks: int) -> list[tuple[str, float, float]]:
    """Return what was done on a page, with the median and the longest time in ms."""
    with chromium() as driver:
        driver.set_script_timeout(300)
        began = time.perf_counter()
        driver.get(path.as_uri())
        opened = 1000 * (time.perf_counter() - began)
        rows = [("open", opened, opened)]
        for act in ("state", "point", "step", "search"):
            times = driver.execute_async_script(MEASURE, act, clicks)
            rows.append((act, float(np.median(times)), max(times)))
        if said := complaints(driver):
            raise SystemExit(f"the page complains: {said}")
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--clicks", type=int, default=20)
    given = parser.parse_args()
    print("| sequences of | MB | what is done | median ms | longest ms |\n|---|---|---|---|---|")
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        for length in (LENGTH, given.steps // 10):
            path = page(Path(folder), given.steps, length=length)
            for act, median, longest in measure(path, given.clicks):
                size = path.stat().st_size / 1e6
                print(f"| {length} | {size:.2f} | {act} | {median:.0f} | {longest:.0f} |")
                slow |= act != "open" and median >= LIMIT
    if slow:
        raise SystemExit(f"a click takes {LIMIT} ms or more")


if __name__ == "__main__":
    main()
