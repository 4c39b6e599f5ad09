"""Figures for a page: SVG as a part of it, compact and searchable; the size of what is linked."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from markovlens.files.whole import naming

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
LEFT_OUT = (f"{SVG}metadata", f"{SVG}style")
DECIMALS = 2  # of a point: a hundredth of one is a seventieth of a pixel
MEASURES = ("d", "x", "y", "points", "transform")
PIXELS_PER_POINT = 96 / 72
PNG_BEGIN = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"  # then width and height, four bytes each, big-endian


def figure_size(path: Path) -> tuple[int, int]:
    """Return width and height of an SVG or PNG file in CSS pixels.

    Raises:
        DataError: the file is missing, or is no figure of ours.
    """
    with naming(path):
        if path.suffix == ".png":
            return _png_size(path)
        root = _parsed(path)
        return round(_points(root, "width")), round(_points(root, "height"))


def inline_svg(path: Path, *, prefix: str, label: str) -> Markup:
    """Return an SVG file of ours as an element of a page.

    Names inside it get a prefix, so that two drawings on a page do not mix theirs, and those that
    nothing refers to go, as do fonts (the page sets one) and digits that nobody can see.

    Args:
        path: the file.
        prefix: unique on the page.
        label: what the drawing is, for who cannot see it.

    Raises:
        DataError: the file is missing or is no XML.
    """
    with naming(path):
        root = _parsed(path)
        box = root.attrib["viewBox"]
    _prune(root)
    wanted = set(re.findall(r"#([\w.-]+)", " ".join(_attributes(root))))
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        element.attrib = _compact(element, wanted, prefix)
        if element.tag != "text":
            element.text = None
        element.tail = None
    root.attrib = {"viewBox": box, "role": "img", "aria-label": label, "class": "drawing"}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _parsed(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(path.read_bytes())
    except ElementTree.ParseError as error:
        raise ValueError(f"no XML: {error}") from error


def _png_size(path: Path) -> tuple[int, int]:
    with open(path, "rb") as file:
        begin, width, height = file.read(len(PNG_BEGIN)), file.read(4), file.read(4)
    if begin != PNG_BEGIN or len(height) < 4:
        raise ValueError("no PNG")
    return int.from_bytes(width), int.from_bytes(height)


def _points(element: ElementTree.Element, name: str) -> float:
    return float(element.attrib[name].removesuffix("pt")) * PIXELS_PER_POINT


def _prune(element: ElementTree.Element) -> None:
    for child in list(element):
        if child.tag in LEFT_OUT:
            element.remove(child)
        else:
            _prune(child)


def _attributes(root: ElementTree.Element) -> list[str]:
    """Return every attribute that may refer to a name."""
    return [v for e in root.iter() for k, v in e.attrib.items() if k == HREF or "url(" in v]


def _compact(element: ElementTree.Element, wanted: set[str], prefix: str) -> dict[str, str]:
    kept = {}
    for name, value in element.attrib.items():
        if name == "id":
            if value in wanted:
                kept["id"] = prefix + value
        elif name == HREF:
            kept["href"] = value.replace("#", f"#{prefix}", 1) if value[0] == "#" else value
        else:
            kept[name] = _short(name, value, prefix)
    return {name: value for name, value in kept.items() if value}


def _short(name: str, value: str, prefix: str) -> str:
    if name == "style":
        value = re.sub(r"font-family: [^;]*;? ?", "", value)
    if name == "transform" and value.startswith(("rotate(-0 ", "rotate(0 ")):
        return ""
    if name in MEASURES and "matrix" not in value and "scale" not in value:
        value = re.sub(r"-?\d+\.\d+", lambda number: _rounded(number[0]), value)
        value = " ".join(value.split())
    return value.replace("url(#", f"url(#{prefix}")


def _rounded(number: str) -> str:
    text = f"{float(number):.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
