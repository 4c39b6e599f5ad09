"""Training of encoder-decoders: Adam on the squared error of what they forecast."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from markovlens.arguments import with_known_settings
from markovlens.errors import DataError
from markovlens.networks.card import versions
from markovlens.networks.checkpoints import Checkpoint, checkpoint_of, go_on, learning
from markovlens.networks.determinism import deterministic
from markovlens.networks.seq2seq import TEACHER, Forecasted, Seq2Seq, build, complete
from markovlens.networks.shared import descend, make_orthogonal, n_parameters, weights_of
from markovlens.seeding import integer, seed_for
from markovlens.tasks.windows import (
    Forecast,
    Windows,
    moving_on,
    squared_error,
    standing_still,
)

log = logging.getLogger(__name__)

LAST_RATE = 0.01  # of the step size, reached along half a cosine
EVALUATION_BATCH = 512
SMALLEST_PACE = 1e-3  # of a channel that never changes
SMALLEST_ERROR = 1e-9  # squared, of a baseline
FIRST_CHANGE = 0.1  # of the usual readout
BASELINES = {"zero_velocity": standing_still, "constant_velocity": moving_on}


@with_known_settings
@dataclass(frozen=True, slots=True)
class ForecastOptions:
    """How an encoder-decoder is trained; meanings are those of the config's schema."""

    steps: int = 1000
    batch: int = 32
    learning_rate: float = 0.005
    clip: float = 1.0
    noise: float = 0.0
    evaluate_every: int = 50
    checkpoints: tuple[int, ...] = (10, 100, 300, 1000)


@dataclass(frozen=True, slots=True)
class TrainedForecaster:
    """An encoder-decoder in evaluation mode.

    Attributes:
        model: with the weights that were best on validation data.
        card: plain values, see `forecast_card`.
        checkpoints: its weights after the step numbers that were asked for, as they were then.
    """

    model: Seq2Seq
    card: dict[str, Any]
    checkpoints: dict[int, dict[str, Tensor]]


@dataclass(slots=True)
class _Progress:
    """The best weights so far, and those at the checkpoints."""

    best: float = math.inf
    best_step: int = 0
    weights: dict[str, Tensor] = field(default_factory=dict)
    checkpoints: dict[int, dict[str, Tensor]] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)


def train_forecaster(
    task: Forecast,
    spec: Mapping[str, Any],
    *,
    training: ForecastOptions,
    seed: int,
    checkpoint: str | Path | None = None,
) -> TrainedForecaster:
    """Return a trained network, the same for the same arguments.

    The step size falls along half a cosine. Of the weights that were looked at, those with the
    least error on the `valid` split are kept; the `test` split is only measured, at the end.

    Args:
        task: what is forecast.
        spec: as for `seq2seq.build`.
        training: the options.
        seed: of this network; each task and cell derives its own from it.
        checkpoint: a file that a killed training is taken up from, to the same bytes. It is still
            there at the end, see `checkpoints.train_each`. None to keep nothing.

    Raises:
        DataError: no error on validation data was ever finite.
    """
    settings = complete(spec)
    asked = {"task": task.name, "spec": settings, "training": asdict(training), "seed": seed}
    saved = checkpoint_of(checkpoint, asked, data=_frames(task), code=__file__)
    number = integer(seed_for(seed, "network", task.name, settings["seq2seq"]))
    with deterministic(number):
        model = build(settings, n_channels=len(task.channels))
        _initialise(model, task.splits["train"])
        progress = _fit(model, task, training, seed=number, checkpoint=saved)
    if not progress.weights:
        raise DataError(
            f"{task.name}: training diverged; lower networks.training.{task.family}.learning_rate",
            page="training-diverged",
        )
    model.load_state_dict(progress.weights)
    architecture = settings | {"n_channels": len(task.channels)}
    card = forecast_card(model.eval(), task, architecture=architecture)
    card |= {"seed": seed, "training": asdict(training), "history": progress.history}
    card["best_step"] = progress.best_step
    return TrainedForecaster(model, card, progress.checkpoints)


def forecast_card(
    model: Seq2Seq, task: Forecast, *, architecture: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the card of an encoder-decoder; no time is in it.

    For each split it has the mean squared error, in units of the channels' standard deviation, and
    for each horizon the error as a share of each baseline's: below 1 the network is the better,
    and null where the baseline is right. All are errors of a network that goes on by itself; one
    that was taught has the `one_frame_ahead_error` beside them, with every true frame shown.
    """
    scores = {name: _score(model, part) for name, part in task.splits.items()}
    reached = scores["valid"]["error"]
    return {
        "task": task.name,
        "architecture": dict(architecture),
        "n_parameters": n_parameters(model),
        "scores": scores,
        "horizons": [(step + 1) / task.rate for step in range(task.splits["test"].future.shape[1])],
        "gate": {"threshold": task.gate, "value": reached, "passed": reached < task.gate},
        "versions": versions(),
    }


def forecast(model: Seq2Seq, windows: Windows, *, taught: bool = False) -> Forecasted:
    """Return what a model does with windows, on the processor and without gradients.

    Args:
        model: it goes on by itself, however it was trained.
        windows: only the past is shown, and of the future its length taken.
        taught: show the decoder each true frame before the next, as in training; then errors are
            those of one frame ahead.
    """
    past, future = _tensors(windows)
    parts = zip(past.split(EVALUATION_BATCH), future.split(EVALUATION_BATCH), strict=True)
    with torch.no_grad():
        done = [
            model(shown, hidden.shape[1], frames=hidden if taught else None)
            for shown, hidden in parts
        ]
    return Forecasted(
        *(
            torch.cat([getattr(one, name) for one in done])
            for name in ("outputs", "encoder", "decoder")
        )
    )


def _score(model: Seq2Seq, windows: Windows) -> dict[str, Any]:
    error = squared_error(forecast(model, windows).outputs.numpy(), windows)
    score: dict[str, Any] = {"error": float(error.mean()), "error_at": error, "n": len(windows)}
    for name, baseline in BASELINES.items():
        reference = squared_error(baseline(windows), windows)
        score[f"{name}_error"] = float(reference.mean())
        score[f"{name}_ratio"] = _ratio(error.mean(), reference.mean())
        score[f"{name}_ratio_at"] = [_ratio(*pair) for pair in zip(error, reference, strict=True)]
    if model.mode == TEACHER:
        ahead = squared_error(forecast(model, windows, taught=True).outputs.numpy(), windows)
        score |= {"one_frame_ahead_error": float(ahead.mean()), "one_frame_ahead_error_at": ahead}
    return score


def _ratio(error: float, reference: float) -> float | None:
    """Return the share of a baseline's error; None where that is zero, as when a loop closes."""
    return float(error / reference) if reference > SMALLEST_ERROR else None


def _fit(
    model: Seq2Seq,
    task: Forecast,
    training: ForecastOptions,
    *,
    seed: int,
    checkpoint: Checkpoint,
) -> _Progress:
    """Take all steps, and look at the validation data now and then.

    There is one attempt; if an earlier run ended it, its outcome is returned and the model is left.
    """
    if (done := checkpoint.ended(0)) is not None:
        return _Progress(**done)
    past, future = _tensors(task.splits["train"])
    optimiser = torch.optim.Adam(model.parameters(), lr=training.learning_rate, fused=True)
    generator = torch.Generator().manual_seed(seed)
    progress, first = _Progress(), 1
    if (state := checkpoint.running) is not None:
        go_on(model, optimiser, state)
        generator.set_state(state["batches"])
        progress, first = _Progress(**state["progress"]), state["step"] + 1
    for step in range(first, training.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = training.learning_rate * _falling(step / training.steps)
        chosen = torch.randperm(len(past), generator=generator)[: training.batch]
        loss = _step(model, past[chosen], future[chosen], optimiser, training)
        if step in training.checkpoints:
            progress.checkpoints[step] = weights_of(model)
        if step % training.evaluate_every == 0 or step == training.steps:
            _look(progress, model, task.splits["valid"], step, loss)
            state = learning(model, optimiser, step=step) | {"batches": generator.get_state()}
            checkpoint.keep(state | {"progress": asdict(progress)})
    checkpoint.finish(asdict(progress))
    return progress


def _step(
    model: Seq2Seq,
    past: Tensor,
    future: Tensor,
    optimiser: torch.optim.Optimizer,
    training: ForecastOptions,
) -> float:
    """Take one gradient step and return the loss; the past is read through noise."""
    frames = future if model.mode == TEACHER else None
    shown = model.read(past)
    shown = shown + training.noise * torch.randn_like(shown)
    _, state = model.encode(shown)
    outputs, _ = model.decode(past[:, -1], shown[:, -1], state, future.shape[1], frames=frames)
    return descend(mse_loss(outputs, future), model, optimiser, training.clip)


def _look(progress: _Progress, model: Seq2Seq, valid: Windows, step: int, loss: float) -> None:
    error = float(squared_error(forecast(model, valid).outputs.numpy(), valid).mean())
    log.info("step %d: training error %.5f, validation error %.5f", step, loss, error)
    if not math.isfinite(error):
        return
    progress.history.append({"step": step, "train": loss, "valid": error})
    if error < progress.best:
        progress.best, progress.best_step = error, step
        progress.weights = weights_of(model)


def _falling(share: float) -> float:
    return LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))


def _initialise(model: Seq2Seq, windows: Windows) -> None:
    """Begin as the classifiers do, and measure the pace.

    A readout of changes begins near zero: near the baseline that nothing moves, or moves on.
    """
    make_orthogonal(model, model.head.in_features)
    if model.order:
        frames = torch.cat(_tensors(windows), dim=1)
        model.pace.copy_(torch.diff(frames, dim=1).std(dim=(0, 1)).clamp(min=SMALLEST_PACE))
        for parameter in model.head.parameters():
            parameter.data *= FIRST_CHANGE


def _frames(task: Forecast) -> Iterator[np.ndarray]:
    for part in task.splits.values():
        yield from (part.past, part.future)


def _tensors(windows: Windows) -> tuple[Tensor, Tensor]:
    past, future = (
        torch.from_numpy(np.ascontiguousarray(part)) for part in (windows.past, windows.future)
    )
    return past, future
