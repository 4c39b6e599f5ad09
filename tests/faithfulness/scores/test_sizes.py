"""The table of chosen sizes, from sweeps and scores that are known."""

import numpy as np
import pandas as pd
import pytest

from markovlens.faithfulness.scores.sizes import size_table

PLACE = {"task": "parity", "model": "gru", "seed": 0, "layer": "rnn.l0"}


def fit(method, size, *, chosen=True, status="ok", **changes):
    return PLACE | {
        "method": method, "n_states": size, "chosen": chosen, "status": status,
        "n_states_low": pd.NA, "n_states_high": pd.NA, "n_lumped": pd.NA,
        "stability_restarts": np.nan,
    } | changes  # fmt: skip


def agreement(method, mode, value, **changes):
    return PLACE | {
        "method": method, "mode": mode, "score": "stability", "value": value,
        "low": value - 0.1, "high": value + 0.1, "n_sequences": 50,
    } | changes  # fmt: skip


def table(fits, scores):
    made = size_table(pd.DataFrame(fits), pd.DataFrame(scores))
    return made.set_index(["seed", "method"])


@pytest.fixture
def found():
    sure = {"n_states_low": 4, "n_states_high": 6, "n_lumped": 2}
    fits = [
        fit("hmm", 5, stability_restarts=0.8, **sure),
        fit("hmm", 5, stability_restarts=0.6, **sure),
        fit("hmm", 5, status="dropped", **sure),
        fit("hmm", 3, chosen=False, stability_restarts=0.1),
        fit("lstar", 2),
        fit("ngram", 2),
        fit("hmm", 4, seed=1, **sure),
    ]
    scores = [
        agreement("hmm", "open", 0.5),
        agreement("hmm", "lumped", 0.9),
        agreement("hmm", "open", 0.7, seed=1),
        agreement("hmm", "open", 0.2) | {"score": "ari"},
    ]
    return table(fits, scores)


def test_a_row_is_a_machine_and_floors_have_none(found):
    assert found.index.tolist() == [(0, "hmm"), (0, "lstar"), (1, "hmm")]


def test_restarts_are_those_of_the_chosen_size_that_ran_to_their_end(found):
    row = found.loc[(0, "hmm")]
    assert row["stability_restarts"] == pytest.approx(0.7)
    assert row["n_restarts"] == 2
    assert (row["n_states"], row["n_states_low"], row["n_states_high"]) == (5, 4, 6)


def test_seeds_agree_as_their_scores_say(found):
    row = found.loc[(0, "hmm")]
    assert (row["stability_seeds"], row["stability_seeds_low"]) == (0.5, 0.4)
    assert (row["stability_lumped"], row["n_sequences"]) == (0.9, 50)
    assert found.loc[(1, "hmm"), "stability_seeds"] == 0.7
    assert np.isnan(found.loc[(1, "hmm"), "stability_lumped"])


def test_without_other_seeds_nothing_is_said(found):
    row = found.loc[(0, "lstar")]
    assert row[["stability_seeds", "stability_lumped", "n_states_low"]].isna().all()
    assert row["n_sequences"] == 0
