"""Same config, same bytes; another key or other code, and exactly what depends on it runs again."""

import re
import shutil
from copy import deepcopy

import pytest
import yaml

from helpers.faults import TINY, Faulty
from helpers.workspace import REPOSITORY

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

CONFIG = deepcopy(TINY)
CONFIG["abstractions"]["methods"] = ["hmm", "kmeans", "lisor_k", "majority"]
CONFIG["robustness"] = {
    "runs": CONFIG["runs"], "noise": [0], "n_train": [20], "methods": ["kmeans"],
    "n_states": [2], "restarts": 1,
}  # fmt: skip
STUDIES = deepcopy(TINY)
STUDIES["networks"]["models"] |= {
    "pair": {"seq2seq": "gru", "hidden": 4}, "emulator": {"generator": "relu", "hidden": 4},
}  # fmt: skip
STUDIES["embedding"]["runs"] = [{"tasks": ["circle_ellipse"], "models": ["pair"]}]
STUDIES["dynamics"] = {"runs": [{"tasks": ["chain_2"], "models": ["emulator"]}]}
ALWAYS = "provenance_write"  # it has the whole config
# The rules that have a key among their params, by keys; of a key of each kind that a rule tells
# apart. What is made from their outputs follows.
OWNERS = {
    "seed=1": {"tasks_make"},
    "seeds=[1, 2]": {"networks_train"},
    "tasks.formal.n_test=50": {"tasks_make"},
    "networks.models.srn.hidden=5": {"networks_train"},
    "networks.training.default.clip=2.0": {"networks_train"},
    "networks.training.formal.steps=200": {"networks_train"},
    "activations.length_train=6": {"activations_record"},
    "embedding.n_components=1": {"embedding_fit", "faithfulness_disturb"},
    "abstractions.methods=[hmm, kmeans, majority]": {"abstractions_fit"},
    "abstractions.n_states=[2, 4]": {"abstractions_fit"},
    "abstractions.restarts=2": {"abstractions_fit"},
    "abstractions.unseen=sink": {"abstractions_fit", "faithfulness_disturb"},
    "faithfulness.smoothing=0.01": {
        "faithfulness_score", "faithfulness_probe", "faithfulness_disturb",
    },
    "faithfulness.tests=30": {"faithfulness_probe"},
    "faithfulness.level=0.9": {
        "faithfulness_score", "faithfulness_probe", "faithfulness_compile",
        "faithfulness_withstand", "figures_comparison", "figures_robustness",
    },
    "robustness.noise=[0, 1]": {"faithfulness_disturb"},
    "figures.format=png": {
        "figures_network", "figures_automaton", "figures_comparison", "figures_robustness",
    },
}  # fmt: skip
# The same of encoder-decoders and emulating networks.
OWNERS_OF_STUDIES = {
    "networks.models.pair.hidden=5": {"networks_forecast"},
    "networks.training.planar.steps=200": {"networks_forecast"},
    "networks.models.emulator.hidden=5": {"networks_emulate"},
    "networks.training.emulation.steps=200": {"networks_emulate"},
    "embedding.n_windows=50": {"activations_trajectories"},
    "embedding.n_components=1": {"embedding_fit", "faithfulness_embedding"},
    "abstractions.max_iterations=6": {"abstractions_fit", "faithfulness_embedding"},
    "abstractions.restarts=2": {"abstractions_fit"},
}
# Keys of families and models that do not run, and a layer that is the default one.
NOTHING = (
    "tasks.markov.n_train=77",
    "tasks.sentiment.vocabulary=99",
    "networks.training.markov.clip=3.0",
    "networks.models.other={cell: gru}",
    "networks.models.srn.layer=rnn.l0",
)


def planned(done):
    """Return how many jobs of each rule a dry run announces."""
    assert done.returncode == 0, done.stdout + done.stderr
    lines = re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    return {rule: int(count) for rule, count in lines if rule not in ("all", "total")}


def dry_run(space, config, tmp_path, **environment):
    path = tmp_path / "changed.yaml"
    path.write_text(yaml.safe_dump(config))
    return space.snakemake(
        "--dry-run", "--quiet", "rules", config=path, cores=1, environment=environment
    )


def changed(*changes, config=CONFIG):
    """Return a config with other values at some keys."""
    config = deepcopy(config)
    for change in changes:
        path, value = change.split("=", 1)
        *sections, key = path.split(".")
        section = config
        for name in sections:
            section = section.setdefault(name, {})
        section[key] = yaml.safe_load(value)
    return config


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    """Return a workspace in which all has run on two cores."""
    folder = tmp_path_factory.mktemp("reproducible")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(CONFIG))
    space = Faulty(folder)
    done = space.snakemake(config=space.config, cores=2)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return space


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    """Return a workspace with all files of both studies, empty; Snakemake takes them for made."""
    folder = tmp_path_factory.mktemp("marked")
    (folder / "tiny.yaml").write_text(yaml.safe_dump(STUDIES))
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


@pytest.fixture(scope="module")
def followers(space):
    return followers_in(space)


@pytest.fixture(scope="module")
def followers_of_studies(marked):
    return followers_in(marked)


def followers_in(space):
    """Return the rules that read what a rule writes, by rule, as Snakemake's own graph has them."""
    done = space.snakemake("--rulegraph", "dot", config=space.config)
    names = dict(re.findall(r'^\s*(\d+)\s*\[label ?= ?"(\w+)', done.stdout, re.MULTILINE))
    edges = re.findall(r"^\s*(\d+) -> (\d+)", done.stdout, re.MULTILINE)
    assert edges, done.stdout + done.stderr
    found = {name: set() for name in names.values()}
    for before, after in edges:
        found[names[before]].add(names[after])
    return found


def with_followers(rules, followers):
    """Return rules, all that is made from what they write, and what always runs."""
    found, waiting = set(), [*rules, ALWAYS]
    while waiting:
        rule = waiting.pop()
        if rule not in found:
            found.add(rule)
            waiting += followers[rule]
    return found - {"all"}


def test_nothing_runs_again_without_a_change(space, tmp_path):
    assert planned(dry_run(space, CONFIG, tmp_path)) == {}


@pytest.mark.parametrize("change", list(OWNERS))
def test_a_changed_key_reruns_exactly_what_depends_on_it(space, followers, tmp_path, change):
    expected = with_followers(OWNERS[change], followers)
    if "lisor_k" not in changed(change)["abstractions"]["methods"]:
        expected.remove("figures_automaton")
    assert set(planned(dry_run(space, changed(change), tmp_path))) == expected


def test_files_of_studies_are_taken_for_made(marked, tmp_path):
    assert planned(dry_run(marked, STUDIES, tmp_path)) == {}


@pytest.mark.parametrize("change", list(OWNERS_OF_STUDIES))
def test_a_changed_key_of_a_study_reruns_exactly_what_depends_on_it(
    marked, followers_of_studies, tmp_path, change
):
    expected = with_followers(OWNERS_OF_STUDIES[change], followers_of_studies)
    done = dry_run(marked, changed(change, config=STUDIES), tmp_path)
    assert set(planned(done)) == expected


@pytest.mark.parametrize(
    ("change", "reader"),
    [
        ("tasks.planar.n_train=50", "networks_forecast"),
        ("tasks.markov.n_test=50", "networks_emulate"),
    ],
)
def test_a_changed_task_reruns_the_study_of_its_networks_alone(
    marked, followers_of_studies, tmp_path, change, reader
):
    expected = with_followers({reader}, followers_of_studies) | {"tasks_make"}
    done = dry_run(marked, changed(change, config=STUDIES), tmp_path)
    assert set(planned(done)) == expected


@pytest.mark.long
def test_keys_of_what_does_not_run_rerun_nothing(space, tmp_path):
    assert set(planned(dry_run(space, changed(*NOTHING), tmp_path))) == {ALWAYS}


@pytest.mark.long
def test_another_network_leaves_the_first_as_it_is(space, tmp_path):
    config = changed("networks.models.gru={cell: gru, hidden: 4}")
    config["runs"] = [{"tasks": ["contains_000"], "models": ["srn", "gru"]}]
    jobs = planned(dry_run(space, config, tmp_path))
    for rule in ("networks_train", "activations_record", "abstractions_fit", "faithfulness_score"):
        assert jobs[rule] == 1, rule
    assert "tasks_make" not in jobs
    assert "faithfulness_disturb" not in jobs


@pytest.mark.long
@pytest.mark.parametrize(
    ("module", "text", "rerun", "kept"),
    [
        ("networks/training.py", "HOLDS = 3\n", {"networks_train"}, {"tasks_make"}),
        (
            "abstractions/kmeans.py",
            "ROUNDS = 3\n",
            {"abstractions_fit"},
            {"tasks_make", "networks_train", "activations_record", "embedding_fit"},
        ),
        ("figures/gap.py", "WIDE = 3\n", {"figures_comparison"}, {"faithfulness_compile"}),
        ("hmm/em.py", "# only a comment\n", set(), {"abstractions_fit", ALWAYS}),
    ],
)
def test_changed_code_reruns_what_imports_it(space, tmp_path, module, text, rerun, kept):
    shutil.copytree(REPOSITORY / "src", tmp_path / "src")
    with open(tmp_path / "src/markovlens" / module, "a") as file:
        file.write(text)
    jobs = planned(dry_run(space, CONFIG, tmp_path, PYTHONPATH=str(tmp_path / "src")))
    assert rerun <= set(jobs)
    assert not kept & set(jobs)


@pytest.mark.long
def test_another_run_on_one_core_writes_the_same_bytes(space):
    # Last, because it runs everything again. Each process hashes strings by another seed.
    before = space.digests()
    done = space.snakemake("--forceall", config=space.config, cores=1)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert space.digests() == before
    kinds = {name.rsplit(".", 1)[-1] for name in before}
    assert {"csv", "json", "parquet", "png", "svg", "safetensors", "npz", "yaml"} <= kinds
