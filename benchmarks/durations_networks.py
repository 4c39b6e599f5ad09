"""Do dwell times explain why BIC takes so many states of networks that emulate HMMs?

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/durations_networks.py results

For each emulator of a finished run: `irregularity` of the times between switches of its likeliest
symbol (coefficient of variation over that of the geometric law with that mean), and, on its leading
principal components, test nats a step that explicit durations and one state more gain over an HMM.
Durations are the better of both laws by BIC, whose change is given too. Runs are recorded after
`WARMUP` steps, so that a sequence may begin inside a stay, of which the laws take no account. Seeds
are networks; intervals are over them.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from durations_figure import over_seeds

from markovlens.dynamics.resonance import dwell_sums, irregularity
from markovlens.dynamics.store import load_noisy
from markovlens.embedding.pod import pod
from markovlens.hmm import DurationHMM, sweep

WARMUP, LENGTH, N_TRAIN, N_TEST = 50, 200, 60, 40  # steps; runs
COMPONENTS, SIZES, MOST = 3, (4, 6, 8), 12
LAWS = (("negative_binomial", 2), ("negative_binomial", 3), ("free", 15))
TABLE = Path("docs/durations_networks.csv")

Row = dict[str, str | float]


def measured(folder: Path, seed: int) -> Iterator[Row]:
    """Yield what is found for one network."""
    rng = np.random.default_rng(seed)
    episode = load_noisy(folder).run(N_TRAIN + N_TEST, LENGTH, rng, warmup=WARMUP)
    dwells = dwell_sums(episode.likeliest).sum(axis=0, keepdims=True)
    yield {"measure": "irregularity", "value": float(irregularity(dwells)[0])}
    flat = episode.states[:N_TRAIN].reshape(-1, episode.states.shape[2])
    basis = pod(flat, n_components=COMPONENTS)
    train, test = (
        basis.project(part.reshape(-1, flat.shape[1]))
        for part in np.split(episode.states, [N_TRAIN])
    )
    known = train, np.full(N_TRAIN, LENGTH)
    found = sweep(*known, n_states=range(2, MOST + 1), restarts=3, rng=rng)
    yield {"measure": "states by BIC", "value": found.best.n_components}
    held_out = test, np.full(N_TEST, LENGTH)
    for size in SIZES:
        hmm, larger = (found.models["full", k][0] for k in (size, size + 1))
        fits = [DurationHMM(hmm, law, phases).fit(*known) for law, phases in LAWS]
        lasting = min(fits, key=lambda model: model.bic(*known))
        for name, model in (("durations", lasting), ("one state more", larger)):
            gain = (model.score(*held_out) - hmm.score(*held_out)) / len(test)
            yield {"states": size, "measure": f"nats gained by {name}", "value": gain}
            change = model.bic(*known) - hmm.bic(*known)
            yield {"states": size, "measure": f"BIC changed by {name}", "value": change}


def rows(results: Path) -> Iterator[Row]:
    """Yield the rows of all emulators of a run."""
    for folder in sorted(results.glob("runs/*/emulator*/seed-*/network")):
        task, model, seed = folder.parts[-4:-1]
        for row in measured(folder, int(seed.removeprefix("seed-"))):
            yield {"network": f"{task}/{model}", "states": np.nan} | row


def main() -> None:
    """Write the means over seeds with their intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    found = pd.DataFrame(rows(parser.parse_args().results))
    table = over_seeds(found, ["network", "states", "measure"])
    table.to_csv(TABLE, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
