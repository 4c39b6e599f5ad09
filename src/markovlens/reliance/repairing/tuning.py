"""Fine-tuning on words beside the sequences of before, until validation words are right.

Half of every batch are sequences that the network may not forget (rehearsal: Robins, "Catastrophic
forgetting, rehearsal and pseudorehearsal", 1995): where the specification says nothing, their right
answer is the one that the network gave before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from markovlens.errors import DataError
from markovlens.networks.data import Padded, batches, evaluate
from markovlens.networks.determinism import deterministic
from markovlens.networks.model import SequenceModel
from markovlens.networks.noise import noisy_logits
from markovlens.networks.objectives import Objective
from markovlens.networks.shared import descend, weights_of
from markovlens.reliance.repairing.options import RepairOptions

HOLDS = 2  # looks in a row at which all validation words are right


@dataclass(frozen=True, slots=True)
class Lesson:
    """Words with their right answers: what is learned, and what decides when it is enough."""

    learn: Padded
    valid: Padded


@dataclass(slots=True)
class Best:
    """The best weights so far, by right validation words and then by loss."""

    merit: tuple[float, float]
    weights: dict[str, Tensor]
    held: int = 0
    stale: int = 0

    def look(self, network: nn.Module, merit: tuple[float, float]) -> None:
        """Keep the weights if they are better, and count what stopping needs."""
        self.held, self.stale = self.held + 1 if merit[0] == 1 else 0, self.stale + 1
        if merit > self.merit:
            self.merit, self.weights, self.stale = merit, weights_of(network), 0


def fine_tune(
    network: nn.Module,
    lessons: Sequence[Lesson],
    objective: Objective,
    *,
    options: RepairOptions,
    seed: int,
    exactly: int | None = None,
) -> int:
    """Change a network's weights to the best on validation words; return the steps taken.

    Args:
        network: gives logits (B, T, C) for symbols (B, T); it is changed in place.
        lessons: each has an equal part in every batch.
        objective: what outputs are.
        options: the settings.
        seed: of the order of words and of noise.
        exactly: so many steps are taken, in place of `options`, and the weights after the last are
            kept whatever validation words say: a control that they would lead back to where it
            began, since they do not show the bug, would be none.

    Raises:
        DataError: no part of the network can be learned, or it gives one output a word.
    """
    _check(network, lessons[0].valid)
    last, step = exactly or options.steps, 0
    best = Best(_look(network, lessons, objective), weights_of(network))
    with deterministic(seed):
        for step in _steps(network, lessons, objective, options=options, seed=seed):
            if step % options.evaluate_every == 0 or step >= last:
                best.look(network, _look(network, lessons, objective))
            enough = best.held >= HOLDS or best.stale >= options.patience
            if step >= last or (enough and exactly is None):
                break
    if exactly is None:
        network.load_state_dict(best.weights)
    network.eval()
    return step


def _steps(
    network: nn.Module,
    lessons: Sequence[Lesson],
    objective: Objective,
    *,
    options: RepairOptions,
    seed: int,
) -> Iterator[int]:
    """Yield the number of each gradient step once it was taken, without end."""
    learned = [each for each in network.parameters() if each.requires_grad]
    optimiser = torch.optim.Adam(learned, lr=options.learning_rate)
    share, run = max(1, options.batch // len(lessons)), _runner(network)
    streams = [
        batches(each.learn, share, torch.Generator().manual_seed(seed + at))
        for at, each in enumerate(lessons)
    ]
    for step, several in enumerate(zip(*streams, strict=True), start=1):
        network.train()
        losses = torch.stack([_loss(run, batch, objective) for batch in several])
        descend(losses.mean(), network, optimiser, options.clip)
        yield step


def _check(network: nn.Module, words: Padded) -> None:
    if not any(each.requires_grad for each in network.parameters()):
        raise DataError(
            "network: expected parameters that can be learned, got none with `requires_grad`; "
            "unfreeze those that may change",
            page="wrong-kind",
        )
    with torch.no_grad():
        output = network(words.inputs[:1])
    output = output[0] if isinstance(output, tuple) else output
    if not isinstance(output, Tensor) or output.ndim != 3:
        shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise DataError(
            "network: expected a torch module that gives logits (B, T, C) for symbols (B, T), got "
            f"{shape}; wrap it in a module that does",
            page="wrong-outputs",
        )


def _runner(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """Return what a network is run by in training: ours with the noise that it was trained with."""
    if isinstance(network, SequenceModel):
        return partial(noisy_logits, network)

    def run(inputs: Tensor) -> Tensor:
        output = network(inputs)
        return output[0] if isinstance(output, tuple) else output

    return run


def _loss(run: Callable[[Tensor], Tensor], batch: Padded, objective: Objective) -> Tensor:
    return objective.loss(run(batch.inputs).flatten(0, 1), batch.targets.flatten(0, 1))


def _look(
    network: nn.Module, lessons: Sequence[Lesson], objective: Objective
) -> tuple[float, float]:
    """Return the share of right steps and minus the loss, on average over lessons."""
    scores = [evaluate(network, each.valid, objective) for each in lessons]
    n_lessons = len(scores)
    return (
        sum(each.value for each in scores) / n_lessons,
        -sum(each.loss for each in scores) / n_lessons,
    )
