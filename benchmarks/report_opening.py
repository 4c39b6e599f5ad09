"""How large the report is, and how long a browser takes to open it.

    python benchmarks/report_opening.py results/report.html

Each time a fresh headless Chromium (Debian: chromium, chromium-driver) opens the page from disk.
Milliseconds are counted by the browser from the navigation on: to the first paint of text, and to
the end of loading, scripts included; beside them the memory of all its processes less that of an
empty page. Exits with 1 if the page is larger, or its median slower, than the report may be.
"""

import argparse
import shutil
import statistics
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import psutil
from selenium import webdriver

LARGEST, SLOWEST = 8_000_000, 1000  # bytes; milliseconds
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
TIMES = """
const [done] = arguments;
const times = () => {
  const [page] = performance.getEntriesByType("navigation");
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return page.loadEventEnd && paint ? done([paint.startTime, page.loadEventEnd])
    : setTimeout(times, 20);
};
times();
"""


@dataclass(frozen=True)
class Opening:
    """One opening of a page: milliseconds to first paint and to the end of loading, MiB."""

    painted: float
    loaded: float
    mebibytes: float


def open_once(url: str) -> Opening:
    options = webdriver.ChromeOptions()
    for option in OPTIONS:
        options.add_argument(option)
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.get("data:text/html,empty")
        before = memory()
        driver.get(url)
        painted, loaded = driver.execute_async_script(TIMES)
        return Opening(painted, loaded, memory() - before)
    finally:
        driver.quit()


def memory() -> float:
    """Return the memory of all processes that this one has started, MiB."""
    children = psutil.Process().children(recursive=True)
    return sum(child.memory_info().rss for child in children if child.is_running()) / 2**20


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=Path)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args(argv)
    size = asked.page.stat().st_size
    openings = [open_once(asked.page.resolve().as_uri()) for _ in range(asked.times)]
    columns = zip(*map(astuple, openings), strict=True)
    medians = {
        field.name: statistics.median(values)
        for field, values in zip(fields(Opening), columns, strict=True)
    }
    print(f"{size / 1e6:.2f} MB; median of {asked.times}: first paint {medians['painted']:.0f} ms, "
          f"loaded {medians['loaded']:.0f} ms, {medians['mebibytes']:.0f} MiB")  # fmt: skip
    return int(size > LARGEST or medians["loaded"] > SLOWEST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
