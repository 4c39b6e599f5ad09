"""The explorer as a person uses it: headless Chromium clicks, types, and looks."""

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from helpers.browser import as_phone, as_wished, find, search, texts

pytestmark = pytest.mark.slow


def said(driver):
    return find(driver, "#selected").text


def chosen(driver):
    """Return the state that each view says is chosen: graph, card, step of the sequence."""
    pressed = find(driver, '#graph [aria-pressed="true"]').get_attribute("data-state")
    title = find(driver, "#card-title").text.split(":")[0].removeprefix("State ")
    at = find(driver, ".step.at sub").text
    return [int(each) for each in (pressed, title, at)]


def pixels(driver):
    """Return the picture of the embedding as text."""
    return driver.execute_script("return document.querySelector('canvas').toDataURL()")


def press(driver, *keys):
    ActionChains(driver).send_keys(*keys).perform()


def test_a_click_on_a_state_is_followed_by_all_views(browser, explained):
    before = pixels(browser)
    for state in (2, 4):
        find(browser, f"#graph-{state} circle").click()
        assert chosen(browser) == [state] * 3
        assert f"state {state}" in said(browser)
        sentence = explained.cards[state].sentence.replace("*", "")
        assert find(browser, "#card .sentence").text == sentence
        typical = " ".join(explained.cards[state].typical[0].inputs)
        assert typical in find(browser, "#card .body").get_property("textContent")
    assert pixels(browser) != before


def test_cards_show_the_words_around_a_step(browser, explained):
    find(browser, "#graph-2 circle").click()
    card = explained.cards[2]
    shown = find(browser, "#card").text
    assert " ".join(card.typical[0].inputs) in shown
    assert "[object" not in find(browser, "body").text


def test_a_click_on_a_word_is_followed_by_all_views(browser, explained):
    word = browser.find_elements(By.CSS_SELECTOR, ".step")[3]
    word.click()
    number = int(find(browser, "#sequence").get_property("value"))
    state = int(explained.walk.states[explained.trace.sequences.starts[number] + 3])
    assert chosen(browser) == [state] * 3
    assert "word 4 of" in said(browser)


def test_a_click_on_a_point_chooses_a_step_that_lies_there(browser, explained):
    canvas = find(browser, "canvas")
    # Where the chosen step is ringed, there is a point.
    before = said(browser)
    ActionChains(browser).move_to_element_with_offset(canvas, 0, 0).click().perform()
    for across in range(-150, 151, 30):
        ActionChains(browser).move_to_element_with_offset(canvas, across, -40).click().perform()
    assert said(browser) != before
    assert len(set(chosen(browser))) == 1


def test_a_click_on_a_curve_chooses_its_step(browser):
    over = find(browser, ".chart .u-over")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", over)
    ActionChains(browser).move_to_element_with_offset(over, 100, 0).click().perform()
    assert "word 1 of" not in said(browser)
    assert len(set(chosen(browser))) == 1


def test_the_keyboard_alone_goes_through_states_steps_and_points(browser, explained):
    find(browser, "#query").send_keys(Keys.TAB, Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("class").split()[0] == "state"
    first = browser.switch_to.active_element.get_attribute("data-state")
    press(browser, Keys.ARROW_RIGHT)
    other = browser.switch_to.active_element.get_attribute("data-state")
    assert other != first
    press(browser, Keys.ENTER)
    assert chosen(browser) == [int(other)] * 3
    assert focus_is_seen(browser)

    strip = find(browser, "[role=slider]")
    browser.execute_script("arguments[0].focus()", strip)
    press(browser, Keys.HOME)
    assert strip.get_attribute("aria-valuenow") == "1"
    press(browser, Keys.ARROW_RIGHT)
    assert "word 2 of" in strip.get_attribute("aria-valuetext")
    assert strip.get_attribute("aria-valuetext") == said(browser)
    press(browser, Keys.END)
    assert strip.get_attribute("aria-valuenow") == strip.get_attribute("aria-valuemax")

    browser.execute_script("document.querySelector('.plane').focus()")
    press(browser, Keys.ARROW_LEFT)
    last = int(strip.get_attribute("aria-valuemax"))
    assert int(strip.get_attribute("aria-valuenow")) == last - 1
    before = pixels(browser)
    press(browser, "+")
    assert pixels(browser) != before


def focus_is_seen(driver):
    script = """
      const shape = document.activeElement.querySelector("circle");
      return getComputedStyle(shape).strokeWidth;"""
    return driver.execute_script(script) == "6px"


def test_search_finds_each_occurrence_and_the_cards_that_tell_of_it(browser, explained):
    symbol = explained.machine.symbols.index("not")
    count = int((explained.walk.symbols == symbol).sum())
    before = pixels(browser)
    search(browser, "not")
    assert f"1 input found, read {count:,} times" in find(browser, "#found [role=status]").text
    assert pixels(browser) != before
    link = find(browser, "#found li:has(mark) button")
    link.click()
    assert find(browser, ".step.at").text.startswith("not")
    assert all(text.startswith("not") for text in texts(browser, ".step.wanted"))
    find(browser, "#found .close").click()
    assert not find(browser, "#found").is_displayed()
    assert pixels(browser) != ""


def test_search_says_that_there_is_nothing(browser):
    search(browser, "no such word")
    assert "0 inputs found" in find(browser, "#found").text


def test_search_finds_parts_of_words_and_states(browser):
    search(browser, "state 3")
    assert "state 3" in find(browser, "#found").text


def test_a_prediction_goes_with_its_sequence(browser, explained):
    select = Select(find(browser, "#predicted"))
    select.select_by_index(2)
    number = int(select.first_selected_option.text.split(":")[0])
    assert find(browser, "#sequence").get_property("value") == str(number)
    prediction = explained.of(number)
    assert f"word {prediction.turned + 1} of" in said(browser)
    told = find(browser, "#prediction .lines").text
    assert str(prediction.cohort) in told
    find(browser, "#sequence").clear()
    find(browser, "#sequence").send_keys("0", Keys.ENTER)
    assert "Nothing more is known" in find(browser, "#prediction").text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_both_schemes(browser, scheme):
    as_phone(browser)
    as_wished(browser, scheme)
    browser.refresh()
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= 390
    find(browser, "#graph-1 circle").click()
    assert chosen(browser) == [1] * 3
    colours = browser.execute_script(
        "const look = getComputedStyle(document.body); return [look.color, look.backgroundColor]"
    )
    bright = [sum(map(int, one.split("(")[1].split(")")[0].split(",")[:3])) for one in colours]
    assert (bright[0] < bright[1]) == (scheme == "light")


def test_graph_and_sequence_have_a_table_in_their_place(browser, explained):
    for summary in browser.find_elements(By.TAG_NAME, "summary"):
        summary.click()
    assert len(texts(browser, "#graph tbody tr")) >= explained.machine.n_states
    stays = texts(browser, "#timeline details tbody tr")
    number = int(find(browser, "#sequence").get_property("value"))
    assert len(stays) == len(explained.collapsed[number][0])


def test_everything_that_can_be_chosen_has_a_name(browser):
    script = """
      const kinds = ["button", "input", "select", "[role=button]", "[role=slider]", "[role=group]"];
      return [...document.querySelectorAll(kinds.join(","))]
        .filter((one) => one.offsetParent !== null || one.closest("svg"))
        .filter((one) => !(one.textContent.trim() || one.getAttribute("aria-label")
          || one.labels?.length)).map((one) => one.outerHTML.slice(0, 80));"""
    assert browser.execute_script(script) == []


def test_without_javascript_the_explanation_is_there(shared, url):
    shared.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        shared.get("about:blank")
        shared.get(url)
        assert "balanced agreement" in find(shared, "main.markovlens").text
        assert not find(shared, "#explorer").is_displayed()
    finally:
        shared.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
