import pytest

from markovlens.abstractions.base import Options
from markovlens.abstractions.parts import split_fits
from markovlens.abstractions.stage import abstract_run
from markovlens.activations.store import write_trace
from markovlens.embedding.stage import embed_run
from markovlens.files.runs import Run
from markovlens.files.whole import sha256

# Random starts, work shared between methods (LISOR-k and k-means), floors.
METHODS = ["hmm_input", "kmeans", "lisor_k", "overcluster", "ngram"]
SEEDS = [0, 3]


def fits_of(parts):
    return [(seed, name) for part in parts for seed, names in part.items() for name in names]


@pytest.mark.parametrize("n_parts", [1, 2, 3, 5, 10, 99])
def test_every_fit_is_in_one_part_and_no_part_is_empty(n_parts):
    parts = split_fits(SEEDS, METHODS, n_parts=n_parts)
    assert fits_of(parts) == [(seed, name) for seed in SEEDS for name in METHODS]
    sizes = [len(fits_of([part])) for part in parts]
    assert len(sizes) == min(n_parts, 10)
    assert min(sizes) >= 1
    assert max(sizes) - min(sizes) <= 1


def test_as_many_parts_as_seeds_are_the_seeds():
    assert [list(part) for part in split_fits([5, 6, 7], METHODS, n_parts=3)] == [[5], [6], [7]]


@pytest.fixture(scope="module")
def fitted(traces_of, tmp_path_factory):
    """Return a function: fit everything in so many parts, return the hash of each file."""

    def fit(n_parts):
        root = tmp_path_factory.mktemp("results")
        runs = [Run.at(root, "contains_000", "gru", seed, layer="rnn.l0") for seed in SEEDS]
        for run in runs:
            for split, trace in traces_of("contains_000", noise=0.3).items():
                write_trace(run.trace(split), [trace])
            embed_run(run, n_components=3)
        options = Options(restarts=2, max_iterations=8)
        for part in reversed(split_fits(SEEDS, METHODS, n_parts=n_parts)):  # jobs have no order
            for run in [run for run in runs if run.seed in part]:
                names = part[run.seed]
                abstract_run(run, methods=names, n_states=[2, 4], options=options, seed=0)
        files = [path for path in root.rglob("abstractions/*/*") if path.is_file()]
        return {str(path.relative_to(root)): sha256(path) for path in files}

    return fit


def test_parts_leave_the_same_bytes_as_one_job(fitted):
    whole = fitted(1)
    assert len(whole) == 3 * len(METHODS) * len(SEEDS)
    assert fitted(7) == whole
