"""Which task a network that comes with its weights can run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markovlens.config.wild import FAMILY_OF, network_for, task_of

# The family of tasks that a pretrained network is for.
PRETRAINED_FAMILY = {"g2p_en": "pronunciation", "arena": "arena", **FAMILY_OF}


def misfits(
    models: Mapping[str, Mapping[str, Any]],
    pairs: Sequence[tuple[str, str]],
    tasks: Mapping[str, str],
) -> Iterator[str]:
    """Yield a line for each task and model that do not go together.

    Args:
        models: the section of the config's `networks`.
        pairs: task and model of each run.
        tasks: the family of every known task.
    """
    for task, model in pairs:
        pretrained = models[model].get("pretrained", "")
        family = PRETRAINED_FAMILY.get(pretrained)
        if pretrained and tasks[task] != family:
            yield f"runs: model {model} is pretrained for {family} and cannot run task {task}"
        elif (other := task_of(pretrained)) not in (None, task):
            yield f"runs: model {model} is asked the task {other} and cannot run task {task}"
        if not pretrained and tasks[task] in PRETRAINED_FAMILY.values():
            fitting = [name for name, fits in PRETRAINED_FAMILY.items() if fits == tasks[task]]
            needed = network_for(task) or fitting[0]
            yield f"runs: task {task} needs a model with pretrained: {needed}, got {model}"
