"""What looks measured in a template is filled from a kept table, or typed for a reason."""

import pytest

from helpers.pages import DOCS
from helpers.quoted import typed_in

TEMPLATES = DOCS / "templates"

BOUND = "a bound that is set: the bar of a verdict, a gate, how far is near"
CHANCE = "what guessing gets"
GUARDED = "`holds` refuses the page where it is no longer so"
LENGTH = "how long a recording or a step of the data is"
RECKONED = "reckoned from numbers of cases, not measured"
SETTING = "a setting of the study or the method"
VERSION = "the version of a package"

# By template: what is typed all the same, and why.
TYPED = {
    "README.md": {"3.11": VERSION},
    "attention.md": {"0.50": CHANCE},
    "attractors.md": {".16": CHANCE, ".97": BOUND},
    "claims.md": {
        ".01": BOUND, ".05": BOUND, "0.07": "the error that a paper has", "0.25": BOUND,
        "0.504": BOUND, "0.75": BOUND,
    },
    "encoder_decoders.md": {"167 ms": LENGTH},
    "export.md": {"1.32": VERSION, "2.13": VERSION},
    "formation.md": {".50": CHANCE, "0.99": SETTING},
    "groups.md": {"0.35": SETTING},
    "languages.md": {"1.000": RECKONED, ".981": RECKONED},
    "large.md": {".0076": RECKONED, ".01": BOUND},
    "layers.md": {".05": BOUND, ".99": BOUND},
    "limits.md": {
        ".05": BOUND, ".97": BOUND, "1.000": RECKONED, ".981": RECKONED, "22.05": VERSION,
        **dict.fromkeys(("2.46", "3.09"), "of a table that is typed in benchmarks/README.md"),
    },
    "methods/lisor_k.md": {"1.000": "the score of those that are counted"},
    "methods/lstar.md": {"1.000": GUARDED},
    "methods/merging.md": {"1.000": GUARDED, ".01": SETTING},
    "methods/overcluster.md": {"1.000": GUARDED},
    "network.md": {".05": BOUND},
    "real.md": {".97": BOUND, "1.3 s": LENGTH, "10 s": LENGTH, "32 ms": LENGTH, "4 s": LENGTH},
    "real_languages.md": {".05": BOUND, ".97": BOUND, ".99": BOUND, "0.01": BOUND},
    "recurrences.md": {".95": BOUND, ".99": BOUND},
    "watching.md": {"0.05": SETTING},
}  # fmt: skip


def templates():
    return sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.md"))


@pytest.mark.parametrize("name", templates())
def test_what_looks_measured_is_filled_or_has_a_reason(name):
    typed = typed_in((TEMPLATES / name).read_text(encoding="utf-8"))
    assert typed == set(TYPED.get(name, {})), (
        f"docs/templates/{name}: expected numbers that are filled from docs/numbers, or that stand "
        "in TYPED with a reason; fill it, say it without a number, or say why it is typed"
    )


def test_templates_that_are_gone_need_no_reason():
    assert set(TYPED) <= set(templates())


def test_numbers_that_look_measured_are_found():
    text = "by .962 [.906, 1.0], 2.46 times, in 4.5 processor minutes and 31 s; once .57 to .85."
    found = {".962", ".906", "2.46", "4.5 processor minutes", "31 s", ".57", ".85"}
    assert typed_in(text) == found


def test_what_is_filled_or_code_or_a_version_is_not_typed():
    filled = "{{ row.value | bare(3) }}{{ holds(x > 0.97, 'x') }}, `alpha = 0.05`, [a](b/0.12.md)"
    assert typed_in(f"{filled}, 95 %, .5 sd, numpy 2.4.6, 0.25x\n```\n0.123\n```\n") == set()
