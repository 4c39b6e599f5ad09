"""A trace of a small network and a machine of it."""

import pytest

import markovlens as ml


@pytest.fixture(scope="module")
def trace(traces_of):
    return traces_of("parity")["test"]


@pytest.fixture(scope="module")
def machine(trace):
    return ml.study("ngram", trace, trace, n_states=[2], seed=0).best
