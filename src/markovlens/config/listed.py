"""Whether tasks, models and methods that lists of runs name are there, and of the right kind."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from markovlens.arguments import known_names
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
        config: complete.
        tasks, forecasts: family of each that there is.
        emulated: sources that generators emulate.
        methods: all that there are.
    """
    models = config["networks"]["models"]
    spoken = [task for task, family in tasks.items() if family in _SEQ2SEQ_FAMILIES]
    for place, runs, known in (
        ("runs", config["runs"], tasks),
        ("robustness.runs", config["robustness"]["runs"], tasks),
        ("embedding.runs", config["embedding"]["runs"], [*forecasts, *spoken]),
        ("dynamics.runs", config["dynamics"]["runs"], emulated),
        ("layers.runs", config["layers"]["runs"], tasks),
        ("formation.runs", config["formation"]["runs"], [*languages(tasks), *emulated]),
        ("attention.runs", config["attention"]["runs"], tasks),
    ):
        for i, run in enumerate(runs):
            yield from _unknown(f"{place}[{i}].tasks", "task", run["tasks"], known)
            yield from _unknown(f"{place}[{i}].models", "model", run["models"], models)
    yield from _unknown("hybrids.tasks", "task", config["hybrids"]["tasks"], tasks)
    for section in ("abstractions", "robustness", "attention", "hybrids"):
        given = config[section].get("files", {})  # machines in files
        chosen = [name for name in config[section]["methods"] if name not in given]
        yield from _unknown(f"{section}.methods", "method", chosen, methods)


def _unknown(
    place: str, kind: str, names: Collection[str], known: Collection[str]
) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"{place}: unknown {kind} {show(name)}; {known_names(kind + 's', name, known)}"


def wrong_models(config: Config) -> Iterator[str]:
    """Yield a line for each model that stands in a list of runs for models of another kind."""
    models = config["networks"]["models"]
    pairs_of = [name for name, spec in models.items() if is_seq2seq(spec)]
    generators = [name for name, spec in models.items() if "generator" in spec]
    trained = [name for name, spec in models.items() if "cell" in spec]
    others = [name for name, spec in models.items() if not {"seq2seq", "generator"} & set(spec)]
    for place, runs, known, wanted in (
        ("runs", config["runs"], others, "a model that reads symbols"),
        ("robustness.runs", config["robustness"]["runs"], others, "a model that reads symbols"),
        ("layers.runs", config["layers"]["runs"], others, "a model that reads symbols"),
        ("embedding.runs", config["embedding"]["runs"], pairs_of, "an encoder-decoder"),
        ("dynamics.runs", config["dynamics"]["runs"], generators, "a generator"),
        (
            "formation.runs",
            config["formation"]["runs"],
            [*trained, *generators],
            "a model with a cell, or a generator",
        ),
        ("attention.runs", config["attention"]["runs"], trained, "a model with a cell"),
    ):
        for i, run in enumerate(runs):
            for name in run["models"]:
                if name not in known:
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
