"""What no schema can say about a config: is there such a task, has that model such a layer.

Each function yields a line for each problem: the key, what came, what was expected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from markovlens.arguments import known_names
from markovlens.config.custom import FAMILY as CUSTOM
from markovlens.config.custom import custom_tasks, is_custom, section_of
from markovlens.config.layers import without_machine
from markovlens.config.listed import (
    known_tasks,
    of_known_names,
    unknown_names,
    unknown_names_in_bad,
    unlike_in_formation,
    wrong_models,
)
from markovlens.config.loading import (
    ATTRACTOR_TASKS,
    Config,
    all_pairs,
    attention_pairs,
    attractor_pairs,
    dynamics_pairs,
    embedding_pairs,
    formation_pairs,
    layered_pairs,
    layers_of,
    pairs,
    robustness_pairs,
)
from markovlens.config.names import alike, repeated, trouble
from markovlens.config.pretrained import PRETRAINED_FAMILY, misfits
from markovlens.config.schema import raise_if, show
from markovlens.config.sizes import Check, size_checks


def check_semantics(
    config: Config,
    tasks: Mapping[str, str],
    forecasts: Mapping[str, str],
    emulated: Collection[str],
    *,
    methods: Collection[str],
) -> None:
    """Check what no schema can say about a config from `load_config`.

    Args:
        config: with defaults filled in.
        tasks: the family of every known task of symbols.
        forecasts: the family of every known task for encoder-decoders.
        emulated: the names of the sources that generators learn to write like.
        methods: the names of the known abstractions.

    Raises:
        ConfigError: with one line for each problem.
    """
    unknown = [*unknown_names(config, tasks, forecasts, emulated, methods=methods)]
    told = [*_bad_names(config), *unknown, *wrong_models(config)]
    if told:
        config = of_known_names(config, known_tasks(tasks, forecasts, emulated))
    checks = _checks(tasks, forecasts, emulated, named=not unknown, listed=not told)
    raise_if([*told, *(line for check in checks for line in check(config))])


def mistakes_in_bad(
    raw: Mapping[str, Any],
    right: Config,
    tasks: Mapping[str, str],
    forecasts: Mapping[str, str],
    emulated: Collection[str],
    *,
    methods: Collection[str],
) -> Iterator[str]:
    """Yield what `check_semantics` raises of a config that breaks its schema, as far as is known.

    What looks at a value that is wrong is not checked: it has no key.

    Args:
        raw: the config as it came.
        right: what of it is right.
        tasks, forecasts, emulated, methods: as for `check_semantics`.
    """
    unknown = [*unknown_names_in_bad(raw, tasks, forecasts, emulated, methods=methods)]
    told = [*unknown, *_as_far_as_known(_bad_names, right), *_as_far_as_known(wrong_models, right)]
    yield from told
    own = custom_tasks(right) if CUSTOM in right.get("tasks", {}) else []
    families = {**tasks, **dict.fromkeys(own, CUSTOM)}
    config = of_known_names(right, known_tasks(families, forecasts, emulated))
    listed = not told and "runs" in right
    for check in _checks(families, forecasts, emulated, named=not unknown, listed=listed):
        yield from _as_far_as_known(check, config)


def _as_far_as_known(check: Check, config: Config) -> Iterator[str]:
    with suppress(KeyError):
        yield from check(config)


def _checks(
    tasks: Mapping[str, str],
    forecasts: Mapping[str, str],
    emulated: Collection[str],
    *,
    named: bool,
    listed: bool,
) -> list[Check]:
    """Return what is checked of a config whose names are all known.

    Args:
        tasks, forecasts, emulated: as for `check_semantics`.
        named: whether that is so of the config as it came: what is missing may be meant by a wrong
            name.
        listed: whether its lists of runs are as they came.
    """
    return [
        *([_bad_engine] if named else []),
        *([_bad_attractors] if listed else []),
        lambda config: _bad_pairs(config, tasks),
        lambda config: _bad_embedding_pairs(config, tasks, forecasts),
        lambda config: unlike_in_formation(config, emulated),
        _repeated,
        _bad_layers,
        lambda config: without_machine(layered_pairs(config), tasks),
        _bad_reliance,
        *size_checks(tasks),
    ]


def _repeated(config: Config) -> Iterator[str]:
    """Yield a line for each network that a list of runs names twice."""
    of_place = {
        "dynamics.runs": dynamics_pairs,
        "formation.runs": formation_pairs,
        "attention.runs": attention_pairs,
        "layers.runs": layered_pairs,
    }
    for place, pairs_of in of_place.items():
        yield from repeated(place, pairs_of(config))


def _bad_attractors(config: Config) -> Iterator[str]:
    """Yield a line where attractors are asked for of no task that has any."""
    if config["attractors"] is not None and not attractor_pairs(config):
        known = " or ".join(ATTRACTOR_TASKS)
        yield f"attractors: got no task in `runs` that it is of, expected {known}"


def _bad_reliance(config: Config) -> Iterator[str]:
    """Yield a line for each study that lacks what it is made of."""
    asked = config["reliance"]
    if asked["trust"] is not None and asked["repair"] is None:
        yield (
            "reliance.trust: got sizes without `reliance.repair`, expected both: it asks the "
            "networks that are repaired, and needs the bug of that key"
        )


def _bad_names(config: Config) -> Iterator[str]:
    """Yield a line for each name that cannot become a folder, or not beside the others."""
    models = config["networks"]["models"]
    for name, model in models.items():
        if expected := trouble(name):
            yield f"networks.models: got {show(name)}, expected {expected}"
        layer = model.get("layer")
        if layer is not None and (expected := trouble(layer)):
            yield f"networks.models.{show(name)}.layer: got {show(layer)}, expected {expected}"
    for first, second in alike(models):
        yield (
            f"networks.models: got {show(first)} and {show(second)}, expected names that differ in "
            "more than case (on macOS they are one folder)"
        )


def _bad_embedding_pairs(
    config: Config, tasks: Mapping[str, str], forecasts: Mapping[str, str]
) -> Iterator[str]:
    found = embedding_pairs(config)
    yield from repeated("embedding.runs", found)
    for task, model in found:
        pretrained = config["networks"]["models"][model].get("pretrained")
        family = PRETRAINED_FAMILY.get(pretrained)
        if pretrained and tasks.get(task) != family:
            yield f"embedding.runs: model {model} is pretrained for {family}, not for task {task}"
        elif not pretrained and task not in forecasts:
            yield f"embedding.runs: task {task} needs a pretrained model, got {model}"


def _bad_pairs(config: Config, tasks: Mapping[str, str]) -> Iterator[str]:
    for place, found in (("runs", pairs(config)), ("robustness.runs", robustness_pairs(config))):
        yield from repeated(place, found)
    yield from misfits(config["networks"]["models"], all_pairs(config), tasks)
    yield from _single_logits(config)


def _single_logits(config: Config) -> Iterator[str]:
    """Yield a line for each model of a single logit whose task asks for no classes."""
    for task, model in all_pairs(config):
        if not (is_custom(task) and config["networks"]["models"][model].get("single_logit")):
            continue
        output = config["tasks"][CUSTOM][section_of(task)]["output"]
        if output != "distribution":
            yield (
                f"networks.models.{model}.single_logit: got true, expected false where {task} asks"
                f" for {output}; it is for two classes"
            )


def _bad_layers(config: Config) -> Iterator[str]:
    for name, model in config["networks"]["models"].items():
        known = layers_of(model)
        layer = model.get("layer")
        if layer is not None and known and layer not in known:
            place = f"networks.models.{name}.layer"
            yield f"{place}: unknown layer {show(layer)}; {known_names('layers', layer, known)}"


def _bad_engine(config: Config) -> Iterator[str]:
    methods = [*config["abstractions"]["methods"]]
    if config["robustness"]["runs"]:
        methods += config["robustness"]["methods"]
    if config["abstractions"]["engine"] == "hmmlearn" and "hmm" not in methods:
        yield (
            "abstractions.engine: got 'hmmlearn', expected ours where hmm is none of the methods:"
            " no other is fitted with it"
        )
