"""What an axis of the explorer spans, read off what its charts draw."""

import json
import re

import pytest

import markovlens as ml

pytestmark = pytest.mark.slow
# The texts that are drawn on canvases, which no element of the page holds.
LISTENING = """
  window.drawn = [];
  const before = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.drawn.push(String(text));
    return before.call(this, text, ...rest);
  };
"""
LEAST, HIGHEST = 500, 1000  # of an axis; heart rates of the example are 50 to 100


def numbers_on_axes(driver, page):
    heard = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LISTENING})
    try:
        driver.get(page.as_uri())
        texts = driver.execute_script("return window.drawn")
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", heard)
    return [float(text.replace(",", "")) for text in texts if re.fullmatch(r"[\d,.]+", text)]


def test_values_that_hardly_differ_do_not_fill_their_chart(shared, alarm, tmp_path):
    page = tmp_path / "explorer.html"
    ml.write_explorer(page, alarm)
    assert max(numbers_on_axes(shared, page)) < LEAST / 2
    html = page.read_text(encoding="utf-8")
    plain = re.search(r'id="data">(.*?)</script>', html, re.DOTALL)[1]
    data = json.loads(plain)
    data["steps"]["channels"][0]["axis"] = {"low": 0, "high": HIGHEST, "least": LEAST}
    page.write_text(html.replace(plain, json.dumps(data).replace("<", "\\u003c")), encoding="utf-8")
    assert LEAST / 2 < max(numbers_on_axes(shared, page)) < HIGHEST
