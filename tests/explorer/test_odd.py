"""Machines and data that are not as the example's: each opens, and its states can be chosen."""

import warnings

import numpy as np
import pytest
import torch
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import markovlens as ml
from helpers.browser import chromium, complaints, reason_to_skip
from helpers.packed import unpacked
from markovlens.explorer.payload import payload_of

BITS = ml.Sequences(np.random.default_rng(0).integers(2, size=40 * 60), np.full(60, 40))


class Cycle(torch.nn.Module):
    """Goes round `around` places, a step for each one; says whether it is in the second half."""

    around = 40

    def initial(self, batch):
        return {"at": torch.zeros(batch, 1)}

    def step(self, state, symbols):
        at = (state["at"] + symbols[:, None]) % self.around
        angle = 2 * torch.pi * at / self.around
        return {"at": at}, self.said((torch.sin(angle) < 0).float(), at)

    def said(self, low, at):
        return torch.cat([1 - low, low], dim=1)


class Still(Cycle):
    """Stays in one place and answers as often one as the other."""

    def step(self, state, symbols):
        return state, torch.full((len(symbols), 2), 0.5)


class Stuck(Cycle):
    """Goes where the first symbol says, and stays there."""

    def step(self, state, symbols):
        at = torch.where(state["at"] == 0, 1.0 + symbols[:, None], state["at"])
        return {"at": at}, self.said((at > 1).float(), at)


class Dose(Cycle):
    """Gives more the farther it is."""

    around = 4

    def said(self, low, at):
        return 2.0 + at


class Lamps(Cycle):
    """Two lamps, one on in the second half, one at the odd places."""

    around = 4

    def said(self, low, at):
        return 8 * torch.cat([low, at % 2], dim=1) - 4


def explained(network, **changes):
    usual = {
        "symbols": ("zero", "one"), "classes": ("no", "yes"), "link": None, "unit": "bit",
        "methods": ["kmeans"], "n_states": [4],
    }  # fmt: skip
    return ml.explain(network, BITS, **(usual | changes))


KINDS = {
    "one state": lambda: explained(Still(), n_states=[1]),
    "forty states": lambda: explained(Cycle(), n_states=[40]),
    "no moves": lambda: explained(Stuck(), n_states=[2]),
    "values": lambda: explained(Dose(), classes=("dose (mg)",), link="identity"),
    "labels": lambda: explained(Lamps(), classes=("low", "odd"), link="sigmoid"),
    "a belief": lambda: explained(Dose(), classes=("dose",), link="identity", methods=["hmm"]),
}


@pytest.fixture(scope="module", params=["rows with gaps", *KINDS])
def odd(request):
    if request.param in KINDS:
        with warnings.catch_warnings():  # that a network answers little is no news here
            warnings.simplefilter("ignore", UserWarning)
            return KINDS[request.param]()
    return request.getfixturevalue("alarm")


def test_what_is_held_is_whole(odd):
    payload = payload_of(odd)
    machine = odd.machine
    assert len(payload["cards"]) == len(payload["states"]) == machine.n_states
    assert unpacked(payload["steps"]["states"]).max() < machine.n_states
    assert len(payload["graph"]["nodes"]) == len(np.unique(odd.walk.states))
    names = [each["name"] for each in payload["steps"]["channels"]]
    assert names == [str(channel) for channel in odd.trace.channels]


@pytest.fixture(scope="module")
def browser():
    if reason_to_skip():
        pytest.skip(reason_to_skip())
    with chromium() as driver:
        yield driver


@pytest.mark.slow
def test_it_opens_and_each_state_can_be_chosen(odd, browser, tmp_path):
    path = tmp_path / "odd.html"
    ml.write_explorer(path, odd)
    browser.get(path.as_uri())
    strip = browser.find_element(By.CSS_SELECTOR, ".strip")
    strip.send_keys(Keys.END)
    assert strip.get_attribute("aria-valuenow") == strip.get_attribute("aria-valuemax")
    nodes = browser.find_elements(By.CSS_SELECTOR, "#graph .state")
    for node in nodes[:: max(1, len(nodes) // 4)]:
        browser.execute_script(
            "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", node
        )
        state = int(node.get_attribute("data-state"))
        assert browser.find_element(By.ID, "card-title").text.startswith(f"State {state}")
    assert complaints(browser) == []
