"""What no schema can say about a config: is there such a task, has that model such a layer.

Each function yields a line for each problem: the key, what came, what was expected.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from typing import Any

from markovlens.arguments import known_names
from markovlens.config.custom import FAMILY as CUSTOM
from markovlens.config.custom import is_custom, section_of
from markovlens.config.layers import without_machine
from markovlens.config.listed import (
    known_tasks,
    of_known_names,
    unknown_names,
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
from markovlens.status import LEAST_NOISE_STEPS, LEAST_SLOPE_SIZES, Criterion


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
    raise_if(
        [
            *told,
            *_bad_pairs(config, tasks),
            *_bad_embedding_pairs(config, tasks, forecasts),
            *repeated("dynamics.runs", dynamics_pairs(config)),
            *repeated("formation.runs", formation_pairs(config)),
            *unlike_in_formation(config, emulated),
            *repeated("attention.runs", attention_pairs(config)),
            *_bad_layers(config),
            *([] if unknown else _bad_engine(config)),  # it may be meant by a name that is wrong
            *_bad_criterion(config),
            *_bad_sizes(config, {tasks[task] for task, _ in all_pairs(config)}),
            *_bad_training(config),
            *repeated("layers.runs", layered_pairs(config)),
            *without_machine(layered_pairs(config), tasks),
            *([] if told else _bad_attractors(config)),
            *_bad_reliance(config),
            *_bad_noise(config["formation"]),
        ]
    )


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


def _bad_noise(formation: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line where noise has too few steps to fit machines on."""
    fitted = formation["noise_runs"] // 2
    if fitted * formation["noise_steps"] < LEAST_NOISE_STEPS:
        yield (
            f"formation.noise_steps: got {formation['noise_steps']}, expected at least"
            f" {-(-LEAST_NOISE_STEPS // fitted)}, for {LEAST_NOISE_STEPS} steps in half of the"
            f" {formation['noise_runs']} noise_runs: of fewer a number of states says nothing"
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


def _bad_criterion(config: Config) -> Iterator[str]:
    if config["abstractions"]["criterion"] != Criterion.SLOPE:
        return
    for section in ("abstractions", *(["robustness"] if config["robustness"]["runs"] else [])):
        sizes = config[section]["n_states"]
        if len(sizes) < LEAST_SLOPE_SIZES:
            yield (
                f"{section}.n_states: got {show(sizes)}, expected {LEAST_SLOPE_SIZES} numbers or"
                " more, which abstractions.criterion 'slope' needs"
            )


def _bad_sizes(config: Config, families: Set[str]) -> Iterator[str]:
    states = config["abstractions"]["n_states"]
    for section in ("abstractions", "robustness"):
        sizes = config[section]["n_states"]
        if sizes != sorted(sizes):
            yield f"{section}.n_states: got {show(sizes)}, expected rising numbers"
    n_recorded = config["activations"]["n_train"]
    if config["robustness"]["runs"] and max(config["robustness"]["n_train"]) > n_recorded:
        yield (
            f"robustness.n_train: got {max(config['robustness']['n_train'])}, expected at most"
            f" activations.n_train, which is {n_recorded}"
        )
    for family in sorted(families - {CUSTOM}):  # how much there is, its files alone know
        sizes = config["tasks"][family]
        # Recorded are all, where data of a fixed size have fewer.
        if n_recorded > sizes.get("n_train", n_recorded):
            yield (
                f"activations.n_train: got {n_recorded}, expected at most"
                f" tasks.{family}.n_train, which is {sizes['n_train']}"
            )
        steps = n_recorded * sizes.get("length", sizes.get("length_train", 1))
        if max(states) > steps:
            yield (
                f"abstractions.n_states: got {max(states)}, expected at most {steps}, the steps of"
                f" the {n_recorded} {family} sequences that activations.n_train records"
            )
    formal = config["tasks"]["formal"]
    if formal["length_test"] < formal["length_train"]:
        yield (
            f"tasks.formal.length_test: got {formal['length_test']}, expected at least"
            f" length_train, which is {formal['length_train']}"
        )
    yield from _bad_components(config)
    yield from _bad_coreset(config)


def _bad_coreset(config: Config) -> Iterator[str]:
    """Yield a line where a coreset has fewer steps than some method makes clusters."""
    abstractions = config["abstractions"]
    most = max(abstractions["n_states"])
    if "overcluster" in abstractions["methods"]:
        most *= abstractions["overcluster"]
    coreset = abstractions["coreset"]
    if coreset is not None and coreset < most:
        yield f"abstractions.coreset: got {coreset}, expected at least {most}, a step a cluster"


def _bad_components(config: Config) -> Iterator[str]:
    n_components = config["embedding"]["n_components"]
    for name in dict.fromkeys(model for _, model in all_pairs(config)):
        hidden = config["networks"]["models"][name].get("hidden", n_components)
        if n_components > hidden:
            yield (
                f"embedding.n_components: got {n_components}, expected at most {hidden},"
                f" the units of model {name}"
            )


def _bad_training(config: Config) -> Iterator[str]:
    training = config["networks"]["training"]
    for family, settings in training.items():
        if "evaluate_every" not in settings:
            continue
        every, steps = settings["evaluate_every"], settings["steps"]
        inherited = (training["default"]["evaluate_every"], training["default"]["steps"])
        if every > steps and (family == "default" or (every, steps) != inherited):
            yield (
                f"networks.training.{family}.evaluate_every: got {every},"
                f" expected at most steps, which is {steps}"
            )
