"""The configuration: defaults filled in, every mistake named in one line before any job starts.

Structure and bounds stand in `workflow/schemas/config.schema.yaml`; what no schema can say is
checked by `config_checks`. No torch here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from markovlens.config.custom import FAMILY, PREFIX
from markovlens.config.layers import ALL, expand_layers
from markovlens.config.machine_files import name_machines
from markovlens.config.schema import (
    Schema,
    fill,
    impossible,
    plain,
    problems,
    raise_if,
    read_schema,
)
from markovlens.config.sound import sound_parts
from markovlens.config.wild import WILD
from markovlens.errors import ConfigError

Config = dict[str, Any]
Others = Callable[[Mapping[str, Any], Config], Iterable[str]]

TRAINED_FAMILIES = ("formal", "markov", "sentiment", "keywords", "attractors", "custom")
ATTRACTOR_TASKS = ("flip_flop", "context_integration")
PRETRAINED_SEQ2SEQ = ("g2p_en",)
# From the first to the last, which is the default.
PRETRAINED_LAYERS = {"g2p_en": ("rnn.l0",), "arena": ("rnn.l0",)}


def load_config(
    raw: Mapping[str, Any], *, schema_path: str | Path, others: Others | None = None
) -> Config:
    """Return a config that follows the schema, with defaults filled in; `raw` stays as it is.

    Each family of `networks.training` comes back complete: `default` with its own keys over it. A
    model of `layer: all` comes back as one model for each of its layers, a method that is the file
    of a machine as its name, with its path in `abstractions.files`.

    Args:
        raw: the config as it came.
        schema_path: the file of the schema.
        others: returns a line for each other mistake in a config that is bad, to be told with it;
            it is given the config as it came, and what of it is right, where what is wrong has no
            key.

    Raises:
        ConfigError: with one line for each problem: the key, what came, what was expected.
    """
    schema = read_schema(schema_path)
    try:
        return _loaded(raw, schema)
    except ConfigError as error:
        if others is None:
            raise
        more = others(_with_models(raw, schema), _sound(raw, schema))
        lines = dict.fromkeys([*str(error).splitlines(), *more])
        raise ConfigError("\n".join(lines), page=error.page) from error


def _with_models(raw: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """Return a config with the models that it has where it names none; else as it came."""
    networks, known = raw.get("networks", {}), schema["properties"]["networks"]["properties"]
    if isinstance(networks, Mapping):
        networks = {"models": known["models"]["default"], **networks}
    return {**raw, "networks": networks}


def _sound(raw: Mapping[str, Any], schema: Schema) -> Config:
    """Return what is right of a config; models that stand for one of each layer are left out."""
    config = sound_parts(raw, schema)
    networks = config.setdefault("networks", {})
    models = networks.get("models", {}).items()
    networks["models"] = {name: spec for name, spec in models if spec.get("layer") != ALL}
    _inherit(networks.get("training", {}))
    return config


def _inherit(training: dict[str, Any]) -> None:
    """Let each family of networks be trained as `default` says, but for its own keys."""
    for family in TRAINED_FAMILIES:
        if "default" in training and family in training:
            training[family] = {**training["default"], **training[family]}


def _loaded(raw: Mapping[str, Any], schema: Schema) -> Config:
    lines, config = [*impossible(raw)], plain(raw)
    raise_if([*lines, *problems(config, schema)])
    filled: Config = fill(config, schema, schema)
    raise_if([*_lacking(filled)])
    _inherit(filled["networks"]["training"])
    known = {name: layers_of(model) for name, model in filled["networks"]["models"].items()}
    return name_machines(expand_layers(filled, known, ["", "robustness", "attention"]))


def pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) that `runs` asks for, in the order of the file."""
    return _pairs(config["runs"])


def robustness_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) whose activations are disturbed."""
    return _pairs(config["robustness"]["runs"])


def attention_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) that gets a twin with attention."""
    return _pairs(config["attention"]["runs"])


def embedding_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, encoder-decoder) whose states are embedded."""
    return _pairs(config["embedding"]["runs"])


def dynamics_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, generator) whose mechanism is looked into."""
    return _pairs(config["dynamics"]["runs"])


def layered_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) whose layers are looked into."""
    return _pairs(config["layers"]["runs"])


def formation_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) that is trained along."""
    return _pairs(config["formation"]["runs"])


def compared_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) of `runs` whose groups of sequences are compared."""
    sections = config["tasks"][FAMILY]
    asked = [PREFIX + name for name, section in sections.items() if section["compare"]]
    return [(task, model) for task, model in pairs(config) if task in asked]


def attractor_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) of `runs` whose attractors are held against published ones."""
    asked = ATTRACTOR_TASKS if config["attractors"] is not None else ()
    return [(task, model) for task, model in pairs(config) if task in asked]


def all_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) that is trained or loaded, once."""
    sections = (pairs, robustness_pairs, layered_pairs, attention_pairs)
    return list(dict.fromkeys(pair for pairs_of in sections for pair in pairs_of(config)))


def studied_pairs(config: Config) -> list[tuple[str, str]]:
    """Return every (task, model) that any section asks for, once."""
    others = [*embedding_pairs(config), *dynamics_pairs(config), *formation_pairs(config)]
    return list(dict.fromkeys([*all_pairs(config), *others]))


def asks_for_nothing(config: Config) -> bool:
    """Return whether no section names anything that is trained or loaded."""
    return not studied_pairs(config) and not config["hybrids"]["tasks"]


def _lacking(config: Config) -> Iterator[str]:
    """Yield a line for what an empty `runs` leaves without a network."""
    if config["runs"]:
        return
    asked = {"dynamics.rest": config["dynamics"]["rest"]} | {
        f"reliance.{key}": value for key, value in config["reliance"].items()
    }
    without = [key for key, value in asked.items() if value not in (None, False, [], {})]
    for key in without:
        yield f"{key}: got an empty `runs` beside it, expected networks there that it can study"
    if not without and asks_for_nothing(config):
        yield (
            "runs: got [], expected at least 1 entry, here or in the `runs` of robustness, "
            "embedding, dynamics, layers, formation or attention, or in `hybrids.tasks`"
        )


def is_seq2seq(spec: Mapping[str, Any]) -> bool:
    """Return whether an entry of `networks.models` is an encoder-decoder."""
    return "seq2seq" in spec or spec.get("pretrained") in PRETRAINED_SEQ2SEQ


def _pairs(runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(t, m) for run in runs for t in run["tasks"] for m in run["models"]]


def layers_of(model: Mapping[str, Any]) -> Sequence[str]:
    """Return the layers of a model from the first to the last; none where they are not known."""
    if "cell" in model:
        return [f"rnn.l{index}" for index in range(model["layers"])]
    name = model.get("pretrained", "")
    return WILD[name].layers if name in WILD else PRETRAINED_LAYERS.get(name, ())


def module_file(model: Mapping[str, Any]) -> Path | None:
    """Return the file that a user's network is in; None where it is a package's, or built in."""
    if "file" in model:
        return Path(model["file"])
    home, _, _ = model.get("module", "").rpartition(":")
    return Path(home) if home.endswith(".py") else None


def layer_of(config: Config, model: str) -> str:
    """Return the layer of a model that is explained: the one it names, else its last."""
    spec = config["networks"]["models"][model]
    layer: str = spec["layer"] or layers_of(spec)[-1]
    return layer
