"""Who ranks turbulent days best: a network, the machine read off it, an HMM of returns, or GARCH?

    python benchmarks/volatility.py results --rows docs/volatility.csv

`results` is a finished run of `config/real.yaml`. All that is fitted is fitted on the years of
training; test days are ranked by what was known at their close. The score is the probability that a
turbulent day is ranked above a calm one (AUC), with an interval from quarters drawn with
replacement. Networks begin anew each quarter; the others have read all days since 1999, and where
it says so begin anew too. GARCH needs `pip install arch`; without it that row is left out.
"""

import argparse
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

import markovlens
from markovlens.abstractions.study import load_study
from markovlens.activations.store import load_trace
from markovlens.files.runs import Run
from markovlens.hmm import GaussianHMM, sweep
from markovlens.tasks.markets import read_days
from markovlens.tasks.resources import resource_path

TASK, MODELS = "index_volatility", ("gru", "lstm")
METHODS = ("hmm_input", "kmeans", "overcluster", "merging")
LENGTH, AHEAD, FIRST_VALID, FIRST_TEST = 63, 5, 2011, 2014
DECAY = 0.94  # of a day's squared return, as RiskMetrics (1996) has it for daily data
N_STATES, RESTARTS, N_BOOTSTRAPS = (2, 3, 4, 5), 10, 1000
log = logging.getLogger(__name__)


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("--resources", type=Path, default=Path("resources"))
    parser.add_argument("--rows", type=Path)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    days = read_days(resource_path("sp500", asked.resources))
    runs = [
        run
        for model in MODELS
        for run in markovlens.load_run(asked.results, TASK, model).runs.values()
    ]
    targets = load_trace(runs[0].trace("test")).targets
    ranked = [*_of_networks(runs), *_of_returns(days, len(targets))]
    rows = pd.DataFrame([_row(name, ranks, targets) for name, ranks in ranked])
    log.info("%s", rows.round(3).to_string(index=False))
    if asked.rows:
        rows.to_csv(asked.rows, index=False, float_format="%.4f")


def _of_networks(runs: list[Run]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what each network says of turbulence (N,), and what the machines of it do."""
    for run in runs:
        trace = load_trace(run.trace("test"))
        yield f"{run.model}, seed {run.seed}", trace.outputs[:, 1]
        for method in METHODS:
            kept = load_study(run.study(method))
            if kept.chosen is None:
                continue
            machine = kept.machines[kept.chosen]
            name = f"{run.model}, seed {run.seed}: {method}, {machine.n_states} states"
            yield name, machine.predict(trace.sequences)[:, 1]


def _of_returns(days: pd.DataFrame, n_test: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the forecasts of those that read the returns themselves, for the first test days."""
    years = pd.DatetimeIndex(days.index).year
    learn, begin = int((years < FIRST_VALID).sum()), int((years < FIRST_TEST).sum())
    test = slice(begin, begin + n_test)
    returns = days["return"].to_numpy()
    squares = np.square(returns)
    yield "root mean square of 5 days", pd.Series(squares).rolling(AHEAD).mean().to_numpy()[test]
    yield "exponential mean", pd.Series(squares).ewm(alpha=1 - DECAY).mean().to_numpy()[test]
    models = {"returns": returns[:, None], "returns and log ranges": _with_ranges(days)}
    for what, values in models.items():
        model = _hmm(values[:learn])
        name = f"Gaussian HMM of {what}, {model.n_components} states"
        yield name, _expected(model, model.filter(values))[test]
        quarters = np.full(n_test // LENGTH, LENGTH)
        yield f"{name}, anew each quarter", _expected(model, model.filter(values[test], quarters))
    yield from _garch(returns, learn, test)


def _with_ranges(days: pd.DataFrame) -> np.ndarray:
    return np.column_stack([days["return"], np.log(days["range"].clip(lower=0.01))])


def _hmm(values: np.ndarray) -> GaussianHMM:
    """Return the HMM that BIC chooses on the days of training."""
    rng = np.random.default_rng(0)
    return sweep(values, n_states=N_STATES, restarts=RESTARTS, rng=rng).best


def _expected(model: GaussianHMM, beliefs: np.ndarray) -> np.ndarray:
    """Return the mean square return (N,) to be expected of the days ahead, given beliefs (N, K)."""
    squares = np.square(model.means_[:, 0]) + model.covars_[:, 0, 0]
    moves = [np.linalg.matrix_power(model.transmat_, step) for step in range(1, AHEAD + 1)]
    return np.asarray(beliefs @ (np.mean(moves, axis=0) @ squares))


def _garch(returns: np.ndarray, learn: int, test: slice) -> Iterator[tuple[str, np.ndarray]]:
    try:
        from arch import arch_model
    except ImportError:
        log.info("GARCH is left out: arch is not installed")
        return
    for name, options in {"GARCH(1,1)": {}, "GJR-GARCH(1,1,1), t": {"o": 1, "dist": "t"}}.items():
        model = arch_model(returns, vol="GARCH", p=1, q=1, **options)
        fitted = model.fit(last_obs=learn, disp="off")
        ahead = fitted.forecast(horizon=AHEAD, start=test.start).variance.to_numpy()
        yield name, ahead.mean(axis=1)[: test.stop - test.start]


def _row(name: str, ranks: np.ndarray, targets: np.ndarray) -> dict[str, float | str]:
    """Return the AUC on days that have a target, with its interval over quarters."""
    days = np.arange(len(targets)).reshape(-1, LENGTH)
    rng = np.random.default_rng(0)
    drawn = (days[rng.integers(len(days), size=len(days))].ravel() for _ in range(N_BOOTSTRAPS))
    lower, upper = np.quantile([_auc(ranks[rows], targets[rows]) for rows in drawn], [0.025, 0.975])
    return {"what": name, "auc": _auc(ranks, targets), "lower": lower, "upper": upper}


def _auc(ranks: np.ndarray, targets: np.ndarray) -> float:
    asked = targets >= 0
    return float(roc_auc_score(targets[asked], ranks[asked]))


if __name__ == "__main__":
    main()
