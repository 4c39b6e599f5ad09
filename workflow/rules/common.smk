"""What all rules share: the checked config, and where the runs it asks for lie."""

import re
import sys
import time
from functools import cache
from pathlib import Path

from snakemake.logging import logger

from markovlens.abstractions import METHODS
from markovlens.config.arena import expand as expand_arena
from markovlens.config.arena import files_of as arena_files
from markovlens.config.arena import is_arena
from markovlens.config.custom import custom_tasks, is_custom, section_of
from markovlens.config.given import as_in_a_file
from markovlens.running.codehash import code_hash, folder_hash
from markovlens.config.loading import (
    asks_for_nothing,
    attractor_pairs,
    attention_pairs,
    compared_pairs,
    dynamics_pairs,
    embedding_pairs,
    formation_pairs,
    layer_of,
    layered_pairs,
    load_config,
    module_file,
    pairs,
    robustness_pairs,
)
from markovlens.config.network_files import check_files, files_in_bad
from markovlens.config.checks import check_semantics, mistakes_in_bad
from markovlens.config.schema import faults, raise_if
from markovlens.errors import ConfigError, in_full
from markovlens.networks.resources import weight_files
from markovlens.running.failures import failures
from markovlens.running.presence import attend
from markovlens.files.runs import STUDY_TABLES
from markovlens.tasks import EMULATED, FORECASTS, TASKS, spec_of
from markovlens.tasks.base import SPLITS
from markovlens.tasks.formal import bit_languages

try:
    families = {name: spec.family for name, spec in TASKS.items()}
    others = {name: spec.family for name, spec in FORECASTS.items()}, list(EMULATED)
    schema = workflow.source_path("../schemas/config.schema.yaml")
    config = load_config(
        as_in_a_file(config, workflow.config_settings.config, schema_path=schema),
        schema_path=schema,
        others=lambda *given: [
            *mistakes_in_bad(*given, families, *others, methods=list(METHODS)),
            *files_in_bad(*given),
        ],
    )
    config, NOTES = expand_arena(config)
    ARENA_TASKS = [task for task, _ in pairs(config) if is_arena(task)]
    CUSTOM_TASKS = custom_tasks(config)
    families |= {name: spec_of(name).family for name in [*ARENA_TASKS, *CUSTOM_TASKS]}
    lines = faults(check_semantics, config, families, *others, methods=list(METHODS))
    lines += faults(check_files, config)
    if config["reliance"]["properties"]:
        from markovlens.reliance.properties.stated import misread

        lines += misread(config["reliance"]["properties"], {task for task, _ in pairs(config)})
    if asked := {section_of(task): task for task, _ in pairs(config) if task in CUSTOM_TASKS}:
        from markovlens.tasks.custom.checking import check_cells
        from markovlens.tasks.custom.description import check_descriptions, data_files

        sections = config["tasks"]["custom"]
        bad = check_descriptions(sections, list(asked))
        # In the folder of Snakemake, so that its own jobs, which read this too, need not look again.
        sound = Path(".snakemake") / "markovlens_sound_data.json"
        code = code_hash(Path(workflow.basedir) / "scripts" / "tasks_make.py")
        lines += bad or check_cells(
            sections, list(asked), seed=config["seed"], code=code, kept=sound
        )
    raise_if(lines)
except ConfigError as error:
    sys.exit(f"Bad config:\n{in_full(error)}")

for note in NOTES:
    logger.warning(note)
if asks_for_nothing(config):
    logger.warning("Nothing else is asked for.")
    sys.exit(0)

STARTED = time.time()
# Held as long as this process lives, so that `markovlens.running.resume` sees it.
PRESENCE = attend()
SEEDS = config["seeds"]
PAIRS = pairs(config)
ROBUSTNESS_PAIRS = robustness_pairs(config)
EMBEDDING_PAIRS = embedding_pairs(config)
DYNAMICS_PAIRS = dynamics_pairs(config)
FORMATION_PAIRS = formation_pairs(config)
GROUP_PAIRS = compared_pairs(config)
LAYERED_PAIRS = layered_pairs(config)
ATTRACTOR_PAIRS = attractor_pairs(config)
ATTENTION_PAIRS = attention_pairs(config)
# Next-symbol networks whose hidden states may hold exact beliefs, beside those that emulate.
BELIEF_PAIRS = [(task, model) for task, model in PAIRS if task == "mess3" and DYNAMICS_PAIRS]
GENERATORS = [name for name, spec in config["networks"]["models"].items() if "generator" in spec]
LAYERS = {model: layer_of(config, model) for _, model in [*PAIRS, *ROBUSTNESS_PAIRS]}
HASH_OF = cache(code_hash)
RESULTS = "results"
TASK = f"{RESULTS}/tasks/{{task}}"
RUN = f"{RESULTS}/runs/{{task}}/{{model}}/seed-{{seed}}"


wildcard_constraints:
    task="|".join(map(re.escape, [*TASKS, *FORECASTS, *ARENA_TASKS, *CUSTOM_TASKS])),
    model="|".join(map(re.escape, config["networks"]["models"])),


def growing(amount):
    """Return a resource that doubles with each attempt; a second one needs a profile with retries."""
    return lambda wildcards, attempt: amount * 2 ** (attempt - 1)


def of_seeds(seeds, *parts):
    """Return the files of some seeds of one (task, model), the other wildcards left open."""
    return [f"{RUN}/{part}".replace("{seed}", str(seed)) for seed in seeds for part in parts]


def of_every_seed(*parts):
    """Return the files of all seeds of one (task, model), the other wildcards left open."""
    return of_seeds(SEEDS, *parts)


def of_every_run(*parts, pairs=PAIRS):
    """Return the files of all runs of the benchmark, or of other (task, model) pairs."""
    return [
        f"{RUN}/{part}".format(task=task, model=model, seed=seed)
        for task, model in pairs
        for seed in SEEDS
        for part in parts
    ]


def machines_in_files(methods):
    """Return the files of those methods that are a user's own machines, by name of the method."""
    files = config["abstractions"]["files"]
    return {method: files[method] for method in methods if method in files}


def studies_of(methods):
    """Return one file of each study of all seeds, the one that is written last.

    The others come from the same job. To name them all, here and where tables are merged, would
    make a dry run of thousands of networks twice as long.
    """
    return of_every_seed(*[f"abstractions/{method}/machines.json" for method in methods])


def activations_of(*splits, seeds=SEEDS):
    """Return a function of the wildcards: the activations of all seeds, or some, in some splits."""
    return lambda wildcards: expand(
        f"{RUN}/activations/{{layer}}/{{split}}.parquet",
        task=wildcards.task,
        model=wildcards.model,
        seed=list(seeds),
        layer=LAYERS[wildcards.model],
        split=splits,
    )


def layer_of_run(wildcards):
    """Return the layer that is abstracted."""
    return LAYERS[wildcards.model]


ARENA = config["tasks"]["arena"]["folder"]


def files_of_task(wildcards):
    """Return the files that a task is made from."""
    if is_arena(wildcards.task):
        files = arena_files(ARENA, wildcards.task)
        return [files.description, files.words]
    if is_custom(wildcards.task):
        return data_files(sizes_of_task(wildcards)["data"])
    return ageless(resource_path(name, DOWNLOADS) for name in spec_of(wildcards.task).resources)


def ageless(files):
    """Mark those files that are downloads as of no age: their content is pinned, and checked by
    whoever reads it. Another run that begins at the same time fetches them, too, perhaps later."""
    fetched = {resource_path(name, DOWNLOADS) for name in RESOURCES}
    return [ancient(str(file)) if file in fetched else file for file in files]


def sizes_of_task(wildcards):
    """Return how large a task is made, or what your own data are."""
    if is_custom(wildcards.task):
        return config["tasks"]["custom"][section_of(wildcards.task)]
    section = config["tasks"][spec_of(wildcards.task).family]
    return {key: section[key] for key in sorted(section) if key != "folder"}


def weights_of_run(wildcards):
    """Return the files of a network that comes with its weights."""
    files = weight_files(spec_of_run(wildcards), DOWNLOADS, task=wildcards.task, arena=ARENA)
    return ageless(files)


def module_of_run(wildcards):
    """Return the file that the user's own network is in, where it is no package's."""
    file = module_file(spec_of_run(wildcards))
    return [] if file is None else [file]


def spec_of_run(wildcards):
    """Return what the config says of a model."""
    return config["networks"]["models"][wildcards.model]


def own_of_run(wildcards):
    """Return what the config says of the user's own network, the only one that may be loaded."""
    spec = spec_of_run(wildcards)
    for keys in (("kwargs", "module"), ("file", "options")):
        if keys[0] in spec and keys[1] in spec:
            return {key: spec[key] for key in keys}
    return None


def code_of(script):
    """Return a hash of the code behind a script: a param of its rule, so that new code reruns it.

    It is found when a job asks for it: one job on a cluster needs one of thirty, which together
    take as long as all the rest of Snakemake's start.
    """
    return lambda wildcards: HASH_OF(Path(workflow.basedir, "scripts", script))


def network_of(wildcards):
    """Return what the config says of a model, but for the layer, which is not the network's."""
    spec = spec_of_run(wildcards)
    return {key: spec[key] for key in sorted(spec) if key != "layer"}


def training_of(wildcards):
    """Return the options a network is trained with: of `default` and of its task's family."""
    if "cell" not in spec_of_run(wildcards):
        return {}
    section = config["networks"]["training"]
    family = spec_of(wildcards.task).family
    return dict(sorted((section["default"] | section.get(family, {})).items()))


def along_of(wildcards):
    """Return the options a network is trained along with."""
    training, section = training_of(wildcards), config["formation"]
    if wildcards.model in GENERATORS:
        return emulation_training() | {"checkpoints": section["moments"]}
    found = {key: training[key] for key in ("batch", "clip", "learning_rate")}
    return found | {
        "kept": section["moments"],
        "noise": section["noise"],
        "steps": section["steps"],
    }


def following():
    """Return how the states of networks that are trained along are followed."""
    section = config["formation"]
    keys = "method", "n_sequences", "n_states", "noise_runs", "noise_steps", "queries"
    return {key: section[key] for key in keys}


def training_of_task(wildcards):
    """Return the options that networks of a task are trained with."""
    section = config["networks"]["training"]
    family = spec_of(wildcards.task).family
    return dict(sorted((section["default"] | section.get(family, {})).items()))


def forecast_training_of(wildcards):
    """Return the options an encoder-decoder is trained with."""
    section = config["networks"]["training"][spec_of(wildcards.task).family]
    return dict(sorted(section.items()))


def emulation_training():
    """Return the options that generators are trained with."""
    return dict(sorted(config["networks"]["training"]["emulation"].items()))


def checkpoints_of_run(wildcards):
    """Return the weights along the training of an encoder-decoder; none of a pretrained one."""
    folder = f"{RUN}/network/checkpoints"
    return expand(folder, seed=SEEDS, **wildcards) if wildcards.task in FORECASTS else []


def fit_options(*left_out):
    """Return the settings of the fits that all methods share, but for some."""
    section, left_out = config["abstractions"], ("methods", "files", "n_states", "parts", *left_out)
    return {key: section[key] for key in sorted(section) if key not in left_out}


def scoring(*keys):
    """Return some settings of the scores: a rule must not run again for those it does not use."""
    return {key: config["faithfulness"][key] for key in keys}


def study_settings():
    """Return how the states of encoder-decoders are studied."""
    return {
        "n_components": config["embedding"]["n_components"],
        "bootstraps": config["faithfulness"]["bootstraps"],
        "level": config["faithfulness"]["level"],
    }


def encoder_decoder_figures():
    """Return the figures of every encoder-decoder that is embedded, and of all together."""
    names = ["embedding.png", "clusters.png", f"training.{FORMAT}"]
    found = if_embedded(*rules.figures_seq2seq.output)
    for task, model in EMBEDDING_PAIRS:
        with_body = task in FORECASTS and spec_of(task).family == "motion"
        extra = [f"skeletons.{FORMAT}"] if with_body else []
        found += [f"{FIGURES}/{task}/{model}/{name}" for name in [*names, *extra]]
    return found


def emulator_figures():
    """Return the figures of every emulating network, and of all together."""
    found = if_emulating(*rules.figures_emulation.output)
    for task, model in DYNAMICS_PAIRS:
        found += [f"{FIGURES}/{task}/{model}/{file}" for file in EMULATOR_FIGURES]
    return found


def if_emulating(*files):
    """Return `files` if the config asks for networks that emulate sources, else none."""
    return list(files) if DYNAMICS_PAIRS else []


def if_regions(*files):
    """Return `files` if the config asks for emulators to be searched region by region, else none."""
    return if_emulating(*files) if "regions" in config["dynamics"] else []


def region_figures():
    """Return the basins of every emulating network."""
    return if_regions(*[f"{FIGURES}/{task}/{model}/basins.png" for task, model in DYNAMICS_PAIRS])


def rest_figures():
    """Return the figures of what every network does when nothing happens."""
    return if_rested(*[f"{FIGURES}/{task}/{model}/rest.{FORMAT}" for task, model in PAIRS])


def if_rested(*files):
    """Return `files` if the config asks what networks do when nothing happens, else none."""
    return list(files) if config["dynamics"]["rest"] else []


def attractor_figures():
    """Return the figures of where networks with published dynamics rest."""
    found = [f"{FIGURES}/{task}/{model}/attractors.png" for task, model in ATTRACTOR_PAIRS]
    return if_attracted(*found)


def if_attracted(*files):
    """Return `files` if the config asks for attractors, else none."""
    return list(files) if ATTRACTOR_PAIRS else []


def group_figures():
    """Return the figures of what differs between the groups of a user's sequences."""
    return [f"{FIGURES}/{task}/{model}/groups.{FORMAT}" for task, model in GROUP_PAIRS]


def if_layered(*files):
    """Return `files` if the config asks what is readable and used of each layer, else none."""
    return list(files) if LAYERED_PAIRS else []


def if_compared(*files):
    """Return `files` if the config asks for comparisons of groups, else none."""
    return list(files) if GROUP_PAIRS else []


def if_formed(*files):
    """Return `files` if the config asks for networks that are trained along, else none."""
    return list(files) if FORMATION_PAIRS else []


def formation_figures():
    """Return the figure of every (task, model) that is trained along."""
    return [f"{FIGURES}/{task}/{model}/formation.{FORMAT}" for task, model in FORMATION_PAIRS]


def tables_of_studies():
    """Return the tables of all that is run, which is what the config asks for."""
    return [
        *if_abstracted(*rules.faithfulness_compile.output),
        *if_disturbed(*rules.faithfulness_withstand.output),
        *if_embedded(*rules.seq2seq_compile.output),
        *if_emulating(*rules.dynamics_compile.output),
        *if_regions(*rules.dynamics_region_compile.output),
        *if_rested(*rules.dynamics_rest_compile.output),
        *if_attracted(*rules.attractors_compile.output),
        *if_compared(*rules.groups_compile.output),
        *if_mixed(*rules.hybrids_compile.output[:2]),
        *if_layered(*rules.layers_compile.output[:2]),
        *if_formed(*rules.formation_compile.output),
        *if_attended(*rules.attention_compile.output[:3]),
        *reliance_tables(),
    ]


def figures_of_studies():
    """Return the figures of what is seen of networks only where the config asks."""
    layers = if_layered(*rules.layers_compile.output[2:])
    found = [*emulator_figures(), *region_figures(), *rest_figures(), *group_figures()]
    found += [*encoder_decoder_figures(), *attractor_figures(), *attention_figures()]
    return [*found, *layers, *formation_figures(), *hybrid_figures(), *reliance_figures()]


def if_mixed(*files):
    """Return `files` if the config asks for hybrids, else none."""
    return list(files) if config["hybrids"]["tasks"] else []


def hybrid_figures():
    """Return the figure of hybrids beside machines read off afterwards."""
    return if_mixed(*rules.hybrids_compile.output[2:])


def if_attended(*files):
    """Return `files` if the config asks for networks with attention, else none."""
    return list(files) if ATTENTION_PAIRS else []


def attention_figures():
    """Return the figure of what explanations are worth."""
    return if_attended(*rules.attention_compile.output[3:])


def if_watched(*files):
    """Return `files` if the config asks for monitors, else none."""
    return list(files) if "watching" in config["reliance"] else []


def reliance_tables():
    """Return the tables of the studies that the config asks for."""
    exports = rules.reliance_export.output if config["reliance"]["exports"] else []
    repairs = rules.reliance_repair_compile.output if REPAIR_PAIRS else []
    stands = rules.reliance_trust_compile.output[:2] if REPAIR_PAIRS and TRUST is not None else []
    checked = rules.reliance_check_compile.output if PROPERTY_PAIRS else []
    watched = if_watched(*rules.reliance_watch_compile.output)
    return [*exports, *checked, *repairs, *stands, *watched]


def reliance_figures():
    """Return the figures and files of the studies that the config asks for."""
    watched = if_watched(*expand(rules.reliance_watch.output.figure, zip, **OF_PAIRS))
    stands = rules.reliance_trust_compile.output[2:] if REPAIR_PAIRS and TRUST is not None else []
    return [*stands, *watched]


def if_abstracted(*files):
    """Return `files` if the config asks for networks whose machines are sought, else none."""
    return list(files) if PAIRS else []


def if_embedded(*files):
    """Return `files` if the config asks for encoder-decoders, else none."""
    return list(files) if EMBEDDING_PAIRS else []


def if_disturbed(*files):
    """Return `files` if the config asks for the robustness study, else none."""
    return list(files) if ROBUSTNESS_PAIRS else []


def explorers():
    """Return the explorer of every (task, model) of the benchmark."""
    return [f"{FIGURES}/{task}/{model}/explorer.html" for task, model in PAIRS]


def network_figures():
    """Return the figures of every (task, model) of the benchmark, of every task, and of all together."""
    found = if_abstracted(*rules.figures_comparison.output)
    found += if_disturbed(*rules.figures_robustness.output)
    found += [f"{FIGURES}/{task}/fidelity.{FORMAT}" for task in dict.fromkeys(t for t, _ in PAIRS)]
    for task, model in PAIRS:
        found += [figure.format(task=task, model=model) for figure in NETWORK_FIGURES]
    return found


onerror:
    # Last, so that nobody has to look for it among what Snakemake says of the same jobs.
    for said in failures("logs", since=STARTED):
        logger.error(said)
