"""Whether tasks, models and methods that lists of runs name are there, and of the right kind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from markovlens.arguments import known_names
from markovlens.config.arena import FAMILY as ARENA
from markovlens.config.arena import is_arena
from markovlens.config.custom import FAMILY as CUSTOM
from markovlens.config.custom import PREFIX
from markovlens.config.layers import ALL
from markovlens.config.lenient import at, list_at, mapping_at, names_at
from markovlens.config.loading import (
    PRETRAINED_SEQ2SEQ,
    Config,
    formation_pairs,
    is_seq2seq,
    layers_of,
)
from markovlens.config.names import languages
from markovlens.config.pretrained import PRETRAINED_FAMILY
from markovlens.config.schema import show

_SEQ2SEQ_FAMILIES = [PRETRAINED_FAMILY[name] for name in PRETRAINED_SEQ2SEQ]


def unknown_names(
    config: Config,
    tasks: Mapping[str, str],
    forecasts: Mapping[str, str],
    emulated: Collection[str],
    *,
    methods: Collection[str],
) -> Iterator[str]:
    """Yield a line for each task, model and method that there is not.

    Args:
        config: complete, or as it came and against the schema: what is no list of names is left.
        tasks, forecasts: family of each that there is.
        emulated: sources that generators emulate.
        methods: all that there are.
    """
    found = at(config, "networks.models")
    models = [*map(str, found)] if isinstance(found, Mapping) else None
    for place, known in known_tasks(tasks, forecasts, emulated).items():
        for i, run in enumerate(list_at(config, place)):
            yield from _unknown(f"{place}[{i}].tasks", "task", names_at(run, "tasks"), known)
            if models is not None:
                yield from _unknown(
                    f"{place}[{i}].models", "model", names_at(run, "models"), models
                )
    yield from _unknown("hybrids.tasks", "task", names_at(config, "hybrids.tasks"), tasks)
    for section in ("abstractions", "robustness", "attention", "hybrids"):
        given = mapping_at(config, f"{section}.files")  # machines in files
        chosen = [name for name in names_at(config, f"{section}.methods") if name not in given]
        yield from _unknown(f"{section}.methods", "method", chosen, methods)


def unknown_names_in_bad(
    raw: Mapping[str, Any], tasks: Mapping[str, str], *rest: Any, methods: Collection[str]
) -> Iterator[str]:
    """Yield what `unknown_names` does of a config as it came, where keys in it are wrong.

    Your own data are those that have a section, be it right or wrong; which networks the arena has
    is not known before its folder is.
    """
    own = [PREFIX + str(name) for name in mapping_at(raw, f"tasks.{CUSTOM}")]
    named = [name for run in list_at(raw, "runs") for name in names_at(run, "tasks")]
    arena = [name for name in named if name == ARENA or is_arena(name)]
    more = dict.fromkeys(own, CUSTOM) | dict.fromkeys(arena, ARENA)
    config = _with_layers(raw, known_tasks(tasks, *rest))
    yield from unknown_names(config, {**tasks, **more}, *rest, methods=methods)


def _with_layers(raw: Mapping[str, Any], places: Iterable[str]) -> Config:
    """Return a config as it came with the models that a list of runs names of a `layer: all`.

    Which layers there are is not known before the model is right.
    """
    models = at(raw, "networks.models")
    if not isinstance(models, Mapping):
        return dict(raw)
    whole = tuple(f"{name}." for name, spec in models.items() if at(spec, "layer") == ALL)
    runs = [run for place in places for run in list_at(raw, place)]
    named = [name for run in runs for name in names_at(run, "models") if name.startswith(whole)]
    known = {**models, **dict.fromkeys(named, {})}
    return {**raw, "networks": {**raw["networks"], "models": known}}


def known_tasks(
    tasks: Mapping[str, str], forecasts: Mapping[str, str], emulated: Collection[str]
) -> dict[str, Collection[str]]:
    """Return the tasks that each list of runs may name, by the place of the list."""
    spoken = [task for task, family in tasks.items() if family in _SEQ2SEQ_FAMILIES]
    return {
        "runs": tasks,
        "robustness.runs": tasks,
        "embedding.runs": [*forecasts, *spoken],
        "dynamics.runs": emulated,
        "layers.runs": tasks,
        "formation.runs": [*languages(tasks), *emulated],
        "attention.runs": tasks,
    }


def fitting_models(config: Config) -> dict[str, tuple[Collection[str], str]]:
    """Return the models that each list of runs may name, and what they are, by its place."""
    models = config["networks"]["models"]
    pairs_of = [name for name, spec in models.items() if is_seq2seq(spec)]
    generators = [name for name, spec in models.items() if "generator" in spec]
    trained = [name for name, spec in models.items() if "cell" in spec]
    others = [name for name, spec in models.items() if not {"seq2seq", "generator"} & set(spec)]
    return {
        "runs": (others, "a model that reads symbols"),
        "robustness.runs": (others, "a model that reads symbols"),
        "layers.runs": (others, "a model that reads symbols"),
        "embedding.runs": (pairs_of, "an encoder-decoder"),
        "dynamics.runs": (generators, "a generator"),
        "formation.runs": ([*trained, *generators], "a model with a cell, or a generator"),
        "attention.runs": (trained, "a model with a cell"),
    }


def of_known_names(config: Config, tasks: Mapping[str, Collection[str]]) -> Config:
    """Return the config with those names alone in its lists of runs that are known and fit.

    So that what else is wrong can be told beside the names.
    """
    found = dict(config)
    for place, (models, _) in fitting_models(config).items():
        runs = [
            {
                "tasks": [name for name in run["tasks"] if name in tasks[place]],
                "models": [name for name in run["models"] if name in models],
            }
            for run in list_at(config, place)
        ]
        section = place.partition(".runs")[0]
        found[section] = runs if place == "runs" else {**found.get(section, {}), "runs": runs}
    return found


def _unknown(
    place: str, kind: str, names: Collection[str], known: Collection[str]
) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{place}: unknown {kind} {show(name)}; {known_names(kind + 's', name, known)}"


def wrong_models(config: Config) -> Iterator[str]:
    """Yield a line for each model that stands in a list of runs for models of another kind."""
    models = config["networks"]["models"]
    for place, (known, wanted) in fitting_models(config).items():
        for i, run in enumerate(list_at(config, place)):
            for name in run["models"]:
                if name in models and name not in known:
                    yield (
                        f"{place}[{i}].models: got {show(name)}, expected {wanted}, one of"
                        f" {', '.join(known) or '(none)'}"
                    )


def unlike_in_formation(config: Config, emulated: Collection[str]) -> Iterator[str]:
    """Yield a line for each network that is not of the kind, or not of the layer, that is followed.

    Of a language it is one that reads, of a source a generator; the layer is the last.
    """
    models = config["networks"]["models"]
    for task, model in formation_pairs(config):
        wanted = "a generator" if task in emulated else "a model with a cell"
        if ("generator" in models[model]) != (task in emulated):
            yield f"formation.runs: got {model} for {task}, expected {wanted}"
        layer, layers = models[model].get("layer"), layers_of(models[model])
        if layer in layers[:-1]:
            yield (
                f"formation.runs: got {model} for {task}, whose layer is {layer}, expected a model "
                f"without `layer`, or of {layers[-1]}: the last layer is followed there"
            )
