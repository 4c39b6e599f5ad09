"""Networks from the wild: which there are, what each is run on, and the file of its weights.

Each is a module of the room `wild`, which reads the weights that a published package ships and
makes the sequences that the network is asked. Loads nothing heavy, so that a workflow may ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FAMILY = "wild"
WHOLE = "state"  # as `activations.own` calls all parts of a state side by side
BACKWARD = "_backward"  # ends the names of a network's half that reads from the end, and its task


@dataclass(frozen=True, slots=True)
class WildSpec:
    """What is known of a network before it is loaded.

    Attributes:
        module: of the room `wild`; it has `load`, `empty` and `make`, see there.
        task: the only task that the network is for.
        weights: name of the resource that holds its weights.
        layers: what may be explained, the last unless the config says another: all of its state
            (`state`), or parts of it.
        options: what `load`, `empty` and `whole` are told beside: which half of a network, or
            which of several.
    """

    module: str
    task: str
    weights: str
    layers: tuple[str, ...]
    options: Mapping[str, int] = field(default_factory=dict)


def _one_way(name: str, task: str, *layers: str) -> dict[str, WildSpec]:
    return {name: WildSpec(f"markovlens.wild.{name}", task, name, layers or ("h", "c", WHOLE))}


def _both_ways(name: str, task: str, *layers: str) -> dict[str, WildSpec]:
    """Return the two halves of a network that reads in both directions, one for each direction."""
    module, layers = f"markovlens.wild.{name}", layers or ("h", "c", WHOLE)
    return {
        name + end: WildSpec(module, task + end, name, layers, {"backward": bool(end)})
        for end in ("", BACKWARD)
    }


def _members(name: str, task: str, count: int) -> dict[str, WildSpec]:
    """Return the networks of an ensemble, numbered from 1, each with a task of its number."""
    return {
        f"{name}_{member}": WildSpec(
            f"markovlens.wild.{name}",
            f"{task}_{member}",
            name,
            ("h", "c", WHOLE),
            {"member": member},
        )
        for member in range(1, count + 1)
    }


WILD: dict[str, WildSpec] = {
    **_one_way("dgaintel", "domains", "last", "read", WHOLE, "cell"),
    **_one_way("fin_sentiment", "headlines"),
    **_one_way("chars2vec", "misspelled"),
    **_one_way("unirep", "peptides"),
    **_one_way("silero", "talk"),
    **_both_ways("uzmorph", "uzbek_words"),
    **_both_ways("medaka", "pileups", "h"),
    **_both_ways("sleepecg", "nights", "h"),
    **_one_way("resemblyzer", "voices"),
    **_one_way("beatnet", "clicks"),
    **_both_ways("g2pm", "polyphones"),
    **_members("asmscan", "motifs", 6),
}

FAMILY_OF = dict.fromkeys(WILD, FAMILY)


def task_of(network: str | None) -> str | None:
    """Return the only task of a network from the wild, None for any other network."""
    return WILD[network].task if network in WILD else None


def network_for(task: str) -> str | None:
    """Return the network that a task is for, None for a task of another family."""
    return next((name for name, spec in WILD.items() if spec.task == task), None)
