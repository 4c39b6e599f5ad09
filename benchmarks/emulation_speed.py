"""CPU time of training a generator on chain_2: our recipe against the published settings.

Run it pinned to one core with one BLAS thread:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python benchmarks/emulation_speed.py

One update of each (batches alternate, so that both see the same machine) is multiplied by the
number of updates. The published settings are those of Torre et al. (2025) for chain_2. Ours are
counted once for a single attempt and once for as many full attempts as a config allows by default.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from markovlens.networks.emulation import BETAS, EmulationOptions
from markovlens.networks.generator import DEFAULTS, build_generator, draw_one_hot, initialise
from markovlens.networks.transport import LOSSES, order_of
from markovlens.tasks import EMULATED
from markovlens.tasks.markov import SOURCES, draw

OURS = EmulationOptions()
FLOOR = 20  # times less CPU than the published settings


@dataclass(frozen=True)
class Recipe:
    """Settings of a training; `updates` of a single attempt."""

    name: str
    loss: str
    updates: int
    batch: int
    length: int
    hidden: int
    noise: int


RECIPES = (
    Recipe("ours", "transport", OURS.steps, OURS.batch, EMULATED["chain_2"], **DEFAULTS),
    Recipe("published", "sinkhorn", 1500, 4096, 100, hidden=150, noise=100),
)


def updates_of(recipe: Recipe) -> Iterator[None]:
    """Take one gradient step for each item that is asked for, in batches made beforehand."""
    source = SOURCES["chain_2"]
    rng = np.random.default_rng(0)
    _, symbols = draw(source, recipe.batch, length=recipe.length, rng=rng)
    n_classes = source.emission.shape[1]
    wanted = torch.eye(n_classes)[torch.from_numpy(symbols).long()]
    model = build_generator({"hidden": recipe.hidden, "noise": recipe.noise}, n_classes=n_classes)
    initialise(model, OURS.gain)
    parameters = list(model.parameters())
    optimiser = torch.optim.Adam(parameters, OURS.learning_rate, BETAS, fused=True)
    while True:
        logits, _ = model(torch.randn(recipe.length, recipe.batch, recipe.noise))
        written = draw_one_hot(logits).transpose(0, 1)
        order_of(written.detach(), source)
        optimiser.zero_grad()
        LOSSES[recipe.loss](written, wanted).backward()
        torch.nn.utils.clip_grad_norm_(parameters, OURS.clip)
        optimiser.step()
        yield


def cpu_seconds(action: Callable[[], None]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    action()
    return time.process_time() - start


def main() -> None:
    """Print seconds of an update and of a training for both, and the ratio of trainings."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=20, help="of our update in a round")
    chosen = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    ours, published = (updates_of(recipe) for recipe in RECIPES)
    for started in (ours, published):  # the first update pays for what is set up once
        next(started)
    times: dict[str, list[float]] = {recipe.name: [] for recipe in RECIPES}
    for _ in range(chosen.rounds):
        several = cpu_seconds(lambda: [next(ours) for _ in range(chosen.repeats)])
        times["ours"].append(several / chosen.repeats)
        times["published"].append(cpu_seconds(lambda: next(published)))
    whole = {}
    for recipe in RECIPES:
        update = statistics.median(times[recipe.name])
        whole[recipe.name] = recipe.updates * update
        print(
            f"{recipe.name}: {1e3 * update:.1f} ms an update (batch {recipe.batch}, T "
            f"{recipe.length}, H {recipe.hidden}, d {recipe.noise}, {recipe.loss}) × "
            f"{recipe.updates} = {whole[recipe.name]:.0f} s"
        )
    for attempts in (1, OURS.attempts):
        ratio = whole["published"] / (attempts * whole["ours"])
        verdict = "ok" if ratio >= FLOOR else "BELOW"
        print(f"{attempts} full attempts: {ratio:.0f} times less CPU (at least {FLOOR}: {verdict})")


if __name__ == "__main__":
    main()
