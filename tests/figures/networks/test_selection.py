"""Which sizes were chosen, of methods with a likelihood and of those without."""

import matplotlib
import numpy as np
import pandas as pd

from markovlens.figures.networks.selection import draw_selection


def texts_of(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def test_a_method_without_a_likelihood_did_not_fail():
    """Clusters are chosen on validation sequences; nothing was picked by BIC, and nothing lost."""
    sweep = pd.DataFrame(
        {
            "n_states": [2, 3], "restart": np.nan, "bic": np.nan, "icl": np.nan,
            "heldout": np.nan, "status": "ok", "reason": "", "chosen": [False, True],
        }
    )  # fmt: skip
    text = " ".join(" ".join(texts_of(draw_selection(sweep, method="kmeans"))).split())
    assert "The k-means picks 3 states" in text
    assert "failed" not in text
