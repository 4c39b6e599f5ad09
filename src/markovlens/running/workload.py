"""How the work of jobs grows with the sizes of a config: what `estimate` scales times by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from markovlens.config.custom import FAMILY as OWN
from markovlens.config.loading import (
    Config,
    dynamics_pairs,
    embedding_pairs,
    formation_pairs,
    pairs,
)
from markovlens.errors import DataError
from markovlens.running.benchmarks import Place
from markovlens.tasks import EMULATED, spec_of

KINDS = ("cell", "generator", "seq2seq", "pretrained", "module", "file")


@dataclass(frozen=True, slots=True)
class Work:
    """What a job of a rule consists of.

    Attributes:
        start_s: seconds of processor time of a job that has next to nothing to do: Python, imports
            and what numba loads. As measured on a config with the least of everything.
        powers: how the rest grows: the power of each size (see `sizes_of`). Fitted to smoke and
            default runs together; they hold between those, and are less sure beyond.
    """

    start_s: float
    powers: Mapping[str, float] = field(default_factory=dict)


_SEEDS = {"seeds": 1.0}
WORK = {
    "tasks_fetch": Work(0.5),
    "tasks_make": Work(0.4, {"steps": 0.3}),
    "networks_train": Work(3.5, _SEEDS | {"updates": 0.4}),
    "networks_forecast": Work(4.5, _SEEDS | {"updates": 1.0}),
    "networks_emulate": Work(3.5, _SEEDS | {"updates": 1.0, "batch": 0.5}),
    "activations_record": Work(2.5, _SEEDS | {"steps": 0.2}),
    "activations_trajectories": Work(2.2, _SEEDS | {"windows": 0.5}),
    "embedding_fit": Work(0.4, _SEEDS),
    "abstractions_fit": Work(
        6.0,
        _SEEDS
        | {"methods": 1.0, "states": 0.9, "restarts": 0.6, "recorded": 0.8, "components": 0.3},
    ),
    "faithfulness_score": Work(1.6, _SEEDS | {"methods": 1.0, "budgets": 1.0, "bootstraps": 0.5}),
    "faithfulness_probe": Work(3.0, _SEEDS | {"methods": 1.0, "budgets": 0.8}),
    "faithfulness_disturb": Work(3.0, _SEEDS | {"disturbed": 0.65}),
    "seq2seq_analyse": Work(4.5, _SEEDS | {"windows": 0.5, "hidden": 0.3}),
    "faithfulness_compile": Work(2.0, _SEEDS | {"networks": 1.0}),
    "faithfulness_withstand": Work(1.4),
    "seq2seq_compile": Work(4.0, _SEEDS | {"encoders": 1.0}),
    "faithfulness_claim": Work(1.0),
    "dynamics_analyse": Work(3.5, _SEEDS | {"hidden": 1.0, "checkpoints": 0.2}),
    "dynamics_believe": Work(3.5, _SEEDS | {"budgets": 1.0}),
    "dynamics_region": Work(2.5, _SEEDS | {"hidden": 1.0}),
    "dynamics_region_compile": Work(1.0, _SEEDS | {"emulators": 1.0}),
    "dynamics_rest": Work(3.0, _SEEDS | {"hidden": 1.0}),
    "dynamics_rest_compile": Work(1.0, _SEEDS | {"networks": 1.0}),
    "attractors_analyse": Work(4.0, _SEEDS | {"hidden": 1.0}),
    "attractors_compile": Work(1.0, _SEEDS | {"networks": 1.0}),
    "dynamics_compile": Work(2.5, _SEEDS | {"emulators": 1.0}),
    "groups_compare": Work(2.0, _SEEDS | {"methods": 0.3}),
    "groups_compile": Work(1.0, _SEEDS | {"networks": 1.0}),
    "layers_compare": Work(3.0, _SEEDS | {"hidden": 1.0, "bootstraps": 0.2}),
    "layers_compile": Work(1.5, _SEEDS),
    "formation_train": Work(3.5, _SEEDS | {"along": 0.8}),
    "formation_follow": Work(4.0, _SEEDS | {"moments": 1.0, "followed": 0.5}),
    "formation_compile": Work(1.5, _SEEDS | {"formed": 1.0}),
    "attention_attend": Work(20.0, _SEEDS | {"updates": 0.4}),
    "attention_compile": Work(3.0, _SEEDS),
    "hybrids_train": Work(12.0, _SEEDS),
    "hybrids_compile": Work(3.0),
    "reliance_export": Work(6.0, _SEEDS | {"networks": 1.0}),
    "reliance_repair": Work(20.0, _SEEDS),
    "reliance_repair_compile": Work(1.0, _SEEDS | {"networks": 1.0}),
    "reliance_trust": Work(5.0, _SEEDS),
    "reliance_trust_compile": Work(2.0, _SEEDS | {"networks": 1.0}),
    "reliance_check": Work(3.0, _SEEDS | {"budgets": 0.5}),
    "reliance_check_compile": Work(1.0, _SEEDS | {"networks": 1.0}),
    "reliance_watch": Work(4.0, _SEEDS),
    "reliance_watch_compile": Work(1.0, _SEEDS | {"networks": 1.0}),
    "figures_network": Work(2.2, {"seeds": 0.5}),
    "figures_explorer": Work(3.5, {"methods": 0.3, "steps": 0.2}),
    "figures_comparison": Work(5.0, _SEEDS | {"networks": 0.7}),
    "figures_task": Work(1.3),
    "figures_robustness": Work(1.3),
    "figures_embedding": Work(4.0),
    "figures_skeletons": Work(2.8),
    "figures_seq2seq": Work(3.5, {"encoders": 0.5}),
    "figures_dynamics": Work(4.0),
    "figures_basins": Work(2.5),
    "figures_rest": Work(1.5),
    "figures_emulation": Work(3.0, {"emulators": 0.5}),
    "provenance_write": Work(0.2),
    "report_write": Work(1.0, {"networks": 1.0}),
}
# Products of a weight and a state, of a batch and one symbol, that take as long as all else of it.
PRODUCTS = 4e6
TYPICAL_LENGTH = 10  # symbols of a word or text; only matters against a task of another family


def ratio(place: Place, config: Config, other: Place, reference: Config) -> float:
    """Return how many times the work of `other` in the reference the work of `place` is.

    Sizes that one of the two does not have are taken to be the same.
    """
    here, there = sizes_of(config, place), sizes_of(reference, other)
    powers = work_of(place.rule).powers
    known = [name for name in powers if name in here and name in there]
    return prod((here[name] / max(there[name], 1.0)) ** powers[name] for name in known)


def work_of(rule: str) -> Work:
    """Return what a job of a rule consists of; of one that is not ours, work that grows by seed."""
    return WORK.get(rule, Work(0.0, _SEEDS))


def likeness(
    place: Place, config: Config, other: Place, reference: Config
) -> tuple[bool, bool, bool, int]:
    """Return how alike the networks of two places are: the larger, the more alike."""
    here, there = model_of(config, place), model_of(reference, other)
    return (
        kind_of(here) == kind_of(there),
        family_of(place) == family_of(other),
        place.task == other.task,
        sum(name in there and there[name] == value for name, value in here.items()),
    )


def model_of(config: Config, place: Place) -> dict[str, Any]:
    """Return what the config says of the model at a place; nothing where a job is for all."""
    model: dict[str, Any] = config["networks"]["models"].get(place.model, {})
    return model


def kind_of(model: Mapping[str, Any]) -> str:
    """Return which kind of network a model is; empty if it is none."""
    return next((kind for kind in KINDS if kind in model), "")


def family_of(place: Place) -> str:
    """Return the family of the task at a place; empty where there is none."""
    try:
        return spec_of(place.task).family
    except DataError:  # no task, or one that is no data set
        return ""


def sizes_of(config: Config, place: Place) -> dict[str, float]:
    """Return the sizes of a config that the time of jobs grows with, at one place."""
    abstractions, robustness = config["abstractions"], config["robustness"]
    sizes = {
        "seeds": len(config["seeds"]),
        "networks": len(pairs(config)),
        "encoders": len(embedding_pairs(config)),
        "emulators": len(dynamics_pairs(config)),
        "formed": len(formation_pairs(config)),
        "along": config["formation"]["steps"],
        "moments": config["formation"]["moments"],
        "followed": config["formation"]["n_sequences"],
        "methods": len(abstractions["methods"]),
        "budgets": len(abstractions["n_states"]),
        "states": sum(abstractions["n_states"]),
        "restarts": abstractions["restarts"] * len(abstractions["covariance"]),
        "components": config["embedding"]["n_components"],
        "windows": config["embedding"]["n_windows"],
        "bootstraps": config["faithfulness"]["bootstraps"],
        "disturbed": len(robustness["noise"])
        * sum(robustness["n_train"])
        * len(robustness["methods"])
        * sum(robustness["n_states"])
        * robustness["restarts"],
    }
    sizes |= _task_sizes(config, place) | _model_sizes(config, place)
    return {name: float(size) for name, size in sizes.items()}


def _task_sizes(config: Config, place: Place) -> dict[str, int]:
    """Return how many steps a task has, by what is done with them."""
    section = _task(config, place)
    if "n_train" not in section:
        return {}  # tasks whose sizes do not stand in the config
    length = section.get("length", TYPICAL_LENGTH)
    train, test = section.get("length_train", length), section.get("length_test", length)
    tested = section["n_valid"] + section["n_test"]
    return {
        "steps": section["n_train"] * train + tested * test,
        "recorded": min(config["activations"]["n_train"], section["n_train"]) * train,
    }


def _task(config: Config, place: Place) -> Mapping[str, Any]:
    """Return the section of a task's sizes; none where its files alone know them."""
    family = family_of(place)
    section: Mapping[str, Any] = {} if family == OWN else config["tasks"].get(family, {})
    return section


def _model_sizes(config: Config, place: Place) -> dict[str, float]:
    """Return how large a network is, and how long it is trained."""
    model = model_of(config, place)
    sizes = {"hidden": model["hidden"]} if "hidden" in model else {}
    if kind_of(model) not in ("cell", "generator", "seq2seq"):
        return sizes
    family = "emulation" if "generator" in model else family_of(place)
    training = _training(config, family)
    units = model["hidden"]
    products = training["batch"] * units * (units + model.get("noise", 0))
    return sizes | {
        "updates": training["steps"] * _length(config, place) * (1 + products / PRODUCTS),
        "batch": training["batch"],
        **(_emulation_sizes(config) if family == "emulation" else {}),
    }


def _training(config: Config, family: str) -> dict[str, Any]:
    """Return how networks on a family of tasks are trained; few or no keys may be its own."""
    section = config["networks"]["training"]
    return {**section["default"], **section.get(family, {})}


def _emulation_sizes(config: Config) -> dict[str, int]:
    """Return what of a generator's sizes stands elsewhere than a language's."""
    training = config["networks"]["training"]["emulation"]
    return {
        "checkpoints": training["checkpoints"],
        "along": training["steps"],
        "followed": config["formation"]["noise_runs"],
    }


def _length(config: Config, place: Place) -> int:
    """Return the symbols or frames that a network sees in a gradient step."""
    if "generator" in model_of(config, place):
        return EMULATED[place.task]
    section = _task(config, place)
    if "past" in section:
        return int(section["past"] + section["future"])
    return int(section.get("length_train", section.get("length", TYPICAL_LENGTH)))


def all_pairs(config: Config) -> set[tuple[str, str]]:
    """Return every (task, model) that any section of the config asks for."""
    sections = [config, *(part for part in config.values() if isinstance(part, Mapping))]
    runs = [run for section in sections for run in section.get("runs", [])]
    return {(t, m) for run in runs for t in run.get("tasks", []) for m in run.get("models", [])}
