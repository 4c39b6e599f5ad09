"""Scores of the bridge: states, the chain that they make, and what they say of the next symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from markovlens.dynamics.floors import of_score
from markovlens.dynamics.measures import Estimate, Numbers, Place, exactly, ratio_of
from markovlens.faithfulness.scores.intervals import POSITIVE
from markovlens.faithfulness.scores.recovery import recovery, transition_distance
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally
from markovlens.hmm import CategoricalHMM, GaussianHMM, Sweep
from markovlens.hmm.criteria import one_standard_error, standard_error
from markovlens.sequences import Sequences
from markovlens.tasks.base import Source
from markovlens.tasks.markov import filter_beliefs, predict_next
from markovlens.trace import Trace

N_SHUFFLES = 10
SMOOTHING = 0.5  # pseudo-counts of each symbol after each state


def smoothed_states(source: Source, sequences: Sequences) -> np.ndarray:
    """Return the likeliest latent state of each step given all of its sequence, int (N,)."""
    model = CategoricalHMM(len(source.initial))
    model.startprob_, model.transmat_ = source.initial, source.transition
    model.emissionprob_ = source.emission
    smoothed = model.predict_proba(sequences.values, sequences.lengths)
    return np.asarray(smoothed).argmax(axis=1)


def state_scores(
    model: GaussianHMM,
    traces: Sequence[Trace],
    source: Source,
    bootstrap: Bootstrap,
    *,
    where: str,
    rng: np.random.Generator,
) -> Numbers:
    """Return how well one HMM's states are the source's, filtered and smoothed, above its floors.

    `state_accuracy` pairs states one to one; for `mapped_accuracy` each state stands for the true
    one that it mostly met on the training runs, so that several may share one.

    Args:
        model: fitted to states of the training runs.
        traces: train, valid, test, whose truth is the source's filter.
        source: smooths the symbols.
        bootstrap: resamples of the test runs.
        where: name of the way in which the size was chosen.
        rng: of the shuffles.
    """
    train, _, test = traces
    seen, filtered = (model.filter(t.states, t.lengths).argmax(axis=1) for t in (train, test))
    scores = recovery(filtered, test, bootstrap)
    mapped = _meaning(seen, train, model.n_components)[filtered]
    smoothed = replace(test, truth=smoothed_states(source, test.sequences))
    path = model.predict_proba(test.states, test.lengths).argmax(axis=1)
    after = recovery(path, smoothed, bootstrap)["state_accuracy"]
    constant = recovery(np.zeros_like(filtered), test, bootstrap)["state_accuracy"]
    scores |= {
        "mapped_accuracy": _agreement(mapped, test.truth, bootstrap),
        "smoothed_accuracy": after,
        "state_accuracy_majority": constant,
    }
    numbers: Numbers = {(name, where): of_score(score) for name, score in scores.items()}
    shuffled = _shuffled(filtered, test, bootstrap, rng)
    return numbers | {("state_accuracy_shuffled", where): shuffled}


def _meaning(decoded: np.ndarray, train: Trace, n_states: int) -> np.ndarray:
    """Return the true state that each of the states mostly meets, int (K,)."""
    n_true = int(train.truth.max()) + 1
    cells = np.bincount(decoded * n_true + train.truth, minlength=n_states * n_true)
    return cells.reshape(n_states, n_true).argmax(axis=1)


def _shuffled(
    decoded: np.ndarray, test: Trace, bootstrap: Bootstrap, rng: np.random.Generator
) -> Estimate:
    """Return mean, least and most of the accuracy when each run is read beside another's truth."""
    runs = decoded.reshape(len(test), -1)
    accuracies = []
    for _ in range(N_SHUFFLES):
        order = np.roll(rng.permutation(len(runs)), 1)
        moved = recovery(runs[order].ravel(), test, bootstrap)["state_accuracy"]
        accuracies.append(moved.value)
    return Estimate(float(np.mean(accuracies)), min(accuracies), max(accuracies), len(test))


def chain_scores(
    decoded: np.ndarray,
    test: Trace,
    source: Source,
    bootstrap: Bootstrap,
    *,
    ideal: tuple[np.ndarray, Sequences],
    rng: np.random.Generator,
) -> Numbers:
    """Return ceilings of the accuracy, errors of the transitions and dwell times in steps.

    Args:
        decoded: int (N,), states of the test runs, numbered as the source's.
        test: truth is the source's filter.
        source: gives the true chain.
        bootstrap: resamples of the test runs.
        ideal: latent states (N,) and symbols of as many sequences of the source.
        rng: of the floor, in which the decoded states are put in random order.
    """
    latent, symbols = ideal
    filtered = filter_beliefs(source, symbols).argmax(axis=1)
    known = {"state_accuracy": filtered, "smoothed_accuracy": smoothed_states(source, symbols)}
    numbers: Numbers = {
        (f"{name}_ceiling", "all"): of_score(_agreement(states, latent, bootstrap))
        for name, states in known.items()
    }
    paths = {
        "": (decoded, test),
        "_filter": (test.truth, test),
        "_ceiling": (filtered, replace(test, truth=latent)),
        "_floor": (rng.permutation(decoded), test),
    }
    for name, (path, trace) in paths.items():
        error = transition_distance(path, trace, source.transition[None], bootstrap)
        if error is not None:
            numbers[f"transition_error{name}", "all"] = of_score(error)
    stays = {"": decoded, "_filter": test.truth, "_source": latent}
    for name, path in stays.items():
        numbers |= _stays(f"dwell_mean{name}", path.reshape(len(test), -1))
    return numbers


def _agreement(states: np.ndarray, truth: np.ndarray, bootstrap: Bootstrap) -> Score:
    n_runs = bootstrap.counts.shape[1]
    hits = (states == truth).reshape(n_runs, -1).sum(axis=1, keepdims=True).astype(float)
    return bootstrap.score(Tally(hits, np.full_like(hits, len(states) / n_runs)))


def _stays(measure: str, runs: np.ndarray) -> Numbers:
    """Return the mean stay in each state, runs (B, T) being cut off at T."""
    begins = np.ones(runs.shape, dtype=bool)
    begins[:, 1:] = runs[:, 1:] != runs[:, :-1]
    numbers: Numbers = {}
    for state in np.unique(runs):
        here = runs == state
        steps, stays = here.sum(axis=1), (here & begins).sum(axis=1)
        numbers[measure, Place("state", state=int(state))] = ratio_of(steps, stays)
    return numbers


def prediction_scores(
    found: Sweep, traces: Sequence[Trace], source: Source, bootstrap: Bootstrap
) -> Numbers:
    """Return the loss (nats a step) of predicting the next symbol from the states of each size.

    The prediction after each state is counted on the training runs. `n_states` at `predictive` is
    the fewest states whose loss on the validation runs is within one standard error of the best:
    BIC counts the points of a continuous orbit, this counts futures. Beside it stand the source's
    exact filter on the same symbols, and the loss without any state.
    """
    train, valid, test = traces
    on_valid, sizes = [], []
    numbers: Numbers = {}
    for (_, size), (model, *_rest) in found.models.items():
        after = _next_symbols(model, train)
        losses = [_losses(model.filter(t.states, t.lengths) @ after, t) for t in (valid, test)]
        on_valid.append(losses[0])
        sizes.append(size)
        numbers["symbol_loss", Place("size", n_states=size)] = of_score(
            _mean_loss(losses[1], test, bootstrap)
        )
    nothing = np.bincount(train.inputs, minlength=len(train.symbols)) + SMOOTHING
    alone = np.tile(nothing / nothing.sum(), (test.n_steps, 1))
    exact = predict_next(source, filter_beliefs(source, test.sequences))
    for name, predicted in {"floor": alone, "filter": exact}.items():
        loss = _mean_loss(_losses(predicted, test), test, bootstrap)
        numbers[f"symbol_loss_{name}", "all"] = of_score(loss)
    values = -np.array([losses.mean() for losses in on_valid])
    best = on_valid[int(values.argmax())].reshape(len(valid), -1).mean(axis=1)
    size = sizes[one_standard_error(sizes, values, error=standard_error(best))]
    return numbers | {("n_states", "predictive"): exactly(size, len(valid))}


def _next_symbols(model: GaussianHMM, train: Trace) -> np.ndarray:
    """Return the distribution (K, V) of the symbol that follows each state."""
    beliefs = model.filter(train.states, train.lengths)
    before, after = _followed(train)
    counts = beliefs[before].T @ np.eye(len(train.symbols))[train.inputs[after]] + SMOOTHING
    return counts / counts.sum(axis=1, keepdims=True)


def _followed(trace: Trace) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows that have a next step in their run, and the rows of that step."""
    last = np.cumsum(trace.lengths) - 1
    before = np.setdiff1d(np.arange(trace.n_steps), last)
    return before, before + 1


def _losses(predicted: np.ndarray, trace: Trace) -> np.ndarray:
    """Return -log P(next symbol), nats, of every step that has one."""
    before, after = _followed(trace)
    return -np.log(predicted[before, trace.inputs[after]])


def _mean_loss(losses: np.ndarray, trace: Trace, bootstrap: Bootstrap) -> Score:
    by_run = losses.reshape(len(trace), -1).sum(axis=1, keepdims=True)
    weight = np.full_like(by_run, len(losses) / len(trace))
    return bootstrap.score(Tally(by_run, weight, POSITIVE))
