import re
from dataclasses import replace
from urllib.parse import unquote

import pytest

from helpers.html import Page
from markovlens.errors import DataError
from markovlens.report.content import Link, Provenance, Report
from markovlens.report.page import asset, number, p_value, render, size_in_words, with_code
from markovlens.report.stage import write_report
from markovlens.tables.claims import CLAIMS
from markovlens.tables.registry import TABLES
from markovlens.tables.scores import COMPARISON
from markovlens.tables.verdicts import COUNTEREXAMPLES, VERDICTS

LARGEST_PAGE = 8_000_000  # bytes
REPORT = Report((), (), (), (), Provenance({}, {}, ()), 0.95)
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=y>{{ 700 * 7 }}"
LEAST_CONTRAST = 4.5  # WCAG 2.1 AA, text of any size
PAIRS = [
    ("ink", "paper"), ("ink", "card"), ("muted", "paper"), ("muted", "card"), ("link", "paper"),
    ("link", "card"), ("good-ink", "good"), ("bad-ink", "bad"), ("open-ink", "open"),
    ("ink", "heat"),
]  # fmt: skip


def page_of(run, captions, files=None):
    path = run.results / "report.html"
    write_report(path, run.write() if files is None else files, captions=captions)
    return path.read_text()


@pytest.fixture(scope="module")
def default(large, request):
    """Return the page of a run of the size of the default config, and the run's folder."""
    files, results = large
    captions = request.path.parents[2] / "workflow" / "report"
    write_report(results / "report.html", files, captions=captions)
    return (results / "report.html").read_text(), results


def test_the_page_is_well_formed(default):
    page = Page(default[0])
    assert page.problems == []
    ids = page.values("id")
    assert sorted(set(ids)) == sorted(ids)


def test_every_link_and_picture_leads_somewhere(default):
    text, results = default
    page = Page(text)
    ids = set(page.values("id"))
    targets = [*page.values("href"), *page.values("src")]
    assert len(targets) > 200
    for target in targets:
        if target.startswith("#"):
            assert unquote(target[1:]) in ids, target
        elif not target.startswith("data:"):
            assert (results / unquote(target)).is_file(), target


@pytest.mark.parametrize("attribute", ["aria-labelledby", "aria-describedby", "for"])
def test_every_name_that_an_element_is_labelled_by_is_there(default, attribute):
    page = Page(default[0])
    assert set(page.values(attribute)) <= set(page.values("id"))


def test_the_page_of_a_default_run_is_small(default):
    assert len(default[0].encode()) < LARGEST_PAGE


def test_nothing_is_asked_of_the_network(default):
    assert not re.search(r"(?:src|href|url\(|@import|fetch\()\W{0,3}(?:https?:)?//", default[0])
    assert "default-src 'none'" in default[0]


def test_every_table_says_what_it_holds_and_every_part_has_a_heading(default):
    page = Page(default[0])
    assert len(page.every("caption")) == len(page.every("table")) > 50
    assert len(page.every("h1")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False) if b != 4)
    assert all(image.get("alt") for image in page.every("img"))


def test_every_linked_table_has_its_columns_in_a_closed_dictionary(default):
    text = default[0]
    page = Page(text)
    links = {one for one in page.values("href") if one.startswith("#columns-")}
    tables = (COMPARISON, VERDICTS, COUNTEREXAMPLES, CLAIMS)
    assert links == {f"#{table.anchor}" for table in tables}
    part = text[text.index('<section id="columns"') : text.index('<section id="provenance"')]
    assert "<details>" in part
    assert len(part.encode()) < 150_000
    for table in tables:
        for column in table.columns:
            assert f"<code>{column.name}</code>" in part


def test_the_dictionary_of_all_tables_would_be_small():
    every = replace(REPORT, tables=tuple(Link("a", "a", 1, table) for table in TABLES))
    assert len(render(every).encode()) - len(render(REPORT).encode()) < 3_200 * len(TABLES)


def test_names_between_backticks_are_marked_and_nothing_else_is_markup():
    assert with_code("`a<b` & <i>") == "<code>a&lt;b</code> &amp; &lt;i&gt;"


def test_the_page_says_what_each_fidelity_counts(default):
    words = Page(default[0]).text
    assert "Fidelity here is balanced agreement of decisions" in words
    assert "the next table has another measure, balanced agreement per string" in words


def test_text_of_figures_can_be_found(default):
    assert "findable & <plain>" in Page(default[0]).text


def test_two_pages_of_one_run_are_the_same_bytes(run, captions):
    run.network("parity", "gru")
    files = run.write()
    assert page_of(run, captions, files) == page_of(run, captions, files[::-1])


def test_the_page_does_not_know_where_it_was_made(run, captions):
    run.network("parity", "gru")
    assert str(run.results.parent) not in page_of(run, captions)


def test_words_of_networks_and_claims_are_never_markup(run, captions):
    run.network("parity", "gru", methods=("hmm", HOSTILE))
    run.claim(HOSTILE)
    run.verdicts[0] |= {"counterexample": HOSTILE, "evidence": HOSTILE}
    run.comparison[-1] |= {"value": "", "reason": HOSTILE, "score": "fit"}
    text = page_of(run, captions)
    page = Page(text)
    assert page.problems == []
    assert len(page.every("script")) == 1
    assert not page.values("onerror")
    assert page.text.count(HOSTILE) >= 5
    assert "4900" not in page.text


@pytest.mark.parametrize("model", ["a#b", "50%", "two words", "ünï", "a'b\"c", "a&b"])
def test_a_name_with_signs_that_links_know_is_linked_all_the_same(run, captions, model):
    run.network("parity", model)
    page = Page(page_of(run, captions))
    assert page.problems == []
    ids = {f"#{name}" for name in page.values("id")}
    for target in [*page.values("href"), *page.values("src")]:
        if target.startswith("#"):
            assert target in ids or unquote(target) in ids
        elif not target.startswith("data:"):
            assert (run.results / unquote(target)).is_file(), target


def test_a_run_without_studies_and_claims_has_a_page(run, captions):
    run.network("parity", "gru")
    wanted = ("comparison.csv", "verdicts.csv", "config.resolved.yaml", "versions.json")
    files = [path for path in run.write() if path.name in wanted]
    text = Page(page_of(run, captions, files)).text
    assert "4 states" in text
    assert "Claims of the papers" not in text


def test_a_run_of_encoder_decoders_alone_has_a_page(run, captions):
    files = [path for path in run.write() if path.name not in ("comparison.csv", "verdicts.csv")]
    page = Page(page_of(run, captions, files))
    assert page.problems == []
    assert "Trajectories" in page.text or "Clusters" in page.text


def test_a_file_that_lies_elsewhere_is_refused(run, captions, tmp_path):
    run.write()
    with pytest.raises(DataError, match="expected a file under"):
        write_report(run.results / "report.html", [tmp_path / "other.csv"], captions=captions)


@pytest.mark.parametrize("name", ["config.resolved.yaml", "versions.json"])
def test_damaged_provenance_is_named(run, captions, name):
    files = run.write()
    (run.results / "provenance" / name).write_text("{[")
    with pytest.raises(DataError, match=re.escape(name)):
        write_report(run.results / "report.html", files, captions=captions)


def test_the_interval_is_that_of_the_config(run, captions):
    run.network("parity", "gru")
    assert "90 % intervals" in Page(page_of(run, captions)).text


# --- how it looks ----------------------------------------------------------------------------


def colours():
    """Return the colours of the page by name, of the light scheme and of the dark one."""
    blocks = re.findall(r":root \{(.*?)\}", asset("report.css"), flags=re.S)
    return [dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in blocks]


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_can_be_read_in_both_schemes(scheme, ink, ground):
    found = colours()[scheme]
    dark, light = sorted([luminance(found[ink]), luminance(found[ground])])
    assert (light + 0.05) / (dark + 0.05) >= LEAST_CONTRAST


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.5, "0.500"), (-0.25, "−0.250"), (12077.1, "12,077"), (1, "1.000")],
)
def test_numbers_are_written_as_in_papers(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.0001, "< .001"), (0.0421, ".042"), (1.0, "1")]
)
def test_p_values_are_written_as_in_papers(value, text):
    assert p_value(value) == text


@pytest.mark.parametrize(("value", "text"), [(7, "7 bytes"), (6600, "7 kB"), (8_200_000, "8.2 MB")])
def test_sizes_are_in_a_unit_that_suits(value, text):
    assert size_in_words(value) == text


def test_a_run_of_studies_alone_speaks_of_no_verdicts():
    assert "networks are small automata" not in render(REPORT)  # it has no networks


def test_a_run_of_one_network_speaks_of_it_in_the_singular(run, captions):
    run.network("parity", "gru")
    text = page_of(run, captions)
    assert "<title>markovlens: 1 network and the machine it runs</title>" in text
    assert re.search(r"[01] of 1</strong> network is a small automaton in every seed", text)
