"""The explorer on paper: nothing is cut, and what only a screen has is left out."""

import pytest
from selenium.webdriver.common.by import By

from helpers.browser import as_wide, find

pytestmark = pytest.mark.slow
PAPER = 700  # pixels of A4 between its margins


@pytest.fixture
def printed(browser):
    as_wide(browser, PAPER)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        yield browser
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_nothing_stands_out_over_the_paper(printed):
    script = """
      const kinds = "#graph svg, canvas, table, p, ul, .strip";
      return [...document.querySelectorAll("#explorer :is(" + kinds + ")")]
        .filter((one) => one.checkVisibility())
        .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect().right])
        .filter(([, right]) => right > arguments[0] + 1);"""
    assert printed.execute_script(script, PAPER) == []
    assert printed.execute_script("return document.documentElement.scrollWidth") <= PAPER


def test_nothing_is_scrolled_or_pressed_on_paper(printed):
    script = """
      const cut = (one) => getComputedStyle(one).overflowY !== "visible"
        && one.scrollHeight > one.clientHeight + 1;
      return [...document.querySelectorAll("#explorer *")]
        .filter((one) => one.checkVisibility() && cut(one)).map((one) => one.className);"""
    assert printed.execute_script(script) == []
    buttons = printed.find_elements(By.CSS_SELECTOR, "button:not(.link), input, select")
    assert not any(each.is_displayed() for each in buttons)
    assert find(printed, ".key-of-colours").is_displayed()
