from dataclasses import replace

import numpy as np
import pytest

from helpers.machines import random_machine, trace_of
from markovlens.machines.minimisation import harden
from markovlens.reliance.watching.calibration import calibrate
from markovlens.reliance.watching.drawing import draw_paths
from markovlens.reliance.watching.study import (
    KINDS,
    Settings,
    Watched,
    median_of,
    proportion,
    watch,
)

SETTINGS = Settings(alpha=0.1, streams=200, changed_streams=20, ranked=100, before=20, after=40)
MACHINE = harden(random_machine(4, 6, 2, seed=2))


def traces(seed):
    return trace_of(MACHINE, n_sequences=200, longest=12, seed=seed)


def reads(inputs):
    """Record a network that is the machine."""
    outputs = MACHINE.predict(inputs)
    blank = np.full(inputs.n_steps, -1)
    return replace(
        traces(0), states=MACHINE.run(inputs), inputs=inputs.values, outputs=outputs,
        targets=blank, truth=blank, lengths=inputs.lengths,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found():
    live = traces(1)
    other = live.outputs[:, ::-1]  # a network that says the opposite
    watched = Watched(MACHINE, traces(2), traces(3), live, reads, other, None)
    return watch(watched, SETTINGS, np.random.SeedSequence(0))


def test_quiet_streams_stay_below_alpha_and_changes_are_found(found):
    rows = {row["change"]: row for row in found.rows}
    assert set(rows) == set(KINDS) - {"noisy_weights"}
    assert rows["none"]["alarms"] <= SETTINGS.alpha
    assert rows["other_seed"]["test"] == "network"
    assert rows["other_seed"]["alarms"] == 1
    assert 1 <= rows["other_seed"]["delay"] <= 15
    assert rows["other_seed"]["disagreement"] == 1
    assert rows["stuck"]["test"] == "stuck"
    for row in rows.values():
        assert row["alarms_low"] <= row["alarms"] <= row["alarms_high"]


def test_symbols_in_any_order_are_no_change_of_independent_symbols(found):
    rows = {row["change"]: row for row in found.rows}
    assert rows["shuffled"]["alarms"] <= 0.2
    assert rows["reversed"]["alarms"] <= 0.2


def test_paths_are_drawn(found):
    figure = draw_paths(found, SETTINGS, name="a machine")
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    assert len(axes.lines) == len(found.paths["none"]) + len(found.paths) - 1 + 2


def test_the_threshold_is_that_of_the_tests_there_are(found):
    """A network that does not answer is not watched, and 3 tests share alpha."""
    assert found.tests == ("network", "inputs", "stuck", "length")
    for tests in (found.tests, found.tests[1:]):
        figure = draw_paths(replace(found, tests=tests), SETTINGS, name="a machine")
        lines = [line.get_ydata() for line in figure.axes[0].lines]
        assert any(len(y) == 2 and set(y) == {len(tests) / SETTINGS.alpha} for y in lines)


def test_a_network_without_answers_is_watched_by_its_inputs():
    blank = {"outputs": np.full((traces(1).n_steps, 2), np.nan)}
    held_out, live = traces(3), replace(traces(1), **blank)
    held_out = replace(held_out, outputs=np.full(held_out.outputs.shape, np.nan))

    def silent(inputs):
        trace = reads(inputs)
        return replace(trace, outputs=np.full(trace.outputs.shape, np.nan))

    watched = Watched(MACHINE, traces(2), held_out, live, silent, None, None)
    found = watch(watched, SETTINGS, np.random.SeedSequence(0))
    assert found.tests == ("inputs", "stuck", "length")


def test_a_share_and_a_median_have_exact_intervals():
    assert proportion(0, 10)[0] == 0
    assert proportion(10, 10)[1] == 1
    assert proportion(5, 10) == pytest.approx((0.1871, 0.8129), abs=1e-4)
    assert median_of(np.array([1.0, 2, 3, 4, np.inf]))[0] == 3
    assert median_of(np.arange(1.0, 101)) == (50, 40, 61)  # ranks of tables for n = 100
    assert median_of(np.array([1.0, np.inf, np.inf])) == (None, 1.0, None)


def test_bins_reach_as_far_as_scores_that_were_not_learnt_from():
    """Of many symbols a sequence surprises less by what was learnt from itself."""
    machine = random_machine(2, 200, 2, seed=5)
    trace = trace_of(machine, n_sequences=120, longest=20, seed=6)
    calibration = calibrate(machine, trace.sequences, trace.outputs)
    counts = calibration.counts["inputs"]
    assert sum(counts) == 60
    assert np.count_nonzero(counts) > 30
