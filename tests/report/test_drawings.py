import re
from xml.etree import ElementTree

import matplotlib.patches
import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.figures.save import save_figure
from markovlens.figures.style import panels, styled
from markovlens.report.drawings import figure_size, inline_svg

WORDS = ["a <b> & c", "naïve", "x → y", '"quoted"', "$5 and $6"]


@pytest.fixture
def svg(tmp_path):
    """Return a figure with whatever refers to names: markers, clips and hatches."""
    path = tmp_path / "figure.svg"
    with styled():
        figure, (left, right) = panels(2, columns=2, height=2)
        left.scatter([0, 1, 2], [0, 1, 0])
        left.add_patch(matplotlib.patches.Rectangle((0, 0), 1, 1, hatch="//"))
        for row, word in enumerate(WORDS):
            left.text(0, row / 5, word)
        right.imshow(np.eye(3))
    save_figure(path, figure)
    return path


def names_in(drawing):
    """Return the names that are given, and those that are referred to."""
    given = re.findall(r' id="([^"]+)"', drawing)
    asked = re.findall(r'href="#([^"]+)"', drawing) + re.findall(r"url\(#([^)]+)\)", drawing)
    return given, set(asked)


def test_text_stays_text(svg):
    texts = [e.text for e in ElementTree.fromstring(inline_svg(svg, prefix="a-", label="")).iter()]
    assert [word for word in WORDS if word not in texts] == []


def test_every_name_is_given_once_and_every_reference_leads_somewhere(svg):
    given, asked = names_in(inline_svg(svg, prefix="a-", label=""))
    assert len(asked) >= 3
    assert sorted(given) == sorted(asked)


def test_two_drawings_of_a_page_share_no_name(svg):
    first, _ = names_in(inline_svg(svg, prefix="a-", label=""))
    second, _ = names_in(inline_svg(svg, prefix="b-", label=""))
    assert not set(first) & set(second)


def test_nothing_moves_by_more_than_a_hundredth_of_a_point(svg):
    before = [e.attrib for e in ElementTree.parse(svg).iter() if "x" in e.attrib]
    after = ElementTree.fromstring(inline_svg(svg, prefix="a-", label=""))
    moved = [e.attrib for e in after.iter() if "x" in e.attrib]
    assert len(before) == len(moved) > 10
    for old, new in zip(before, moved, strict=True):
        assert float(new["x"]) == pytest.approx(float(old["x"]), abs=0.0051)


def test_paths_keep_their_points(svg):
    def points(root):
        found = (e.attrib["d"] for e in root.iter() if "d" in e.attrib)
        return [float(n) for d in found for n in re.findall(r"-?[\d.]+", d)]

    before = points(ElementTree.parse(svg).getroot())
    after = points(ElementTree.fromstring(inline_svg(svg, prefix="a-", label="")))
    assert after == pytest.approx(before, abs=0.0051)


def test_what_would_act_on_the_whole_page_is_gone(svg):
    drawing = inline_svg(svg, prefix="a-", label="")
    assert not re.search(r"<style|<metadata|<\?xml|DOCTYPE|font-family", drawing)


def test_a_drawing_is_smaller_than_its_file(svg):
    assert len(inline_svg(svg, prefix="a-", label="")) < 0.8 * svg.stat().st_size


def test_a_label_is_no_markup(svg):
    root = ElementTree.fromstring(inline_svg(svg, prefix="a-", label='"><script>'))
    assert root.attrib["aria-label"] == '"><script>'


def test_sizes_are_in_css_pixels(svg, tmp_path):
    width, _ = figure_size(svg)
    assert width == 922
    with styled():
        figure, _ = panels(1, columns=1, height=2)
    save_figure(tmp_path / "one.png", figure)
    assert figure_size(tmp_path / "one.png")[0] == round(9.6 * 160)


DAMAGED = [b"", b"<svg", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", b"<svg><g></svg>", b"<svg/>"]


@pytest.mark.parametrize("suffix", [".svg", ".png"])
@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_figure_is_named(tmp_path, suffix, content):
    path = tmp_path / f"damaged{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"damaged\{suffix}: cannot be read"):
        figure_size(path)
    with pytest.raises(DataError, match=rf"damaged\{suffix}: cannot be read"):
        inline_svg(path, prefix="", label="")
