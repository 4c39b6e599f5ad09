"""Pages quote the tables that lie beside them, and no number of these is typed a second time."""

import importlib

import pandas as pd
import pytest

from helpers.pages import DOCS, copied, rendered, replaced


@pytest.fixture
def ext(monkeypatch):
    """A module of the folder that renders, by name."""
    monkeypatch.syspath_prepend(DOCS / "_ext")
    return importlib.import_module


@pytest.fixture
def copy(tmp_path):
    """A copy of what pages are made of."""
    return copied(tmp_path)


PLANTED = {"task": "real_parity_margin", "method": "overcluster"}
IN_PART = {"way": "in part", "stage": "hmm"}
UNTRAINED = {"steps": 25, "score": "steer"}
OTHERS = {"what": "exponential mean"}
FLOOR = {"model": "gru_words", "method": "ngram", "score": "counterfactual_confirmed"}
AT_REST = {"network": "beatnet", "input": "steady spectrum"}


@pytest.mark.parametrize(
    ("table", "rows", "column", "value", "sentence"),
    [
        ("wild.csv", {"network": "silero"}, "verdict", "finite-state", "is a constant"),
        ("wild_rest.csv", AT_REST, "becomes", "fixed point", "BeatNet beats"),
        ("real_languages.csv", PLANTED, "exact", 0, "reached on all networks"),
        ("log_volatility.csv", OTHERS, "r2", 0.5, "above all others by value"),
        ("export.csv", {"states": 5}, "machine_onnx_ns", 100, "ONNX model is slower"),
        ("large_models.csv", IN_PART, "lag", 0.05, "holds for HMMs and not for clusters"),
        ("steering_along_training.csv", UNTRAINED, "value", 0.9, "nothing steers the network"),
        ("numbers/default/counterfactuals.csv", FLOOR, "high", 0.1, "more than the floor"),
    ],
)
def test_a_sentence_that_its_table_no_longer_bears_out_is_refused(
    copy, table, rows, column, value, sentence
):
    replaced(copy / table, rows, column, value)
    done = rendered(copy, "check")
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


# By the pages that quote it: rows of a table, a column and another number, all changed at once.
QUOTED = {
    ("README", "wild"): ("wild.csv", {"network": "silero"}, "fidelity", 0.7),
    ("real_languages",): ("real_languages.csv", {"method": "lstar"}, "exact", 0),
    ("real",): ("volatility.csv", {"what": "GARCH(1,1)"}, "auc", 0.77),
    ("export",): ("export.csv", {"carries": "belief"}, "rust_ns", 12.0),
    ("large",): ("large_activations_growth.csv", {"measure": "hours"}, "value", 0.5),
    ("steering",): ("steering_along_training.csv", {"steps": 100}, "value", 0.5),
    ("explain",): ("numbers/default/counterfactuals.csv", {"method": "decisions"}, "value", 0.4),
}


def test_a_number_that_changed_is_found_on_every_page_that_quotes_it(copy):
    for table, rows, column, value in QUOTED.values():
        replaced(copy / table, rows, column, value)
    done = rendered(copy, "check")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for page in {page for pages in QUOTED for page in pages}:
        assert f" {page}.md" in done.stderr


def test_numbers_are_said_as_pages_say_them(ext):
    words = ext("kept_words")
    said = [words.bare(value, digits) for value, digits in ((0.962, 3), (-0.1, 2), (1.0, 2))]
    assert said == [".962", "-.10", "1.00"]
    assert words.bare(-0.0001) == ".00"
    assert [words.in_words(count) for count in (0, 12, 1300)] == ["none", "twelve", "1,300"]
    assert words.about(24907.59) == "24,900"
    reached = pd.Series([True] * 132 + [False] * 12)
    assert f"{words.counted(reached)} {words.wilson(reached)}" == "132 of 144 [.86, .95]"
    assert words.share(0, 60) == ".00 [.00, .06]"
    row = pd.Series({"value": 0.9624, "low": 0.906, "high": 1.0})
    assert words.ends(row, 3) == ".962 [.906, 1.000]"
