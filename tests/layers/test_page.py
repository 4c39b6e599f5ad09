"""What the page on layers quotes is whole, and of networks that count as claims count them."""

from pathlib import Path

import pandas as pd
import pytest

from markovlens.layers.claims import LEARNED
from markovlens.tables.claims import CLAIMS
from markovlens.tables.layers import LAYERS

KEPT = Path(__file__).resolve().parents[2] / "docs/numbers/layers"


@pytest.fixture
def layers():
    return pd.read_csv(KEPT / "layers.csv")


def test_the_kept_tables_have_the_columns_that_are_declared(layers):
    assert layers.columns.tolist() == LAYERS.names
    assert set(pd.read_csv(KEPT / "layers_claims.csv").columns) <= set(CLAIMS.names)


def test_networks_count_by_what_they_are_right_at(layers):
    assert (layers["counted"] == (layers["accuracy"] >= LEARNED)).all()
    assert (layers["low"] <= layers["value"]).all()
    assert (layers["value"] <= layers["high"]).all()
