"""What becomes of a restart, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.hmm import planted
from markovlens.hmm import restarts
from markovlens.hmm.packing import pack
from markovlens.hmm.restarts import Candidate, Plan, advance, fit_size, new_model, unfitted
from markovlens.status import Status


@pytest.fixture
def plan():
    rng = np.random.default_rng(0)
    X, _, lengths = planted(rng, n_states=3, n_features=3, n_sequences=30, n_steps=20, noise=1.5)
    return Plan(pack(X, lengths), 4, False, False, 0, 0, {"n_iter": 40}, None)


def advanced(plan, until):
    model = new_model(plan, "full", 3)
    prior = model.prior_for(plan.packed)
    start = model.start_for(plan.packed, prior, np.random.default_rng(0))
    return advance(plan, model, prior, Candidate(0, start, unfitted(start)), until)


@pytest.mark.parametrize(("reseeded", "notes"), [((), []), ((2, 2), ["re-seeded states: 1"])])
def test_a_fit_says_how_it_ended_and_what_there_is_to_note(plan, reseeded, notes):
    begun = replace(advanced(plan, 1).fit, reseeded=reseeded)
    said = {
        (Status.OK, ""): [],
        (Status.NOT_CONVERGED, ""): ["stopped after 1 passes"],
        (Status.FAILED, "it; broke"): ["it; broke"],
    }
    for (status, cause), words in said.items():
        fit = replace(begun, status=status, cause=cause)
        assert fit.reason == "; ".join([*words, *notes])
        assert fit.converged == (status == Status.OK)
        assert Candidate(0, fit.parameters, fit).out == (status == Status.FAILED)
    dropped = replace(begun, status=Status.DROPPED)
    assert dropped.reason == "dropped after 1 passes"
    assert Candidate(0, dropped.parameters, dropped).out


def test_a_fit_without_a_step_has_begun_and_is_taken_no_further(plan):
    none = advanced(plan, 0)
    assert none.fit.begun
    assert none.fit.n_passes == 0
    assert np.isfinite(none.objective)
    model = new_model(plan, "full", 3)
    assert advance(plan, model, model.prior_for(plan.packed), none, 0) is none


def test_an_error_of_the_numbers_is_a_fit_that_failed(plan, monkeypatch):
    def broken(*args, **kwargs):
        raise np.linalg.LinAlgError("Converged? dropped; no")

    begun, model = advanced(plan, 1), new_model(plan, "full", 3)
    monkeypatch.setattr(restarts, "run_em", broken)
    failed = advance(plan, model, model.prior_for(plan.packed), begun, 5)
    assert (failed.fit.status, failed.fit.reason) == (Status.FAILED, "Converged? dropped; no")
    assert failed.finished
    assert failed.out


def test_the_weak_are_dropped_after_so_many_passes(plan):
    found = fit_size(plan, "full", 3, None)
    dropped = [candidate for candidate in found if candidate.fit.status == Status.DROPPED]
    assert dropped
    assert {candidate.fit.reason for candidate in dropped} <= {
        f"dropped after {passes} passes" for passes in restarts.CUTS
    }
    assert found[0].fit.status in (Status.OK, Status.NOT_CONVERGED)
    assert [candidate.out for candidate in found] == sorted(candidate.out for candidate in found)
