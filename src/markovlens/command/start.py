"""`markovlens run`: what is said on the command line becomes a command line of Snakemake."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from markovlens.errors import ConfigError
from markovlens.running.resume import become, check_configs, configs_of
from markovlens.running.shipped import rule_names, shipped_configs, workflow_folder

DEFAULT = Path("config", "config.yaml")
SUFFIXES = (".yaml", ".yml", ".json")
# One thread for each process: unpinned BLAS made one EM step 80 times slower.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def start(arguments: Sequence[str]) -> None:
    """Become Snakemake, once no other run is at work in the folder.

    Raises:
        ConfigError: Snakemake is not installed, or a config file cannot be read.
    """
    check_configs(arguments)
    if find_spec("snakemake") is None:
        raise ConfigError(
            "expected Snakemake, which runs the workflow, got none; install it with "
            "pip install 'markovlens[workflow]'",
            page="package-missing",
        )
    for name in THREADS:
        os.environ.setdefault(name, "1")
    become(arguments)


def snakemake_arguments(what: Sequence[str], *, cores: str, options: Sequence[str]) -> list[str]:
    """Return the arguments of Snakemake.

    Args:
        what: the name or file of a config, if any, then targets and options of Snakemake.
        cores: for Snakemake.
        options: more options, each of one value.

    Raises:
        ConfigError: no such config or target.
    """
    named, rest = _split(what)
    config = [] if configs_of(rest) else ["--configfile", str(find_config(named))]
    # `--cores` last: Snakemake takes any number of files after `--configfile`.
    home = ["--snakefile", str(workflow_folder() / "Snakefile")]
    return [*home, *config, *options, "--cores", cores, *rest]


def find_config(named: str | None) -> Path:
    """Return the file of a config that is given by its path, by its name, or not at all.

    Raises:
        ConfigError: there is none.
    """
    if named is None and DEFAULT.is_file():
        return DEFAULT
    if named is None:
        raise ConfigError(
            f"expected a config, got none, and there is no {DEFAULT} here; `markovlens new NAME` "
            "makes a project with one, `markovlens run smoke` runs a small one that comes with it",
            page="no-such-file",
        )
    shipped = shipped_configs()
    if Path(named).is_file():
        return Path(named)
    # By its path in the repository, too: that is what READMEs say.
    if named in shipped or Path(named).parent == DEFAULT.parent and Path(named).stem in shipped:
        return shipped[Path(named).stem]
    from markovlens.arguments import known_names, probably

    names = known_names("configs that come with markovlens", Path(named).stem, list(shipped))
    rule = probably(named, rule_names()).replace("mean", "mean the target")
    raise ConfigError(
        f"{named}: expected a file, or a config by its name, got neither; {names}"
        + (f"; {rule}" if rule else ""),
        page="no-such-file",
    )


def _split(what: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the config that the first word is, if it is one, and all others."""
    if not what or what[0].startswith("-") or _is_target(what[0]):
        return None, list(what)
    return what[0], list(what[1:])


def _is_target(word: str) -> bool:
    """Return whether a word is a rule, or a file that a run makes and that is no config."""
    made = Path(word).parts[:1] in (("results",), ("resources",), ("logs",))
    elsewhere = "/" in word and not word.endswith(SUFFIXES) and not Path(word).is_file()
    return made or word in rule_names() or elsewhere
