"""Who ranks turbulent days best: a network, the machine read off it, an HMM of returns, or GARCH?

    python benchmarks/volatility.py results --rows docs/volatility.csv
    python benchmarks/volatility.py results --values --rows docs/log_volatility.csv

`results` is a finished run of `config/real.yaml`. All that is fitted is fitted on the years of
training; test days are ranked by what was known at their close. The score is the probability that a
turbulent day is ranked above a calm one (AUC), with an interval from quarters drawn with
replacement. With `--values` it is the share of the variance of the log volatility ahead that is
explained (R²) in `index_log_volatility`; there what others forecast, a mean square, is made a log
volatility by a line that is fitted on the years of training, and beside them stand the mean of
training and a linear model on the day's return and range. Networks begin anew each quarter; the
others have read all days since 1999, and where it says so begin anew too. GARCH needs
`pip install arch`; without it that row is left out.
"""

import argparse
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import roc_auc_score

import markovlens
from markovlens.abstractions.study import load_study
from markovlens.activations.store import load_trace
from markovlens.files.runs import Run
from markovlens.hmm import GaussianHMM, sweep
from markovlens.measures import explained_variance
from markovlens.tasks.markets import read_days, volatility_ahead
from markovlens.tasks.resources import resource_path

TASK, MODELS = "index_volatility", ("gru", "lstm")
VALUES = "index_log_volatility"
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
    parser.add_argument("--values", action="store_true")
    parser.add_argument("--models", nargs="+", default=MODELS)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    days = read_days(resource_path("sp500", asked.resources))
    runs = [
        run
        for model in asked.models
        for run in markovlens.load_run(
            asked.results, VALUES if asked.values else TASK, model
        ).runs.values()
    ]
    targets = load_trace(runs[0].trace("test")).targets
    if asked.values:
        said = [*_of_networks(runs), *_in_logs(days, targets)]
        rows = pd.DataFrame([_row(name, found, targets, r2) for name, found in said])
    else:
        ranked = [*_of_networks(runs), *_of_returns(days, len(targets))]
        rows = pd.DataFrame([_row(name, ranks, targets, auc) for name, ranks in ranked])
    log.info("%s", rows.round(3).to_string(index=False))
    if asked.rows:
        rows.to_csv(asked.rows, index=False, float_format="%.4f")


def _of_networks(runs: list[Run]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what each network says of turbulence (N,), and what the machines of it do."""
    for run in runs:
        trace = load_trace(run.trace("test"))
        yield f"{run.model}, seed {run.seed}", trace.outputs[:, -1]
        for method in METHODS:
            kept = load_study(run.study(method))
            if kept.chosen is None:
                continue
            machine = kept.machines[kept.chosen]
            name = f"{run.model}, seed {run.seed}: {method}, {machine.n_states} states"
            yield name, machine.predict(trace.sequences)[:, -1]


def _of_returns(days: pd.DataFrame, n_test: int) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the forecasts of those that read the returns themselves, for the first test days."""
    years = pd.DatetimeIndex(days.index).year
    learn, begin = int((years < FIRST_VALID).sum()), int((years < FIRST_TEST).sum())
    test = slice(begin, begin + n_test)
    returns = days["return"].to_numpy()
    yield from ((name, found[test]) for name, found in _means(returns))
    for name, model, values in _hmms(days, learn):
        yield name, _expected(model, model.filter(values))[test]
        quarters = np.full(n_test // LENGTH, LENGTH)
        yield f"{name}, anew each quarter", _expected(model, model.filter(values[test], quarters))
    yield from ((name, found[test]) for name, found in _garch(returns, learn))


def _in_logs(days: pd.DataFrame, targets: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the log volatilities that others forecast for the test days, by what each knows."""
    years = pd.DatetimeIndex(days.index).year
    learn, begin = int((years < FIRST_VALID).sum()), int((years < FIRST_TEST).sum())
    test = slice(begin, begin + len(targets))
    returns = days["return"].to_numpy()
    wanted = np.log(volatility_ahead(returns[:learn], AHEAD))
    yield "mean of training", np.full(len(targets), np.nanmean(wanted))
    yield "linear model on return and range", _fitted(days.to_numpy(), wanted)[test]
    forecasts = [
        *_means(returns),
        *(
            (name, _expected(model, model.filter(values)))
            for name, model, values in _hmms(days, learn)
        ),
        *_garch(returns, learn),
    ]
    for name, found in forecasts:
        yield name, _fitted(np.log(found)[:, None], wanted)[test]


def _fitted(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return what a linear model on columns (N, D), fitted to the first days, says of all (N,)."""
    first = known[: len(wanted)]
    asked = ~np.isnan(wanted) & ~np.isnan(first).any(axis=1)
    model = LinearRegression().fit(first[asked], wanted[asked])
    complete = ~np.isnan(known).any(axis=1)
    found = np.full(len(known), np.nan)
    found[complete] = model.predict(known[complete])
    return found


def _means(returns: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    squares = pd.Series(np.square(returns))
    yield "root mean square of 5 days", squares.rolling(AHEAD).mean().to_numpy()
    yield "exponential mean", squares.ewm(alpha=1 - DECAY).mean().to_numpy()


def _hmms(days: pd.DataFrame, learn: int) -> Iterator[tuple[str, GaussianHMM, np.ndarray]]:
    """Yield HMMs of the returns themselves by name, with what they read (N, D)."""
    models = {
        "returns": days["return"].to_numpy()[:, None],
        "returns and log ranges": _with_ranges(days),
    }
    for what, values in models.items():
        model = _hmm(values[:learn])
        yield f"Gaussian HMM of {what}, {model.n_components} states", model, values


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


def _garch(returns: np.ndarray, learn: int) -> Iterator[tuple[str, np.ndarray]]:
    try:
        from arch import arch_model
    except ImportError:
        log.info("GARCH is left out: arch is not installed")
        return
    for name, options in {"GARCH(1,1)": {}, "GJR-GARCH(1,1,1), t": {"o": 1, "dist": "t"}}.items():
        model = arch_model(returns, vol="GARCH", p=1, q=1, **options)
        fitted = model.fit(last_obs=learn, disp="off")
        yield name, fitted.forecast(horizon=AHEAD, start=0).variance.to_numpy().mean(axis=1)


def _row(
    name: str,
    said: np.ndarray,
    targets: np.ndarray,
    score: Callable[[np.ndarray, np.ndarray], float],
) -> dict[str, float | str]:
    """Return a score on days that have a target, with its interval over quarters."""
    days = np.arange(len(targets)).reshape(-1, LENGTH)
    rng = np.random.default_rng(0)
    drawn = (days[rng.integers(len(days), size=len(days))].ravel() for _ in range(N_BOOTSTRAPS))
    lower, upper = np.quantile([score(said[rows], targets[rows]) for rows in drawn], [0.025, 0.975])
    return {"what": name, score.__name__: score(said, targets), "lower": lower, "upper": upper}


def r2(said: np.ndarray, targets: np.ndarray) -> float:
    """Return the share of the variance of targets (N, 1) that is explained (N,)."""
    return explained_variance(said[:, None], targets)


def auc(ranks: np.ndarray, targets: np.ndarray) -> float:
    """Return the probability that a turbulent day is ranked above a calm one."""
    asked = targets >= 0
    return float(roc_auc_score(targets[asked], ranks[asked]))


if __name__ == "__main__":
    main()
