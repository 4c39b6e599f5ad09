import pytest

import markovlens as ml

FAST = ("merging", "lstar")
SIZES = (6, 8)


@pytest.fixture(scope="session")
def example():
    return ml.example()


@pytest.fixture(scope="session")
def explained(example):
    return explain(example)


def explain(example, **changes):
    """Return the explanation of the network that comes with the package, quickly."""
    usual = {
        "targets": example.targets, "symbols": example.symbols, "classes": example.classes,
        "methods": FAST, "n_states": SIZES, "unit": "word", "name": "reviews", "seed": 0,
    }  # fmt: skip
    return ml.explain(example.network, example.sequences, **(usual | changes))
