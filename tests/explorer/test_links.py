"""What follows a choice: phrases that are found, why an answer moved since, where the focus is."""

import re

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from helpers.browser import as_phone, find, search, texts

pytestmark = pytest.mark.slow


def phrases(explained, *words):
    """Return at which recorded steps a phrase ends, by looking at each sequence."""
    codes = [explained.machine.symbols.index(word) for word in words]
    starts, lengths = explained.trace.sequences.starts, explained.trace.lengths
    symbols = explained.walk.symbols
    return [
        start + at + len(codes) - 1
        for start, length in zip(starts, lengths, strict=True)
        for at in range(length - len(codes) + 1)
        if symbols[start + at : start + at + len(codes)].tolist() == codes
    ]


def test_search_finds_words_in_a_row(browser, explained):
    rows = phrases(explained, "not", "very", "good")
    assert rows
    search(browser, "Not  very good")
    said = f"3 inputs in a row, read {len(rows)} time"
    assert said in find(browser, "#found [role=status]").text
    assert texts(browser, "#found li mark")[:3] == ["not", "very", "good"]
    find(browser, "#found li:has(mark) button").click()
    assert find(browser, ".step.at").text.startswith("good")
    wanted = texts(browser, ".step.wanted")
    assert [re.sub(r"\d", "", each) for each in wanted[:3]] == ["not", "very", "good"]


def test_words_that_never_follow_each_other_are_not_found(browser, explained):
    assert phrases(explained, "good", "good") == []
    search(browser, "good good")
    assert "2 inputs in a row, read 0 times" in find(browser, "#found").text


def test_a_phrase_does_not_go_on_in_the_next_sequence(browser, explained):
    symbols, starts = explained.walk.symbols, explained.trace.sequences.starts
    names = explained.machine.symbols
    over = [(names[symbols[start - 1]], names[symbols[start]]) for start in starts[1:]]
    words = min(over, key=lambda pair: len(phrases(explained, *pair)))
    search(browser, " ".join(words))
    count = len(phrases(explained, *words))
    assert f"2 inputs in a row, read {count} time" in find(browser, "#found").text


def test_the_chosen_step_says_why_the_answer_moved_since(browser, explained):
    number = int(explained.splits["test"][0])
    find(browser, "#sequence").clear()
    find(browser, "#sequence").send_keys(str(number), Keys.ENTER)
    prediction = explained.of(number)
    for step in (0, 2, len(prediction.steps) - 1):
        find(browser, f'.step[data-step="{step}"]').click()
        assert find(browser, "#prediction .since").text == prediction.since(step).replace("*", "")


def focused(driver):
    return driver.switch_to.active_element


def test_a_link_in_a_view_that_is_filled_anew_keeps_the_focus_there(browser):
    find(browser, "#card li button.link").send_keys(Keys.ENTER)
    assert focused(browser).get_attribute("id") == "card-title"
    search(browser, "good")
    find(browser, "#found .close").send_keys(Keys.ENTER)
    assert focused(browser).get_attribute("id") == "query"


def test_the_chosen_state_is_told_among_all(browser):
    find(browser, "#graph-2 circle").click()
    pressed = browser.find_elements(By.CSS_SELECTOR, '.states [aria-pressed="true"]')
    assert [each.text for each in pressed] == ["2"]


def test_letters_of_a_graph_and_the_chosen_state_are_seen_on_a_phone(browser, explained):
    as_phone(browser)
    browser.refresh()
    script = """
      document.querySelectorAll(".states button")[arguments[0]].click();
      const svg = document.querySelector("#graph svg");
      const shown = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      const pressed = svg.querySelector('[aria-pressed="true"] circle').getBoundingClientRect();
      const box = svg.parentElement.getBoundingClientRect();
      return [12 * shown, pressed.left >= box.left && pressed.right <= box.right];"""
    for state in range(explained.machine.n_states):
        size, inside = browser.execute_script(script, state)
        assert size >= 10
        assert inside
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
