"""The figure of claims by source: what stands in it, and its title."""

import numpy as np
import pandas as pd
import pytest

from markovlens.dynamics.claims import ALL, WORDS, by_source, dynamics_claims
from markovlens.figures.dynamics.sources import draw_sources, sources_finding

SEEDS = range(4)


def numbers(shares):
    """Return the orbit of networks of each source: what they turn one way more than by chance."""
    rows = [
        {"task": task, "model": "m", "loss": "energy", "seed": seed, "analysis": "orbit",
         "measure": "sign_share", "where": where, "pair": None, "level": np.nan, "value": value}
        for task, share in shares.items()
        for seed in SEEDS
        for where, value in (("run", 0.5 + share + 0.01 * seed), ("shuffled", 0.5))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_effects_by_source_add_up_to_the_claim():
    table = numbers({"chain_2": 0.3, "full_3": -0.1})
    effects = by_source(table).set_index("task")
    assert effects["claim"].unique().tolist() == ["orbit_sustained_by_noise"]
    assert effects.loc["chain_2", "effect"] == pytest.approx(0.315)
    assert effects.loc["full_3", "effect"] == pytest.approx(-0.085)
    assert effects.loc[ALL, "n_clusters"] == 8
    [claim] = [one for one in dynamics_claims(table, seed=0) if one.n]
    found = effects.loc[ALL, ["effect", "low", "high"]].tolist()
    assert found == pytest.approx([claim.effect, claim.low, claim.high])


def test_the_title_counts_claims_on_whose_sign_all_sources_agree():
    agreed = by_source(numbers({"chain_2": 0.3, "full_3": 0.1}))
    assert "1 with effects that speak for it on every source" in sources_finding(agreed)
    split = sources_finding(by_source(numbers({"chain_2": 0.3, "full_3": -0.1})))
    assert "0 with effects that speak for it" in split
    assert "0 with effects against it" in split


def test_a_panel_a_claim_a_row_a_source():
    figure = draw_sources(numbers({"chain_2": 0.3, "full_3": -0.1}))
    [axes] = figure.axes
    assert axes.get_title(loc="left") == "orbit sustained by noise"
    assert "orbit_sustained_by_noise" in WORDS
    assert [label.get_text() for label in axes.get_yticklabels()] == ["chain_2", "full_3", ALL]


def test_without_networks_the_figure_says_so():
    figure = draw_sources(numbers({"chain_2": 0.3}).iloc[:0])
    [axes] = figure.axes
    assert "has what a claim compares" in axes.texts[0].get_text()
