"""What streaming costs in likelihood, where the data still fit in memory.

Three fits, scored on the same held-out sequences:

    streaming  searched for on a sample, then full passes over the file until one gains little
    same_start  in memory, from the same start, until it converges
    restarts  in memory, the engine's usual best of as many restarts on all the data, by itself

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/large_fits.py 1e5 --seeds 0 1 2 3 4
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from large_activations import (
    FITS,
    HELD_OUT,
    RESTARTS,
    STATES,
    basis_of,
    record,
    search,
    stream,
    train_network,
)

MEMORY = {"n_iter": 500, "tol_per_step": 1e-7}  # full passes at most, and the gain of the last one
APART = 1000  # from the seeds of the streaming fits to those of the restarts in memory


def files(n_steps: int, folder: Path) -> tuple[Path, Path]:
    """Return files of coordinates: those to fit to, and the held-out ones."""
    from markovlens.abstractions.streaming import embed_file

    network, raw = train_network(), folder / "raw.parquet"
    low, held = folder / "low.parquet", folder / "held.parquet"
    record(network, n_steps, 1, raw)
    basis = basis_of(raw)
    embed_file(raw, low, basis)
    record(network, HELD_OUT, 2, raw)
    embed_file(raw, held, basis)
    return low, held


def compare(low: Path, held: Path, seed: int) -> dict:
    """Return the held-out log-likelihood of each fit, nats a step, and the streaming passes."""
    from sklearn.base import clone

    from markovlens.abstractions.streaming import score_file
    from markovlens.activations.store import load_trace
    from markovlens.hmm import sweep

    whole = load_trace(low)
    begun = search(low, seed)
    again = clone(begun).set_params(**MEMORY)
    again.startprob_, again.transmat_ = begun.startprob_, begun.transmat_
    again.means_, again.covars_ = begun.means_, begun.covars_
    streamed = stream(begun, low)
    best = sweep(
        whole.states,
        whole.lengths,
        n_states=[STATES],
        restarts=RESTARTS,
        rng=np.random.default_rng(APART + seed),
        **MEMORY,
    ).best
    fits = {
        "streaming": streamed,
        "same_start": again.fit(whole.states, whole.lengths),
        "restarts": best,
    }
    scores = {name: score_file(model, held).sum() / HELD_OUT for name, model in fits.items()}
    return {"steps": whole.n_steps, "seed": seed, "passes": streamed.monitor_.iter, **scores}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("n_steps", type=lambda text: int(float(text)))
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--table", type=Path, default=FITS)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        low, held = files(arguments.n_steps, Path(folder))
        for seed in arguments.seeds:
            row = pd.DataFrame([compare(low, held, seed)])
            header = not arguments.table.exists()
            row.to_csv(arguments.table, mode="a", header=header, index=False, float_format="%.10g")


if __name__ == "__main__":
    main()
