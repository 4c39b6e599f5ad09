import numpy as np
import pandas as pd
import pytest

from markovlens.figures.seq2seq.horizons import draw_horizons, horizons_finding
from markovlens.seq2seq.horizons import horizon_table


def card(seed, *, error, passed=True):
    """Two frames ahead; the baseline that stands still is right at the second."""
    return {
        "task": "a", "model": "gru", "seed": seed, "horizons": [0.5, 1.0],
        "gate": {"passed": passed},
        "scores": {
            "test": {
                "n": 7, "error": error, "error_at": [error, error],
                "zero_velocity_ratio": error, "zero_velocity_ratio_at": [error, None],
                "constant_velocity_ratio": 2 * error,
                "constant_velocity_ratio_at": [error, 3 * error],
            }
        },
    }  # fmt: skip


def test_a_row_a_step_with_the_mean_and_interval_of_the_seeds():
    table = horizon_table([card(0, error=0.1), card(1, error=0.3, passed=False)])
    assert table["step"].tolist() == ["1", "2", "all"]
    assert table["ahead"].tolist()[:2] == [0.5, 1.0]
    np.testing.assert_allclose(table["error"], 0.2)
    np.testing.assert_allclose(table["constant_velocity_ratio"], [0.2, 0.6, 0.4])
    # Student's t with one degree of freedom: 12.706 standard errors of 0.1.
    assert table["error_high"][0] == pytest.approx(0.2 + 12.706 * 0.1, abs=1e-3)
    assert table["error_low"][0] == 0
    assert table.loc[0, ["n_windows", "n_seeds", "n_passed"]].tolist() == [7, 2, 1]


def test_where_the_baseline_is_right_there_is_no_ratio():
    table = horizon_table([card(0, error=0.1)])
    assert table["zero_velocity_ratio"].isna().tolist() == [False, True, False]
    assert table["error_low"].isna().all()  # of one seed


def test_networks_that_forecast_no_movement_have_no_rows():
    other = {"task": "b", "model": "speller", "seed": 0, "gate": {"passed": True}}
    assert horizon_table([other]).empty
    assert horizon_table([other, card(0, error=0.1)])["task"].unique().tolist() == ["a"]


def test_the_title_gives_the_whole_forecast_and_the_lines_every_step():
    table = horizon_table([card(0, error=0.1), card(1, error=0.3)])
    assert horizons_finding(table).endswith("standing still: 0.2 (a)")
    axes = draw_horizons(table).axes[0]
    drawn = {line.get_color(): line.get_ydata() for line in axes.get_lines()}
    np.testing.assert_allclose(drawn["#D55E00"], [0.2, 0.6])
    np.testing.assert_allclose(drawn["#0072B2"], [0.2, np.nan])


def test_without_forecasts_the_figure_says_so():
    words = [text.get_text() for text in draw_horizons(horizon_table([])).axes[0].texts]
    assert any("no network forecasts" in text for text in words)
    assert isinstance(horizon_table([]), pd.DataFrame)
