"""Whether a machine is above the best floor: by the difference, on the same sequences."""

import numpy as np
import pytest

from markovlens.faithfulness.scores.measures import measured
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.faithfulness.verdict.answers import difference
from markovlens.outputs import Output
from markovlens.trace import Trace

N_SEQUENCES, STEPS = 40, 10


def trace_of(seed):
    """Return a network whose values, easy or hard to foretell, differ between sequences."""
    rng = np.random.default_rng(seed)
    n = N_SEQUENCES * STEPS
    outputs = rng.normal(size=(n, 1)) + np.repeat(rng.normal(size=N_SEQUENCES), STEPS)[:, None]
    nothing = np.full(n, -1)
    lengths = np.full(N_SEQUENCES, STEPS)
    rows = np.zeros(n, dtype=int)
    return Trace(
        outputs, rows, outputs, nothing, nothing, lengths, ("a",), ("y",), (), Output.VALUES
    )


def answers(trace, rng, noise):
    """Return answers of two that share what makes a sequence hard; the first is a little better."""
    hard = np.repeat(rng.exponential(size=N_SEQUENCES), STEPS)[:, None]
    shared = hard * rng.normal(size=trace.outputs.shape)
    return trace.outputs + shared, trace.outputs + (1 + noise) * shared


def gap_of(seed, noise):
    trace = trace_of(seed)
    rng = np.random.default_rng([seed, 1])
    bootstrap = Bootstrap.draw(N_SEQUENCES, n_resamples=400, rng=rng)
    better, floor = (
        measured(said, trace.outputs, trace, bootstrap) for said in answers(trace, rng, noise)
    )
    return better, floor, difference(better, floor, bootstrap)


def test_what_is_hard_for_both_does_not_blur_their_difference():
    better, floor, gap = gap_of(0, noise=0.1)
    assert gap.value == pytest.approx(better.value - floor.value)
    assert gap.low > 0  # though neither interval alone parts them
    assert better.low < floor.value
    assert gap.high - gap.low < 0.5 * (better.high - better.low)


def test_the_interval_holds_the_true_difference_about_as_often_as_it_says():
    truth = np.mean([gap_of(seed, 0.3)[2].value for seed in range(100, 300)])
    held = [gap.low <= truth <= gap.high for gap in (gap_of(seed, 0.3)[2] for seed in range(100))]
    assert np.mean(held) > 0.85
