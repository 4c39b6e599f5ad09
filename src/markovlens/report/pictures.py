"""The figures of a run: each in its part, drawn into the page as long as there is room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from markovlens.report.captions import Captions
from markovlens.report.catalogue import DRAWINGS, NETWORKS, caption_of, part_of, titles_of
from markovlens.report.content import Figure
from markovlens.report.drawings import figure_size, inline_svg

SUFFIXES = (".svg", ".png")
# Bytes: of all drawings in the page together, and of one. The rest is linked, and loaded when seen.
ROOM, LARGEST = 5_000_000, 800_000
PIXELS = 922  # width of our figures; an image of more has more of them for each CSS pixel


@dataclass(frozen=True, slots=True)
class File:
    """A figure's file: where it lies, and where it belongs."""

    path: Path
    part: str
    task: str = ""
    model: str = ""

    @property
    def stem(self) -> str:
        """Name of the file without its suffix."""
        return self.path.stem

    @property
    def of_one(self) -> bool:
        """Whether it is of one network, or of the networks of one task."""
        return bool(self.task)

    @property
    def rank(self) -> int:
        """Place among the figures of its part and network."""
        known = list(titles_of(self.part, of_one=self.of_one))
        return known.index(self.stem) if self.stem in known else len(known)

    @property
    def name(self) -> str:
        """A name that no other figure has, of letters, digits and signs that an id may have."""
        return "-".join(part for part in (self.part, self.task, self.model, self.stem) if part)


@dataclass(slots=True)
class Gallery:
    """Makes figures out of files, and keeps count of the room that is left in the page."""

    results: Path
    captions: Captions
    room: int = ROOM
    drawn: dict[Path, Figure] = field(default_factory=dict)

    def add(self, file: File, *, inside: bool) -> None:
        """Make one figure; `inside` draws it into the page if it fits."""
        titles = titles_of(file.part, of_one=file.of_one)
        title = titles.get(file.stem, file.stem.replace("_", " ").capitalize())
        figure = Figure(
            title=title,
            path=file.path.relative_to(self.results).as_posix(),
            caption=self.captions.of(
                caption_of(file.part, file.stem, of_one=file.of_one),
                task=file.task,
                model=file.model,
            ),
            drawing=None,
            size=_shown(figure_size(file.path)),
        )
        self.drawn[file.path] = self._inside(file, figure) if inside else figure

    def _inside(self, file: File, figure: Figure) -> Figure:
        if file.path.suffix != ".svg" or file.path.stat().st_size > 4 * LARGEST:
            return figure
        label = " ".join(part for part in (figure.title, file.task, file.model) if part)
        drawing = inline_svg(file.path, prefix=f"{file.name}-", label=label)
        n_bytes = len(drawing.encode())
        if n_bytes > min(self.room, LARGEST):
            return figure
        self.room -= n_bytes
        return replace(figure, drawing=drawing)


def figures_of(
    files: Iterable[File], captions: Captions, *, results: Path, room: int = ROOM
) -> dict[File, Figure]:
    """Return the figures by file, in the order of the report.

    The drawing of each network's machine comes into the page first, then the figures of all
    networks together; the others, and what does not fit, are pointed to.
    """
    files = sorted(files, key=lambda file: file.rank)
    gallery = Gallery(results, captions, room)
    firsts = set(_machines(files))
    for file in files:
        if file in firsts:
            gallery.add(file, inside=True)
    for file in files:
        if file not in firsts:
            gallery.add(file, inside=not file.of_one)
    return {file: gallery.drawn[file.path] for file in files}


def figure_files(paths: Iterable[Path], *, results: Path) -> Iterator[File]:
    """Yield the figures among the files of a run, each with its part and network."""
    for path in paths:
        place = path.relative_to(results).parts
        if path.suffix in SUFFIXES and place[0] == "figures" and len(place) in (2, 3, 4):
            task, model = [*place[1:-1], "", ""][:2]
            yield File(path, part_of(path.stem, of_one=bool(task)), task, model)


def _machines(files: Iterable[File]) -> Iterator[File]:
    """Yield the drawing of each network's machine; `files` stand in the order of the report."""
    seen = set()
    for file in files:
        place = (file.task, file.model)
        if file.part == NETWORKS and file.stem in DRAWINGS and place not in seen:
            seen.add(place)
            yield file


def _shown(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size in CSS pixels: ours are as wide as a figure, however many dots they have."""
    width, height = size
    return PIXELS, round(height * PIXELS / width)
