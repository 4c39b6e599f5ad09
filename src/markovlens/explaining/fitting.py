"""The machines that an explanation may choose from, and the sequences they are made of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.study import Kept, Study, study_evidence
from markovlens.errors import DataError
from markovlens.explaining.asking import Network
from markovlens.explaining.explanation import Settings
from markovlens.explaining.progress import child_seed, told
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.seeding import seed_for
from markovlens.trace import Trace

SPLITS = {"train": 0.6, "valid": 0.2, "test": 0.2}
FEWEST = 5  # sequences that can be split
N_COMPONENTS = 8  # coordinates of states that machines are fitted in
SIZES = (2, 3, 4, 5, 6, 8, 10, 12)
# Steps on which machines are fitted and sizes chosen; verdicts look at all validation sequences.
ENOUGH = {"train": 10_000, "valid": 5_000}
METHODS = ("hmm_input", "kmeans", "merging")
ASKING = ("lstar",)  # where the network can be asked step by step
QUICK = Options(restarts=1, max_iterations=30, queries=2000)
GIVEN = "given"  # in place of a method, where a machine was handed over
COUNTING = ("hmm_input", "kmeans")  # where it makes no decisions


def split_sequences(n_sequences: int, *, seed: int) -> dict[str, np.ndarray]:
    """Return the places of training, validation and test sequences, three, one and one fifth.

    Raises:
        DataError: there are fewer than five sequences.
    """
    if n_sequences < FEWEST:
        raise DataError(
            f"expected at least {FEWEST} sequences, to fit on some and score on others, got "
            f"{n_sequences}; cut long recordings into several",
            page="too-few",
        )
    order = np.random.default_rng(seed_for(seed, "explain", "splits")).permutation(n_sequences)
    ends = np.cumsum([max(1, round(share * n_sequences)) for share in SPLITS.values()])[:-1]
    ends[-1] = min(ends[-1], n_sequences - 1)
    parts = np.split(order, ends)
    return {split: np.sort(part) for split, part in zip(SPLITS, parts, strict=True)}


def usual_methods(trace: Trace, network: Network) -> tuple[str, ...]:
    """Return what machines of a network are fitted by, where nobody says: what is quick.

    `hmm_input` and `kmeans`; where it decides `merging`, and `lstar` where it can be asked step by
    step and its alphabet is small.
    """
    if trace.output != Output.DISTRIBUTION:
        return COUNTING
    few = not trace.reads_symbols or len(trace.symbols) <= Options().max_symbols
    return METHODS + (ASKING if network.oracle is not None and few else ())


def fitted(
    trace: Trace,
    splits: Mapping[str, np.ndarray],
    network: Network,
    settings: Settings,
    *,
    options: Options | None,
    given: Machine | None,
) -> dict[str, Kept]:
    """Return what each method and floor makes of the network, on the same evidence."""
    rng = np.random.default_rng(child_seed(settings, "sample"))
    train, valid = (_enough(trace.select(splits[name]), most, rng) for name, most in ENOUGH.items())
    evidence = Evidence(train, valid, network.oracle, child_seed(settings, "codes"))
    codebook = None if given is None else given.codebook
    floors = ("ngram", "majority")
    methods = floors if given is not None else (*settings.methods, *floors)
    found = {}
    for method in dict.fromkeys(methods):
        with told(f"fitting {method}"):
            made = study_evidence(
                method,
                evidence,
                n_states=settings.sizes,
                seed=seed_for(settings.seed, "explain", method),
                options=QUICK if options is None else options,
                codebook=codebook,
            )
        codebook, found[method] = made.codebook, _kept(made)
    if given is not None:
        found[GIVEN] = Kept({given.n_states: given}, {}, given.n_states, {}, codebook=codebook)
    return found


def _kept(made: Study) -> Kept:
    machines = {size: fit.machine for size, fit in made.fits.items()}
    return Kept(
        machines, made.failures, made.chosen, {}, made.lumped, made.codebook, made.codebooks
    )


def _enough(trace: Trace, most: int, rng: np.random.Generator) -> Trace:
    """Return as many sequences as it takes for so many steps, drawn at random."""
    order = rng.permutation(len(trace))
    number = 1 + int(np.searchsorted(np.cumsum(trace.lengths[order]), most))
    return trace if number >= len(trace) else trace.select(np.sort(order[:number]))
