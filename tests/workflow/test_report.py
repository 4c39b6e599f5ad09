"""The report of the smoke run, and the one that Snakemake itself writes: as a reader sees them."""

from urllib.parse import unquote

import pytest
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from helpers.browser import as_phone, complaints, lent
from helpers.html import Page

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SECONDS = 20
LARGEST = 2_000_000  # bytes: with three networks of 28, a quarter of what the default run may take


@pytest.fixture(scope="module")
def page(smoke):
    """Return the report of the smoke run."""
    return Page((smoke.folder / "results/report.html").read_text())


@pytest.fixture(scope="module")
def viewer(smoke):
    """Return the path of the report that Snakemake writes."""
    done = smoke.snakemake("--report", "report.html")
    assert done.returncode == 0, done.stderr[-2000:]
    return smoke.folder / "report.html"


@pytest.fixture(scope="module")
def browser():
    yield from lent()


def test_the_report_is_one_small_page(smoke, page):
    assert page.problems == []
    assert (smoke.folder / "results/report.html").stat().st_size < LARGEST


def test_every_link_of_the_report_leads_to_a_result(smoke, page):
    results = smoke.folder / "results"
    targets = {*page.values("href"), *page.values("src")}
    files = {unquote(one) for one in targets if not one.startswith(("#", "data:"))}
    assert [name for name in sorted(files) if not (results / name).is_file()] == []
    figures = {path.relative_to(results).as_posix() for path in results.glob("figures/**/*.[sp]*g")}
    assert len(figures) > 30
    assert figures <= files  # each can be opened from its caption


def test_every_network_and_claim_is_in_the_report(page):
    for network in ("contains_000-gru", "sentiment-gru_small", "pronunciation-g2p_en"):
        assert f"network-{network}" in page.values("id")
    for said in ("4 states", "refused", "under-trained", "not tried", "undecided", "Orbit"):
        assert said in page.text


def test_every_figure_has_its_caption(page):
    captions = [text for text in page.text.split("Open the figure")[1:]]
    assert len(captions) == len(page.every("figure")) > 30
    assert min(len(text) for text in captions) > 150


def test_the_report_opens_on_a_desk_and_on_a_phone(smoke, browser):
    browser.get((smoke.folder / "results/report.html").as_uri())
    assert len(browser.find_elements(By.CSS_SELECTOR, "#verdict-table tbody tr")) == 3
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.execute_script("return window.find('balanced agreement')")
    as_phone(browser)
    assert browser.execute_script("return document.documentElement.scrollWidth") == 390
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert complaints(browser) == []


# --- what `snakemake --report` writes ------------------------------------------------------------


def click(driver, text):
    """Click the menu entry with this text, once it stands where it will stay.

    The menu slides in: until it has, a click meets another entry or one that is drawn anew.
    """
    path = f"//span[text()='{text}'] | //a[text()='{text}']"
    moving = (ElementClickInterceptedException, StaleElementReferenceException)

    def clicked(driver):
        entries = driver.find_elements(By.XPATH, path)
        return entries and entries[0].click() is None

    WebDriverWait(driver, SECONDS, ignored_exceptions=moving).until(clicked)


def view_all(driver):
    """Click every eye of the open list and return the natural width of each figure shown."""
    eyes = "a[iconname='eye'][href='#']"
    count = len(
        WebDriverWait(driver, SECONDS).until(lambda d: d.find_elements(By.CSS_SELECTOR, eyes))
    )
    widths = []
    for index in range(count):
        driver.find_elements(By.CSS_SELECTOR, eyes)[index].click()
        image = WebDriverWait(driver, SECONDS).until(shown_figure)
        widths.append(image.get_attribute("naturalWidth"))
    return [int(width) for width in widths]


def shown_figure(driver):
    """Return the figure in the viewer once it is drawn."""
    images = driver.find_elements(By.CSS_SELECTOR, "img[src^='data:image']")
    drawn = [image for image in images if int(image.get_attribute("naturalWidth")) > 200]
    return drawn[0] if drawn and drawn[0].is_displayed() else False


def test_snakemakes_start_page_says_how_to_read_it_and_has_no_error(browser, viewer):
    browser.get(viewer.as_uri())
    text = WebDriverWait(browser, SECONDS).until(lambda d: d.find_element(By.TAG_NAME, "body").text)
    assert "How to read this report" in text
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.mark.parametrize("menu", [["Comparison"], ["Networks", "sentiment"]])
def test_snakemakes_viewer_shows_the_figures(browser, viewer, menu):
    browser.get(viewer.as_uri())
    for entry in menu:
        click(browser, entry)
    widths = view_all(browser)
    assert len(widths) >= 4
    assert min(widths) > 300
