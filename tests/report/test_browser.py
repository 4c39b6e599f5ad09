"""The page as a reader uses it: headless Chromium sorts, filters, searches and looks at it."""

import json
from itertools import pairwise

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from helpers.browser import as_phone, as_wide, as_wished, complaints, lent, showing
from markovlens.report.stage import write_report

pytestmark = pytest.mark.slow
ROWS = "#verdict-table tbody tr"


@pytest.fixture(scope="module")
def url(large, request):
    """Return the address of the page of a run of the size of the default config."""
    files, results = large
    captions = request.path.parents[2] / "workflow" / "report"
    write_report(results / "report.html", files, captions=captions)
    return (results / "report.html").as_uri()


@pytest.fixture(scope="module")
def shared():
    yield from lent()


@pytest.fixture
def browser(shared, url):
    yield from showing(shared, url)


def shown(driver, selector=ROWS):
    return [row for row in driver.find_elements(By.CSS_SELECTOR, selector) if row.is_displayed()]


def heading(driver, table, text):
    found = driver.find_elements(By.CSS_SELECTOR, f"#{table} thead th")
    return next(one for one in found if one.text.startswith(text))


def column(driver, table, name):
    """Return what a column holds, from top to bottom, as the page sorts it."""
    script = """
      const [table, name] = arguments;
      const heads = [...document.querySelectorAll(`#${table} thead th`)];
      const index = heads.findIndex((head) => head.textContent.startsWith(name));
      return [...document.querySelectorAll(`#${table} tbody tr`)]
        .map((row) => row.cells[index].dataset.value ?? row.cells[index].textContent);"""
    return driver.execute_script(script, table, name)


def fill(driver, **wanted):
    for name, value in wanted.items():
        field = driver.find_element(By.CSS_SELECTOR, f"form.filter [name={name}]")
        if field.tag_name == "select":
            Select(field).select_by_value(value)
        else:
            field.send_keys(value)


# --- sorting -------------------------------------------------------------------------------------


def test_a_click_on_a_heading_sorts_by_number_and_a_second_one_turns_it_round(browser):
    head = heading(browser, "verdict-table", "Fidelity")
    for order in ("ascending", "descending"):
        head.find_element(By.TAG_NAME, "button").click()
        assert head.get_attribute("aria-sort") == order
        values = [float(cell) for cell in column(browser, "verdict-table", "Fidelity")]
        assert values == sorted(values, reverse=order == "descending")
    assert len(set(values)) == 28


def test_what_has_no_value_stays_at_the_end_both_ways(browser):
    button = heading(browser, "verdict-table", "Verdict").find_element(By.TAG_NAME, "button")
    for _ in range(2):
        button.click()
        cells = column(browser, "verdict-table", "Verdict")
        assert cells[-9:] == [""] * 9
        assert "" not in cells[:-9]


def test_numbers_of_states_are_sorted_as_numbers_not_as_words(browser):
    heading(browser, "verdict-table", "Verdict").find_element(By.TAG_NAME, "button").click()
    sizes = [int(cell) for cell in column(browser, "verdict-table", "Verdict") if cell]
    assert sizes == sorted(sizes)
    assert sizes[0] < 10 < sizes[-1]


def test_only_one_heading_is_said_to_be_sorted_by(browser):
    for name in ("Task", "Network"):
        heading(browser, "verdict-table", name).find_element(By.TAG_NAME, "button").click()
    sorted_by = browser.find_elements(By.CSS_SELECTOR, "#verdict-table [aria-sort]")
    assert [head.text.split()[0] for head in sorted_by] == ["Network"]


def test_claims_sort_by_effect_and_by_their_words(browser):
    heading(browser, "claim-table", "Claim").find_element(By.TAG_NAME, "button").click()
    found = browser.find_elements(By.CSS_SELECTOR, "#claim-table tbody th")
    numbers = [int(one.text.split("\n")[0].split()[-1]) for one in found]
    assert all(a < b for a, b in pairwise(numbers))


# --- filtering -----------------------------------------------------------------------------------


def test_task_and_network_leave_one_row_everywhere(browser):
    fill(browser, task="task_1", model="gru")
    for selector in (ROWS, "#method-table tbody tr", "#networks details"):
        (one,) = shown(browser, selector)
        assert one.get_attribute("data-place") == "task_1/gru"
    assert browser.find_element(By.TAG_NAME, "output").text.startswith("1 of 28 networks")


def test_a_method_leaves_its_verdicts_and_its_column(browser):
    fill(browser, method="lisor_x")
    rows = shown(browser)
    assert 0 < len(rows) < 28
    assert {row.get_attribute("data-methods") for row in rows} == {"lisor_x"}
    heads = [one.text for one in shown(browser, "#method-table thead th")]
    assert len(heads) == 4
    assert heads[3].startswith("LISOR-x")


@pytest.mark.parametrize(
    ("words", "networks", "claims"),
    [("refused", 9, 0), ("REFUSED srn", 2, 0), ("supported", 0, 9), ("nowhere", 0, 0)],
)
def test_words_are_sought_in_verdicts_and_claims(browser, words, networks, claims):
    fill(browser, words=words)
    assert len(shown(browser)) == networks
    assert len(shown(browser, "#claim-table tbody tr")) == claims
    said = browser.find_element(By.TAG_NAME, "output").text
    assert said == f"{networks} of 28 networks, {claims} of 27 claims"


def test_clear_brings_everything_back(browser):
    fill(browser, task="task_1", words="refused")
    browser.find_element(By.CSS_SELECTOR, "form.filter button[type=reset]").click()
    assert len(shown(browser)) == 28


def test_a_link_shows_a_network_that_the_filter_hides(browser):
    fill(browser, task="task_1")
    browser.execute_script("location.hash = '#network-task_2-gru'")
    part = browser.find_element(By.ID, "network-task_2-gru")
    assert part.is_displayed()
    assert part.get_attribute("open")


def test_a_link_to_columns_opens_the_dictionary_at_its_table(browser):
    browser.execute_script("location.hash = '#columns-tables-verdicts-csv'")
    part = browser.find_element(By.ID, "columns-tables-verdicts-csv")
    assert part.is_displayed()
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", part)
    assert 0 <= top < 300


# --- reading -------------------------------------------------------------------------------------


def test_a_click_on_a_network_opens_its_part_in_view(browser):
    browser.find_element(By.CSS_SELECTOR, "#verdict-table a[href='#network-task_6-lstm']").click()
    part = browser.find_element(By.ID, "network-task_6-lstm")
    assert part.get_attribute("open")
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", part)
    assert 0 <= top < 300
    assert part.find_element(By.CSS_SELECTOR, "svg.drawing").is_displayed()


def test_pictures_beside_the_page_are_loaded_when_they_are_seen(browser):
    browser.find_element(By.CSS_SELECTOR, "#verdict-table a[href='#network-task_0-gru']").click()
    images = browser.find_elements(By.CSS_SELECTOR, "#network-task_0-gru img")
    assert len(images) == 4
    for image in images:
        browser.execute_script("arguments[0].scrollIntoView()", image)
        wait = "const [i, done] = arguments; i.decode().then(() => done(i.naturalWidth));"
        assert browser.execute_async_script(wait, image) > 300


def test_words_of_a_figure_are_found(browser):
    """The browser's own search goes through the text of drawings."""
    assert browser.execute_script("return window.find('findable & <plain>')")
    assert not browser.execute_script("return window.find('a word that is nowhere')")


def test_everything_can_be_done_with_the_keyboard(browser):
    seen = []
    for _ in range(40):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        active = browser.switch_to.active_element
        seen.append(active.tag_name)
        if active.tag_name == "button" and active.text == "Fidelity":
            break
    assert {"a", "summary", "select", "input", "button"} <= set(seen)
    outline = browser.execute_script("return getComputedStyle(arguments[0]).outlineStyle", active)
    assert outline == "solid"
    active.send_keys(Keys.ENTER)
    assert heading(browser, "verdict-table", "Fidelity").get_attribute("aria-sort") == "ascending"


def test_the_page_asks_for_nothing_but_itself(browser, url):
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    }
    folder = url.rpartition("/")[0]
    assert url in asked
    assert [one for one in asked if not one.startswith((folder, "data:", "about:"))] == []


def test_no_foreign_script_runs(browser):
    """The page's policy knows its own script only, so that no markup of a table could run one."""
    script = """
      const added = document.createElement("script");
      added.textContent = "window.foreign = true";
      document.body.append(added);
      return window.foreign === true;"""
    assert browser.execute_script(script) is False
    assert any("Content Security Policy" in said for said in complaints(browser))


# --- other screens -------------------------------------------------------------------------------


@pytest.mark.parametrize("opened", [False, True])
def test_a_phone_need_not_scroll_sideways(browser, opened):
    as_phone(browser)
    if opened:
        browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    width = "return [document.documentElement.scrollWidth, innerWidth]"
    assert browser.execute_script(width) == [390, 390]
    table = browser.find_element(By.ID, "verdict-table")
    assert browser.execute_script("return arguments[0].getBoundingClientRect().right", table) <= 390


@pytest.mark.parametrize(
    ("width", "n_columns"), [(1400, 9), (1200, 9), (1100, 9), (1000, 6), (800, 6)]
)
def test_a_window_shows_the_verdicts_whole(browser, width, n_columns):
    as_wide(browser, width)
    table = browser.find_element(By.ID, "verdict-table")
    inside = "return arguments[0].scrollWidth <= arguments[0].parentElement.clientWidth"
    assert browser.execute_script(inside, table)
    assert len(shown(browser, "#verdict-table thead th")) == n_columns
    assert ("A wider page has more columns" in table.text) == (n_columns < 9)


def test_a_phone_shows_text_that_can_be_read(browser):
    as_phone(browser)
    sizes = browser.execute_script("""
      return [...document.querySelectorAll("main *")].filter((e) => !e.closest("svg, .unseen")
        && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .map((e) => parseFloat(getComputedStyle(e).fontSize));""")
    assert min(sizes) >= 12


def test_dark_is_dark_and_figures_stay_on_white(browser):
    colour = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
    light = browser.execute_script(colour, "body")
    as_wished(browser, "dark")
    dark = browser.execute_script(colour, "body")
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 23, 29)")
    assert browser.execute_script(colour, ".plate") == "rgb(244, 245, 247)"
