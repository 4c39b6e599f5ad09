"""What a method finds is the same on machines of more processors."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from markovlens.abstractions.base import Options
from markovlens.abstractions.study import study
from markovlens.trace import Trace


@pytest.fixture
def wide() -> Trace:
    """Return states of 32 units at so many steps that BLAS shares its products over threads."""
    rng = np.random.default_rng(0)
    n, lengths = 8000, np.full(400, 20)
    states = rng.normal(size=(n, 32)) @ rng.normal(size=(32, 32))
    outputs, none = rng.dirichlet([1, 1], n), np.full(n, -1)
    inputs = rng.integers(2, size=n)
    return Trace(states, inputs, outputs, none, none, lengths, ("a", "b"), ("x", "y"))


def test_digits_do_not_depend_on_threads_of_blas(wide):
    options, found = Options(restarts=1, max_iterations=3), []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, user_api="blas"):
            found.append(study("gmm", wide, wide, n_states=[12], seed=0, options=options))
    for each in found[1:]:
        assert each.sweep["log_likelihood"].equals(found[0].sweep["log_likelihood"])
        assert np.array_equal(each.best.transition, found[0].best.transition)
