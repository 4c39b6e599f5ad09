"""Every rule is complete, every script thin, every environment used. Reads files, runs nothing."""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_NAMES = ROOT / "src/markovlens/__init__.py"
STAGES = (
    "tasks", "networks", "activations", "embedding", "abstractions", "faithfulness", "dynamics",
    "seq2seq", "groups", "layers", "formation", "attractors", "attention", "hybrids", "reliance",
    "figures", "provenance", "report",
)  # fmt: skip
PARTS = ("message", "log", "benchmark", "conda", "threads", "resources", "output", "script")
LONGEST_SCRIPT = 30
IMPORT_NAMES = {"scikit-learn": "sklearn", "pyyaml": "yaml", "pytorch": "torch", "pillow": "PIL"}


@dataclass(frozen=True)
class Rule:
    name: str
    file: Path
    parts: dict[str, str]  # the text after each directive, by its name

    @property
    def is_target(self):
        """Whether the rule only names what to make, as `all` does."""
        return "output" not in self.parts

    def path(self, part):
        """Return the file that a `conda` or `script` directive names."""
        name = re.search(r'"([^"]+)"', self.parts[part]).group(1)
        return (self.file.parent / name).resolve()


def rules_in(file):
    """Return the rules of a Snakefile, read as text; one in a loop is named in its body."""
    pattern = r"^( *)(?:rule|checkpoint)(?: (\w+))?:\n((?:(?:\1 +.*)?\n)*)"
    for match in re.finditer(pattern, file.read_text(), flags=re.MULTILINE):
        parts = re.split(r"^(\w+):", textwrap.dedent(match[3]), flags=re.MULTILINE)
        found = dict(zip(parts[1::2], parts[2::2], strict=True))
        yield Rule(match[2] or re.search(r'"(\w+)"', found["name"])[1], file, found)


FILES = [ROOT / "Snakefile", *sorted((ROOT / "workflow" / "rules").glob("*.smk"))]
RULES = [rule for file in FILES for rule in rules_in(file)]
JOBS = [rule for rule in RULES if not rule.is_target]
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))


def named(items):
    return [pytest.param(item, id=item.name) for item in items]


# --- rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", named(JOBS))
def test_a_rule_is_complete(rule):
    assert [part for part in PARTS if part not in rule.parts] == []
    amounts = re.findall(r"(\w+)=(\w+)\(", rule.parts["resources"])
    assert {("mem_mb", "growing"), ("runtime", "growing")} <= set(amounts)
    assert ".jsonl" in rule.parts["benchmark"]


@pytest.mark.parametrize("rule", named(JOBS))
def test_a_rule_a_file_and_a_script_share_the_name_of_their_stage(rule):
    stage = rule.name.split("_")[0]
    assert stage in STAGES
    assert rule.file.stem == stage
    assert rule.path("script") == ROOT / "scripts" / f"{rule.name}.py"


@pytest.mark.parametrize("rule", named(JOBS))
def test_a_script_runs_the_package_of_its_stage(rule):
    # The explorer is a page of its own, among the figures of its network.
    others = {"provenance_write": "running", "figures_explorer": "explorer"}
    stage = others.get(rule.name, rule.file.stem)
    found = re.findall(r"^from markovlens\.(\w+)", rule.path("script").read_text(), re.MULTILINE)
    assert stage in found


@pytest.mark.parametrize("rule", named(RULES))
def test_a_rule_has_no_inline_code_and_no_retries(rule):
    # `run:` starts a whole Snakemake; `retries:` would repeat inside one cluster allocation.
    assert not {"run", "shell", "retries"} & set(rule.parts)


def test_target_rules_are_local():
    text = (ROOT / "Snakefile").read_text()
    local = re.search(r"^localrules:\n((?: .*\n)+)", text, flags=re.MULTILINE)
    assert local
    assert {rule.name for rule in RULES if rule.is_target} <= set(re.findall(r"\w+", local[1]))


def test_every_rule_file_is_included():
    text = (ROOT / "Snakefile").read_text()
    included = set(re.findall(r'^include: "(.+)"$', text, flags=re.MULTILINE))
    assert included == {str(file.relative_to(ROOT)) for file in FILES[1:]}


def test_the_snakefile_is_short():
    assert len((ROOT / "Snakefile").read_text().splitlines()) < 60


# --- scripts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("script", named(SCRIPTS))
def test_a_script_is_thin(script):
    text = script.read_text()
    assert len(text.splitlines()) < LONGEST_SCRIPT
    defined = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)]
    assert defined == []


def test_every_script_belongs_to_a_rule():
    assert set(SCRIPTS) == {rule.path("script") for rule in JOBS}


# --- environments ----------------------------------------------------------------------------


def test_every_environment_exists_and_is_used():
    used = {rule.path("conda") for rule in JOBS}
    assert used == set((ROOT / "envs").glob("*.yaml"))


@pytest.mark.parametrize("rule", named(JOBS))
def test_the_environment_has_what_the_script_imports(rule):
    assert third_party(rule.path("script")) <= provided(rule.path("conda"))


def provided(environment):
    """Return the import names of an environment's packages."""
    entries = yaml.safe_load(environment.read_text())["dependencies"]
    by_pip = [name for entry in entries if isinstance(entry, dict) for name in entry["pip"]]
    by_conda = [entry for entry in entries if isinstance(entry, str)]
    names = [entry.split("=")[0] for entry in by_conda + by_pip]
    return {IMPORT_NAMES.get(name, name) for name in names}


def third_party(script):
    """Return what a script imports from other projects, directly or through markovlens."""
    found, seen, waiting = set(), set(), [script]
    stage = script.stem.split("_")[0]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imported(path, stage):
            own = module_files(name)
            waiting += [file for file in own if file not in seen]
            if not own and not name.startswith("markovlens"):
                found.add(name.split(".")[0])
    return found - sys.stdlib_module_names


def imported(path, stage):
    """Return the modules that a file imports, anywhere in it but not for type checkers only.

    A registry imports by name, from a text; only a script of its own stage is taken to do so. The
    package's own list of public names is none: each is imported when a user asks for it.
    """
    registered = rf"markovlens\.{stage}\.\w+"
    return {
        name
        for name, in_text in names_of(path)
        if not in_text or (path != PUBLIC_NAMES and re.fullmatch(registered, name))
    }


@cache
def names_of(path):
    """Return the modules that a file names, each with whether a text does and not an import."""
    return frozenset(names_in(ast.parse(path.read_text())))


def names_in(node):
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        return
    if isinstance(node, ast.Import):
        yield from ((alias.name, False) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module, False
        if is_own(node.module):
            yield from ((f"{node.module}.{alias.name}", False) for alias in node.names)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_own(node.value):
        yield node.value, True
    for child in ast.iter_child_nodes(node):
        yield from names_in(child)


def is_own(module):
    return module.split(".")[0] == "markovlens"


@cache
def module_files(name):
    """Return the file of one of our modules and of the packages around it, none for others."""
    if not is_own(name):
        return []
    parts = name.split(".")
    bases = [ROOT.joinpath("src", *parts[: i + 1]) for i in range(len(parts))]
    files = [f for base in bases for f in (base.with_suffix(".py"), base / "__init__.py")]
    return [file for file in files if file.exists()]
