"""Targets that a workflow is asked for: what is none is named, with those that are near."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from markovlens.arguments import known_names

MOST_NEAR = 3  # files that a message names
NEAR = 0.75  # share of letters that paths have in common, which all begin alike


@dataclass(frozen=True, slots=True)
class Makes:
    """What a workflow makes of its config.

    Attributes:
        rules: that can be a target.
        asked: those of them that the config asks for, which alone are suggested.
        patterns: of rules that run once for each network, the first file, names in braces.
        files: some that the config asks for, to tell which is near.
        made: whether some rule makes a file.
    """

    rules: Collection[str]
    asked: Collection[str]
    patterns: Mapping[str, str]
    files: Collection[str]
    made: Callable[[str], bool]


def makes_of(workflow: Any) -> Makes:
    """Return what a workflow of Snakemake makes, once its rules are read."""
    rules = list(workflow.rules)
    single = [rule for rule in rules if not rule.has_wildcards()]
    asked = asked_for(single)
    files = [file for rule in asked for file in (*rule.output, *rule.input) if _is_known(file)]
    return Makes(
        rules=sorted(rule.name for rule in single),
        asked=sorted(rule.name for rule in asked),
        patterns={rule.name: _pattern(rule) for rule in rules if rule.has_wildcards()},
        files=list(dict.fromkeys(map(str, files))),
        made=lambda file: any(rule.is_producer(file) for rule in rules),
    )


def asked_for(rules: Collection[Any]) -> list[Any]:
    """Return those of the rules that a config asks for.

    They are the ones that make nothing but gather what it asks for, such as `all`, and what makes
    that, however far away.
    """
    makers = {str(file): rule.name for rule in rules for file in rule.output}
    needs = {
        rule.name: {makers[file] for file in map(str, rule.input) if file in makers}
        for rule in rules
    }
    found = {rule.name for rule in rules if not rule.output}
    while more := {name for each in found for name in needs[each]} - found:
        found |= more
    return [rule for rule in rules if rule.name in found]


def wrong_targets(asked: Collection[str], makes: Makes) -> Iterator[str]:
    """Yield a line for each target that is neither a rule nor a file that some rule makes."""
    for target in asked:
        if target in makes.patterns:
            yield (
                f"{target}: expected a rule that runs once, got one that runs for each network; "
                f"name one of its files, {makes.patterns[target]}"
            )
        elif target not in makes.rules and not makes.made(_as_made(target)):
            yield _unknown(target, makes.asked, makes)


def wrong_rules(asked: Collection[str], makes: Makes) -> Iterator[str]:
    """Yield a line for each name, of rules to stop at or run again, that is no rule and no file."""
    for name in asked:
        if name not in {*makes.rules, *makes.patterns} and not makes.made(_as_made(name)):
            yield _unknown(name, sorted([*makes.asked, *makes.patterns]), makes)


def _pattern(rule: Any) -> str:
    """Return the first file of a rule, without what its wildcards may be."""
    return re.sub(r"{(\w+),[^}]*}", r"{\1}", str(rule.output[0]))


def _as_made(target: str) -> str:
    return target if os.path.isabs(target) else os.path.relpath(target)  # as Snakemake does


def _unknown(target: str, rules: Collection[str], makes: Makes) -> str:
    said = f"{target}: expected a rule, or a file that this config makes, got neither"
    near = get_close_matches(os.path.relpath(target), makes.files, n=MOST_NEAR, cutoff=NEAR)
    if near:
        return f"{said}; did you mean {' or '.join(near)}?"
    return f"{said}; {known_names('rules', target, rules)}; files lie in results/"


def _is_known(file: Any) -> bool:
    return isinstance(file, str) and "{" not in file
