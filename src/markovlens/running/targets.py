"""Targets that a workflow is asked for: what is none is named, with those that are near."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from markovlens.arguments import known_names

MOST_NEAR = 3  # files that a message names
NEAR = 0.75  # share of letters that paths have in common, which all begin alike


@dataclass(frozen=True, slots=True)
class Asked:
    """What a config asks for, however far away: alone this is suggested.

    Attributes:
        rules: that run once.
        files: that any rule reads or writes.
    """

    rules: Collection[str]
    files: Collection[str]


@dataclass(frozen=True, slots=True)
class Makes:
    """What a workflow makes of its config.

    Attributes:
        rules: that can be a target.
        patterns: of rules that run once for each network, the first file, names in braces.
        made: whether some rule makes a file.
        asked: returns what the config asks for, which takes a while.
    """

    rules: Collection[str]
    patterns: Mapping[str, str]
    made: Callable[[str], bool]
    asked: Callable[[], Asked]


def makes_of(workflow: Any) -> Makes:
    """Return what a workflow of Snakemake makes, once its rules are read."""
    rules = list(workflow.rules)
    return Makes(
        rules=sorted(rule.name for rule in rules if not rule.has_wildcards()),
        patterns={rule.name: _pattern(rule) for rule in rules if rule.has_wildcards()},
        made=lambda file: any(rule.is_producer(file) for rule in rules),
        asked=cache(lambda: asked_for(rules)),
    )


def asked_for(rules: Collection[Any]) -> Asked:
    """Return what a config asks for of rules of Snakemake.

    That is what rules gather which make nothing, such as `all`, and what is needed to make it.
    """
    single = {str(file): rule for rule in rules if not rule.has_wildcards() for file in rule.output}
    several = [rule for rule in rules if rule.has_wildcards()]
    jobs = {_job(rule): rule for rule in rules if not rule.output}
    files: dict[str, None] = {}
    waiting = list(jobs)
    while waiting:
        rule, values = jobs[waiting[0]], dict(waiting.pop(0)[1])
        read = [*map(str, rule.expand_input(values)[0])]
        files |= dict.fromkeys([*map(str, rule.expand_output(values)[0]), *read])
        makers = {file: _maker(file, single, several) for file in read}
        found = {_job(maker, file): maker for file, maker in makers.items() if maker}
        waiting += found.keys() - jobs.keys()
        jobs |= found
    named = {rule.name for rule in jobs.values() if not rule.has_wildcards()}
    return Asked(sorted(named), list(files))


def _maker(file: str, single: Mapping[str, Any], several: Collection[Any]) -> Any:
    """Return the rule that makes a file, by those that run once and others; None if none does."""
    return single.get(file) or next((rule for rule in several if rule.is_producer(file)), None)


def _job(rule: Any, file: str = "") -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the name of a rule that makes a file, and the values that its wildcards then have."""
    values = rule.get_wildcards(file) if rule.has_wildcards() else {}
    return rule.name, tuple(sorted(values.items()))


def wrong_targets(asked: Collection[str], makes: Makes) -> Iterator[str]:
    """Yield a line for each target that is neither a rule nor a file that some rule makes."""
    for target in asked:
        if target in makes.patterns:
            yield (
                f"{target}: expected a rule that runs once, got one that runs for each network; "
                f"name one of its files, {makes.patterns[target]}"
            )
        elif target not in makes.rules and not makes.made(_as_made(target)):
            yield _unknown(target, makes.asked())


def wrong_rules(asked: Collection[str], makes: Makes) -> Iterator[str]:
    """Yield a line for each name, of rules to stop at or run again, that is no rule and no file."""
    for name in asked:
        if name not in {*makes.rules, *makes.patterns} and not makes.made(_as_made(name)):
            yield _unknown(name, makes.asked(), makes.patterns)


def _pattern(rule: Any) -> str:
    """Return the first file of a rule, without what its wildcards may be."""
    return re.sub(r"{(\w+),[^}]*}", r"{\1}", str(rule.output[0]))


def _as_made(target: str) -> str:
    return target if os.path.isabs(target) else os.path.relpath(target)  # as Snakemake does


def _unknown(target: str, asked: Asked, others: Collection[str] = ()) -> str:
    said = f"{target}: expected a rule, or a file that this config makes, got neither"
    if near := _near(os.path.relpath(target), asked.files):
        return f"{said}; did you mean {' or '.join(near)}?"
    rules = known_names("rules", target, sorted([*asked.rules, *others]))
    return f"{said}; {rules}; files lie in results/"


def _near(target: str, files: Collection[str]) -> list[str]:
    """Return the files that a target may mean; one without a folder, by their names alone."""
    if os.path.dirname(target) or not os.path.splitext(target)[1]:
        return get_close_matches(target, files, n=MOST_NEAR, cutoff=NEAR)
    names = [os.path.basename(file) for file in files]
    nearest = get_close_matches(target, dict.fromkeys(names), n=MOST_NEAR, cutoff=NEAR)
    found = [file for name in nearest for file in files if os.path.basename(file) == name]
    return found[:MOST_NEAR]
