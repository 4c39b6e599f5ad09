"""What all rules share: the checked config, and where the runs it asks for lie."""

import sys
from pathlib import Path

from markovlens.abstractions import METHODS
from markovlens.codehash import code_hash
from markovlens.config import check_semantics, layer_of, load_config, pairs
from markovlens.errors import ConfigError
from markovlens.tasks import TASKS
from markovlens.tasks.base import SPLITS

try:
    config = load_config(config, schema_path=workflow.source_path("../schemas/config.schema.yaml"))
    check_semantics(
        config,
        tasks={name: spec.family for name, spec in TASKS.items()},
        methods=list(METHODS),
    )
except ConfigError as error:
    sys.exit(f"Bad config:\n{error}")

SEEDS = config["seeds"]
PAIRS = pairs(config)
LAYERS = {model: layer_of(config, model) for _, model in PAIRS}
RESULTS = "results"
TASK = f"{RESULTS}/tasks/{{task}}"
RUN = f"{RESULTS}/runs/{{task}}/{{model}}/seed-{{seed}}"


wildcard_constraints:
    task="|".join(TASKS),
    model="|".join(config["networks"]["models"]),


def of_every_seed(*parts):
    """Return the files of all seeds of one (task, model), the other wildcards left open."""
    return [f"{RUN}/{part}".replace("{seed}", str(seed)) for seed in SEEDS for part in parts]


def of_every_run(*parts):
    """Return the files of all runs of the benchmark."""
    return [
        f"{RUN}/{part}".format(task=task, model=model, seed=seed)
        for task, model in PAIRS
        for seed in SEEDS
        for part in parts
    ]


def activations_of(*splits):
    """Return a function of the wildcards: the activations of all seeds in some splits."""
    return lambda wildcards: expand(
        f"{RUN}/activations/{{layer}}/{{split}}.parquet",
        task=wildcards.task,
        model=wildcards.model,
        seed=SEEDS,
        layer=LAYERS[wildcards.model],
        split=splits,
    )


def layer_of_run(wildcards):
    """Return the layer that is abstracted."""
    return LAYERS[wildcards.model]


def spec_of_run(wildcards):
    """Return what the config says of a model."""
    return config["networks"]["models"][wildcards.model]


def code_of(script):
    """Return a hash of the code behind a script: a param of its rule, so that new code reruns it."""
    return code_hash(Path(workflow.basedir, "scripts", script))
