"""Headless Chromium for the tests that look at a page as a reader does."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

QUIET = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--window-size=1400,1000",
)  # fmt: skip
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}


def reason_to_skip() -> str:
    """Say why no page can be opened here; empty if it can."""
    if not shutil.which("chromedriver"):
        return "no chromedriver here: install chromium and chromium-driver to open the report"
    return ""


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Yield a browser that keeps what a page writes to its console, and what it asks for."""
    options = webdriver.ChromeOptions()
    for option in QUIET:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


def lent() -> Iterator[webdriver.Chrome]:
    """Yield one browser for many tests, since it starts slowly; without one, skip them."""
    if reason_to_skip():
        pytest.skip(reason_to_skip())
    with chromium() as driver:
        yield driver


def showing(driver: webdriver.Chrome, url: str) -> Iterator[webdriver.Chrome]:
    """Yield a browser that shows a page on a wide, light screen; it must not complain."""
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    as_wished(driver, "light")
    driver.get("about:blank")
    driver.get(url)
    yield driver
    assert complaints(driver) == []


def as_phone(driver: webdriver.Chrome) -> None:
    """Make the browser a phone of 390 by 844 pixels."""
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)


def as_wide(driver: webdriver.Chrome, width: int) -> None:
    """Make the window so many pixels wide."""
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def as_wished(driver: webdriver.Chrome, scheme: str) -> None:
    """Let the reader prefer a colour scheme, `light` or `dark`."""
    wish = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", wish)


def complaints(driver: webdriver.Chrome) -> list[str]:
    """Return what the page has complained about since this was last asked."""
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] != "INFO"]


def find(driver: webdriver.Chrome, selector: str) -> WebElement:
    """Return the first element of a page that a selector fits."""
    return driver.find_element(By.CSS_SELECTOR, selector)


def texts(driver: webdriver.Chrome, selector: str) -> list[str]:
    """Return the texts of all elements that a selector fits."""
    return [one.text for one in driver.find_elements(By.CSS_SELECTOR, selector)]


def search(driver: webdriver.Chrome, typed: str) -> None:
    """Search an explorer for what is typed."""
    find(driver, "#query").clear()
    find(driver, "#query").send_keys(typed, Keys.ENTER)
