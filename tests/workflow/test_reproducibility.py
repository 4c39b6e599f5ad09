"""Same config, same bytes; another key or other code, and exactly what depends on it runs again."""

import shutil
from copy import deepcopy

import pytest
import yaml

from helpers.faults import Faulty
from helpers.planner import plans, words
from helpers.whole import WHOLE, config_of
from helpers.workspace import FORKING, REPOSITORY
from markovlens.config.loading import load_config

SCHEMA_PATH = "workflow/schemas/config.schema.yaml"

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

ALWAYS = "provenance_write"  # it has the whole config
NETWORKS = {"networks_train", "networks_forecast", "networks_emulate"}  # one store for all kinds
FITS = {"abstractions_fit", "faithfulness_disturb", "seq2seq_analyse"}
SCORED = {"faithfulness_score", "faithfulness_probe", "faithfulness_disturb"}
ATTENDED = {"attention_attend"}
# Those of networks that read symbols; one module imports what they draw.
COMPARED = {"figures_comparison", "figures_task", "figures_robustness"}
FIGURES = {"figures_network"} | COMPARED
# The jobs that have a key among their params, by keys or the beginning of keys: the longest counts.
# None have those of what does not run. What is made from their outputs follows.
OWNERS = {
    "seed": {"tasks_make"},
    "seeds": NETWORKS,
    "tasks": set(),
    "tasks.formal": {"tasks_make contains_000"},
    "tasks.markov": {"tasks_make chain_2"},
    "tasks.planar": {"tasks_make circle_ellipse"},
    "networks.models": set(),
    "networks.models.srn": {"networks_train"},
    "networks.models.srn.layer": set(),  # the other value names the layer that null stands for
    "networks.models.pair": {"networks_forecast"},
    "networks.models.emulator": {"networks_emulate"},
    "networks.training": set(),
    "networks.training.default": {"networks_train"},
    "networks.training.formal": {"networks_train"},
    "networks.training.planar": {"networks_forecast"},
    "networks.training.emulation": {"networks_emulate"},
    "activations": {"activations_record"},
    "embedding.n_components": {"embedding_fit", "faithfulness_disturb", "seq2seq_analyse"},
    "embedding.choose": {"embedding_fit"},
    "embedding.n_windows": {"activations_trajectories"},
    "abstractions": FITS,
    "abstractions.methods": {"abstractions_fit"},
    "abstractions.n_states": {"abstractions_fit"},
    "abstractions.restarts": {"abstractions_fit"},
    "abstractions.covariance": {"abstractions_fit", "seq2seq_analyse"},
    "faithfulness": {"faithfulness_probe"},
    "faithfulness.smoothing": SCORED,
    "faithfulness.bootstraps": SCORED | ATTENDED | {"seq2seq_analyse"},
    "faithfulness.level": {
        "faithfulness_score", "faithfulness_probe", "faithfulness_compile",
        "faithfulness_withstand", "seq2seq_analyse", "attention_compile",
    } | COMPARED | ATTENDED,
    "robustness": {"faithfulness_disturb"},
    "hybrids": set(),
    "layers": set(),
    "formation": set(),
    "attention": ATTENDED,
    "figures.format": FIGURES | {
        "figures_seq2seq", "figures_embedding", "figures_dynamics", "figures_emulation",
        "attention_compile",
    },
}  # fmt: skip
# Values that are neither the next number nor the next of the allowed words, and keys that the whole
# config leaves to others.
VALUES = {
    "activations.length_train": 6,
    "abstractions.methods": ["hmm", "kmeans", "majority"],
    "networks.models.srn.layer": "rnn.l0",
    "networks.training.formal.steps": 200,
    "tasks.formal.length_test": 13,
    "robustness.n_train": [10],
    "networks.models.other": {"cell": "gru"},
}
# What is added to a module, and the jobs that import it.
CODE = {
    "networks/forecasting.py": ("HOLDS = 3\n", NETWORKS),
    "dynamics/orbit.py": ("TURNS = 3\n", {"dynamics_analyse"}),
    # Coordinates are chosen by the machines that are fitted on them.
    "abstractions/kmeans.py": ("ROUNDS = 3\n", FITS | ATTENDED | {"embedding_fit"}),
    "figures/comparison/gap.py": ("WIDE = 3\n", COMPARED),
    "hmm/em.py": ("# only a comment\n", set()),
}
NEXT = {
    "srn": "mgu", "gru": "mgu", "own": "zero", "transport": "energy", "centre": "vote",
    "majority": "sink", "full": "diag", "tied": "diag", "kmeans": "hmm", "svg": "png",
}  # fmt: skip
# Keys that make other jobs, not the same ones anew; each has a test of its own.
OTHER_JOBS = (
    "runs", "embedding.runs", "robustness.runs", "dynamics.runs", "layers.runs", "dynamics.rest",
    "formation.runs", "attention.runs", "abstractions.parts", "reliance.exports",
    "reliance.properties",
)  # fmt: skip


def leaves(section, *path):
    """Yield the dotted path and the value of every key of a config that is no section."""
    for key, value in section.items():
        if isinstance(value, dict):
            yield from leaves(value, *path, key)
        else:
            yield ".".join((*path, key)), value


def another(value):
    """Return another value that is as good, None if only the reader of the schema knows one."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return round(0.9 * value, 6) or 0.1
        case str():
            return NEXT.get(value)
        case [*others, _] if others:
            return others
        case [only]:
            return [another(only)]
    return None


def changes():
    """Return another value of every key, by dotted path."""
    filled = load_config(WHOLE, schema_path=REPOSITORY / SCHEMA_PATH)
    found = {path: another(value) for path, value in leaves(filled)}
    kept = {path: value for path, value in found.items() if value not in (None, [None])}
    return {path: value for path, value in (kept | VALUES).items() if path not in OTHER_JOBS}


def changed(values):
    """Return the whole config with other values at some dotted paths."""
    config = deepcopy(WHOLE)
    for path, value in values.items():
        *sections, key = path.split(".")
        section = config
        for name in sections:
            section = section.setdefault(name, {})
        section[key] = value
    return config


def owners_of(path):
    """Return the owners of the longest beginning of a dotted path that has any."""
    while path not in OWNERS:
        assert "." in path, f"nobody owns {path}"
        path = path.rpartition(".")[0]
    return OWNERS[path]


CHANGES = {path: value for path, value in changes().items() if owners_of(path)}
NOBODYS = {path: value for path, value in changes().items() if not owners_of(path)}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Return a workspace with all files of the whole config, empty; they are taken for made."""
    folder = tmp_path_factory.mktemp("marked")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(WHOLE))
    space = Faulty(folder)
    summary = space.snakemake("--summary", config=space.config).stdout.splitlines()
    for line in summary[1:]:
        file = folder / line.split("\t")[0]
        # A folder among the files is known from its name, which has no suffix.
        (file if not file.suffix else file.parent).mkdir(parents=True, exist_ok=True)
        if file.suffix:
            file.touch()
    done = space.snakemake("--touch", "--forceall", config=space.config)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


def with_another_network():
    config = changed({"networks.models.gru": {"cell": "gru", "hidden": 4}})
    config["runs"] = [{"tasks": ["contains_000"], "models": ["srn", "gru"]}]
    return config


def source_with(folder, module, text):
    """Return a copy of the package's folder in which a module ends in some text."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "src", folder, ignore=ignored)
    with open(folder / "markovlens" / module, "a") as file:
        file.write(text)
    return folder


@pytest.fixture(scope="module")
def planned(marked, tmp_path_factory):
    """Return all plans by name: after each change of one key, by its path, of a module, by its."""
    folder = tmp_path_factory.mktemp("changed")
    configs = {path: changed({path: value}) for path, value in CHANGES.items()}
    configs |= {
        "as it is": WHOLE,
        "keys of what does not run": changed(NOBODYS),
        "two parts": changed({"abstractions.parts": 2}),
        "exports": changed({"reliance.exports": ["python"]}),
        "another network": with_another_network(),
        "no networks that read": WHOLE
        | dict.fromkeys(("robustness", "attention"), {"runs": []})
        | {"runs": []},
        "layers": changed({"layers": {"runs": WHOLE["runs"]}}),
        "formation": changed({"formation": {"runs": WHOLE["runs"]}}),
    } | dict.fromkeys(CODE, WHOLE)
    files = {name: folder / f"{number}.yaml" for number, name in enumerate(configs)}
    for name, config in configs.items():
        files[name].write_text(yaml.safe_dump(config))
    sources = {
        file: source_with(file.with_suffix(""), name, CODE[name][0])
        if name in CODE
        else REPOSITORY / "src"
        for name, file in files.items()
    }
    return dict(zip(files, plans(marked.folder, sources), strict=True))


@pytest.mark.parametrize("path", list(CHANGES))
def test_a_changed_key_reruns_exactly_what_depends_on_it(planned, path):
    plan = planned[path]
    expected = plan.with_followers({*owners_of(path), ALWAYS})
    assert plan.named(plan.due) == plan.named(expected)


def test_without_a_change_nothing_runs(planned):
    assert not planned["as it is"].due


def test_without_networks_that_read_only_the_other_studies_run(planned):
    plan = planned["no networks that read"]
    rules = {label.split("\\n")[0] for label in plan.labels.values()}
    assert {"networks_emulate", "networks_forecast", "report_write"} <= rules
    assert not {"networks_train", "activations_record", "abstractions_fit"} & rules
    assert {rule for rule in rules if rule.startswith("faithfulness")} == {"faithfulness_claim"}
    assert not COMPARED & rules


def test_keys_of_what_does_not_run_rerun_nothing(planned):
    plan = planned["keys of what does not run"]
    assert len(NOBODYS) > 30
    assert plan.named(plan.due) == [ALWAYS, "report_write"]


def test_fits_in_other_parts_are_other_jobs_and_nothing_before_them_runs(planned):
    plan = planned["two parts"]
    expected = plan.with_followers({"abstractions_fit_1", "abstractions_fit_2", ALWAYS})
    assert plan.named(plan.due) == plan.named(expected)


def test_exports_are_made_of_what_is_there(planned):
    plan = planned["exports"]
    expected = plan.with_followers({"reliance_export", ALWAYS})
    assert plan.named(plan.due) == plan.named(expected)


def test_layers_are_looked_into_without_training_anew(planned):
    plan = planned["layers"]
    expected = plan.with_followers({"layers_compare", ALWAYS})
    assert plan.named(plan.due) == plan.named(expected)


def test_networks_that_are_trained_along_are_made_beside_what_is_there(planned):
    plan = planned["formation"]
    expected = plan.with_followers({"formation_train", ALWAYS})
    assert plan.named(plan.due) == plan.named(expected)


def test_another_network_leaves_the_first_as_it_is(planned):
    plan = planned["another network"]
    due = [words(plan.labels[job]) for job in plan.due]
    assert [label for label in due if "networks_train" in label] == [{"networks_train", "gru"}]
    for rule in ("activations_record", "abstractions_fit", "faithfulness_score"):
        assert len([label for label in due if rule in label]) == 1, rule
    for rule in ("tasks_make", "faithfulness_disturb", "networks_forecast", "networks_emulate"):
        assert not [label for label in due if rule in label], rule


@pytest.mark.parametrize("module", list(CODE))
def test_changed_code_reruns_exactly_what_imports_it(planned, module):
    plan = planned[module]
    assert plan.named(plan.due) == plan.named(plan.with_followers(CODE[module][1]))


def test_all_again_on_one_core_writes_the_same_bytes(whole):
    # Each process hashes strings by a seed of its own: first every job, then a run as a whole.
    before = whole.digests()
    config = config_of(whole)
    done = whole.snakemake("--forceall", config=config, program=FORKING, cores=1)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert whole.digests() == before
    kinds = {name.rsplit(".", 1)[-1] for name in before}
    assert {"csv", "json", "parquet", "png", "svg", "safetensors", "npz", "yaml"} <= kinds
    assert "Nothing to be done" in whole.snakemake(config=config).stderr
