"""Numbers are spelled by one rule: in Python, and in the explorer, which spells those of steps."""

import math
import random
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.by import By

from helpers.browser import find
from helpers.packed import unpacked
from markovlens.explaining.page import page_of
from markovlens.explorer import page
from markovlens.explorer.packing import scaled
from markovlens.spelling import fixed, percentage, significant

pytestmark = pytest.mark.slow

DIGITS = (0, 1, 2, 3)
AWKWARD = [
    0.0, -0.0, -0.001, 0.5, 1.5, 2.5, 0.125, 2.25, 2.35, -2.25, 0.045, 998.5, 999.5, 1234.5, 76.015,
    1e-4, 9.9996e-5, 9.985e-5, 1.25e-5, 1e-5, 1e-300, 5e-324, 99_999.5, 999_999.5, 1e6, 1.125e6,
    1.25e21, 1e23, 1.7e308,
]  # fmt: skip


def source():
    """Return the module of the explorer that spells, as a script."""
    text = Path(page.__file__).with_name("static").joinpath("spelling.js").read_text()
    return text.replace("export ", "")


def in_browser(driver, values, call):
    """Return what the explorer makes of some values at each number of digits."""
    script = f"{source()} return arguments[0].map((value) => arguments[1].map((digits) => {call}));"
    return driver.execute_script(script, values, DIGITS)


@pytest.mark.parametrize(
    ("rule", "least"), [(fixed, 0), (significant, 1)], ids=["decimals", "digits"]
)
def test_the_explorer_spells_numbers_as_python_does(shared, rule, least):
    rng = random.Random(0)
    halves = [rng.randrange(10**6) / 2 ** rng.randrange(12) for _ in range(300)]
    others = [rng.uniform(-1, 1) * 10 ** rng.uniform(-8, 8) for _ in range(300)]
    values = [*AWKWARD, *halves, *others]
    wanted = [[rule(each, digits + least) for digits in DIGITS] for each in values]
    assert in_browser(shared, values, f"{rule.__name__}(value, digits + {least})") == wanted


def test_a_share_that_would_be_told_as_none_is_told_as_little_in_both(shared):
    shares = [0.0, 7e-64, 0.000499, 0.0005, 0.0123, 0.5, 1.0]
    said = shared.execute_script(f"{source()} return arguments[0].map(share);", shares)
    assert said == [percentage(each) for each in shares]
    assert said[:4] == ["0.0 %", "under 0.1 %", "under 0.1 %", "0.1 %"]


def test_what_is_no_number_is_a_dash_in_both(shared):
    call = "flatMap((each) => [fixed(each, 2), significant(each)])"
    script = f"{source()} return [NaN, Infinity, -Infinity].{call}"
    none = [math.nan, math.inf, -math.inf]
    wanted = [said for each in none for said in (fixed(each, 2), significant(each))]
    assert shared.execute_script(script) == wanted == ["–"] * 6


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2.25, "2.25"), (-0.0, "0"), (1e-5, "1e-5"), (1.25e-5, "1.25e-5"), (1e6, "1e6"),
        (1234.5, "1234"), (1235.5, "1236"), (12_345.6, "12346"), (100.0, "100"), (0.0004, "0.0004"),
        (999.6, "1000"), (-0.12345, "-0.123"),
    ],
)  # fmt: skip
def test_three_digits_count_and_no_whole_part_is_cut(value, said):
    assert significant(value) == said


@pytest.mark.parametrize("values", [[0.125, 2.25, 0.0, 3.0, 0.375], [0.75, 0.75]])
def test_what_is_kept_in_steps_is_spelled_as_it_was(shared, values):
    kept = scaled(np.array(values))
    shown = (kept["low"] + kept["step"] * unpacked(kept)).tolist()
    at_steps = f"{source()} return arguments[0].map((value) => atSteps(value, arguments[1]));"
    assert shared.execute_script(at_steps, shown, kept["step"]) == values


def test_what_is_kept_in_single_precision_is_spelled_as_it_was(shared):
    rows = [76.015, 0.1, 120.0, -2.345, 1e-7]
    single = f"{source()} return arguments[0].map((value) => single(Math.fround(value)));"
    assert shared.execute_script(single, rows) == rows


def test_a_card_says_its_numbers_as_the_page_does(browser, explained):
    text = page_of(explained)
    for state in range(explained.machine.n_states):
        find(browser, f"#graph-{state} circle").click()
        rows = browser.find_elements(By.CSS_SELECTOR, "#card tbody tr")
        said = [each.find_element(By.TAG_NAME, "td").text for each in rows]
        assert len(said) >= 5
        assert all(f"<td>{each}</td>" in text for each in said[:-1])
