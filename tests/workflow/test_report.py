"""The report as a reader sees it: opened in headless Chromium, its figures clicked."""

import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--window-size=1400,1000",
)  # fmt: skip
SECONDS = 20


def reason_to_skip() -> str:
    """Say why the report cannot be opened here; empty if it can."""
    if not shutil.which("chromedriver"):
        return "no chromedriver here: install chromium and chromium-driver to open the report"
    return ""


@pytest.fixture(scope="module")
def report(smoke):
    """Return the path of the report of the smoke run."""
    done = smoke.snakemake("--report", "report.html")
    assert done.returncode == 0, done.stderr[-2000:]
    return smoke.folder / "report.html"


@pytest.fixture
def browser(report):
    """Return a browser that shows the report."""
    if reason_to_skip():
        pytest.skip(reason_to_skip())
    options = webdriver.ChromeOptions()
    for option in QUIET:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    driver.get(report.as_uri())
    yield driver
    driver.quit()


def click(driver, text):
    """Click the menu entry with this text."""
    path = f"//span[text()='{text}'] | //a[text()='{text}']"
    WebDriverWait(driver, SECONDS).until(lambda d: d.find_elements(By.XPATH, path))[0].click()


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


def test_the_start_page_says_how_to_read_it_and_has_no_error(browser):
    text = WebDriverWait(browser, SECONDS).until(lambda d: d.find_element(By.TAG_NAME, "body").text)
    assert "How to read this report" in text
    severe = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not severe


def test_the_comparison_figures_can_be_seen(browser):
    click(browser, "Comparison")
    widths = view_all(browser)
    assert len(widths) >= 4
    assert min(widths) > 300
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.mark.parametrize("task", ["contains_000", "sentiment", "pronunciation"])
def test_the_figures_of_every_network_can_be_seen(browser, task):
    click(browser, "Networks")
    click(browser, task)
    widths = view_all(browser)
    assert len(widths) == 5  # selection, states, graph, timeline, automaton
    assert min(widths) > 300
