"""What a person types that the explorer cannot do is told, and what it opens with is known."""

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import markovlens as ml
from helpers.browser import complaints
from markovlens.explorer import page

pytestmark = pytest.mark.slow


def opened(driver, explanation, folder):
    path = folder / "explorer.html"
    ml.write_explorer(path, explanation)
    driver.get(path.as_uri())
    return driver


def find(driver, selector):
    return driver.find_element(By.CSS_SELECTOR, selector)


def test_numbers_of_no_sequence_are_refused_and_put_back(shared, explained, tmp_path):
    browser = opened(shared, explained, tmp_path)
    box = find(browser, "#sequence")
    before = box.get_property("value")
    for typed, said in (("99999", "0 to 599, and no 99999"), ("-1", "no -1"), ("abc", "0 to 599")):
        box.clear()
        box.send_keys(typed, Keys.ENTER)
        assert said in find(browser, "#refused").text
        assert box.get_property("value") == before
    box.clear()
    box.send_keys("5", Keys.ENTER)
    assert find(browser, "#refused").text == ""
    assert "in sequence 5" in find(browser, "#selected").text
    assert complaints(browser) == []


def test_a_search_in_vain_says_what_is_searched_and_an_empty_one_ends_it(
    shared, explained, tmp_path
):
    browser = opened(shared, explained, tmp_path)
    find(browser, "#query").send_keys("zzz", Keys.ENTER)
    assert "names of inputs and of states" in find(browser, "#found").text
    find(browser, "#query").clear()
    find(browser, "#query").send_keys(" ", Keys.ENTER)
    assert not find(browser, "#found").is_displayed()


@pytest.mark.parametrize("name", ["explained", "alarm"])
def test_it_opens_on_a_sequence_with_a_prediction(name, shared, request, tmp_path):
    found = request.getfixturevalue(name)
    browser = opened(shared, found, tmp_path)
    number = int(find(browser, "#sequence").get_property("value"))
    assert number in found.splits["test"]
    assert str(found.of(number).cohort) in find(browser, "#prediction .lines").text


CHANCE = {"low": 0, "high": 1, "least": 0.05}


@pytest.mark.parametrize(
    ("low", "high", "spans"),
    [
        (1e-9, 3e-9, (0, 0.05)),  # noise about what is never said
        (1 - 1e-9, 1, (0.95, 0.05)),
        (0.5, 0.5001, (0.47505, 0.05)),
        (0.2, 0.9, (0.2, 0.7)),
        (None, None, (0, 1)),  # nothing is answered
    ],
)
def test_noise_does_not_fill_a_chart(shared, low, high, spans):
    source = Path(page.__file__).with_name("static").joinpath("chart.js").read_text()
    begin = source.index("const spanned")
    function = source[begin : source.index("\n};", begin) + 3]
    given = {"low": low, "high": high, "column": CHANCE}
    script = f"{function} const {{column, low, high}} = arguments[0];"
    assert shared.execute_script(f"{script} return spanned(column, low, high)", given) == (
        pytest.approx(list(spans), abs=1e-6)
    )


def of_chart(*names):
    """Return functions of the explorer's charts, with those that spell, as a script."""
    static = Path(page.__file__).with_name("static")
    source = static.joinpath("chart.js").read_text()
    spelling = static.joinpath("spelling.js").read_text().replace("export ", "")
    begins = [source.index(f"const {name} = ") for name in names]
    return spelling + "".join(source[at : source.index("\n};", at) + 3] for at in begins)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0, 1), (-0.003, 0.05), (88.9, 98.2), (1.7, 3.7), (-7, 12), (75_100, 75_200), (-2e-7, 3e-7),
        (1.2e6, 1.21e6), (0.95, 1.005), (-1e9, 3e9), (0, 19_999_999.999999996),
    ],
)  # fmt: skip
def test_an_axis_has_at_least_two_ticks_that_are_told_apart(shared, low, high):
    script = f"""{of_chart("ticksOf", "tickInWords")}
      const ticks = ticksOf(...arguments);
      return [ticks, ticks.map((tick) => tickInWords(tick, ticks[1] - ticks[0]))];"""
    ticks, said = shared.execute_script(script, low, high)
    assert 2 <= len(ticks) <= 6
    assert low <= ticks[0] <= ticks[-1] <= high
    assert len(set(said)) == len(said)
    assert [float(each) for each in said] == pytest.approx(ticks, rel=1e-6, abs=1e-12)


def test_of_rows_the_change_and_what_is_around_it_is_shown(shared, alarm, tmp_path):
    browser = opened(shared, alarm, tmp_path)
    number = int(find(browser, "#sequence").get_property("value"))
    prediction = alarm.of(number)
    marked = [each.text for each in browser.find_elements(By.CSS_SELECTOR, ".changed mark")]
    assert len(marked) == len(prediction.change.edits)
    assert set(marked) <= set(prediction.change.inputs)
    rows = browser.find_elements(By.CSS_SELECTOR, ".changed tbody tr")
    assert len(rows) < len(prediction.steps)
    asked = browser.find_elements(By.XPATH, "//button[contains(., 'at which it turned')]")
    assert len(asked) == (prediction.turned > 0)


def test_the_graph_is_looked_at_closer_by_button_and_key(shared, explained, tmp_path):
    browser = opened(shared, explained, tmp_path)

    def size():
        return find(browser, "#graph-1 circle").size["width"]

    before = size()
    find(browser, "#graph [data-zoom='1.4']").click()
    once = size()
    assert once > 1.2 * before
    browser.execute_script("document.querySelector('#graph [tabindex=\"0\"]').focus()")
    browser.switch_to.active_element.send_keys("+")
    assert size() > 1.2 * once
    find(browser, "#graph [data-zoom='0']").click()
    assert size() == before
    assert complaints(browser) == []
