"""Machines and data that are not as the example's: each opens, and its states can be chosen."""

import base64
import warnings

import numpy as np
import pytest
import torch
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

import markovlens as ml
from helpers.browser import complaints
from helpers.packed import unpacked
from markovlens.explaining.page import page_of
from markovlens.explorer.choosing import MOST_BYTES
from markovlens.explorer.page import as_data, explorer_of
from markovlens.explorer.payload import payload_of
from markovlens.explorer.steps import bytes_a_step

BITS = ml.Sequences(np.random.default_rng(0).integers(2, size=40 * 60), np.full(60, 40))


HOSTILE = "</script><img src=x onerror=alert(1)>&"


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


class Dial(Cycle):
    """Says where it is, as one of ten."""

    around = 10

    def said(self, low, at):
        return torch.nn.functional.one_hot(at[:, 0].long(), 10) * 0.91 + 0.009


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
    "many classes": lambda: explained(Dial(), classes=[f"place {at}" for at in range(10)]),
    "names of markup": lambda: explained(
        Cycle(),
        symbols=(HOSTILE, "*"),
        classes=("a*b", HOSTILE),
        unit="<b>bit</b>",
    ),
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
    taken = sum(map(len, arrays_in(payload["steps"])))
    assert taken <= bytes_a_step(odd) * odd.trace.n_steps
    for row in payload["methods"]:
        assert row["said"]


def test_states_are_coloured_as_on_the_page_and_the_colours_have_a_key(odd):
    payload, text = payload_of(odd), page_of(odd)
    drawn = {node["state"] for node in payload["graph"]["nodes"]}
    assert all(f"fill: {payload['states'][state]['fill']}" in text for state in drawn)
    key = payload["colours"]
    explorer = explorer_of(odd)
    assert all(f'fill="{each["fill"]}"' in explorer for each in key["signs"])
    answered = {odd.machine.classes[at] for at in odd.machine.readout.argmax(axis=1)}
    named = {each["name"] for each in key["signs"]}
    if odd.machine.output == "distribution":
        assert answered <= named or "any other class" in named
    assert len(named) == 2 if key["scale"] else len(key["signs"]) <= 8
    assert explorer.count('class="sign coloured"') == odd.machine.n_states


def arrays_in(plain):
    """Yield the bytes of all packed arrays."""
    if isinstance(plain, dict) and "data" in plain:
        yield base64.b64decode(plain["data"])
    elif isinstance(plain, dict | list):
        for each in plain.values() if isinstance(plain, dict) else plain:
            yield from arrays_in(each)


def test_of_many_classes_the_likeliest_are_told_and_how_sure_each_answer_is():
    found = KINDS["many classes"]()
    payload = payload_of(found)
    sure = payload["steps"]["decisions"]["sure"]["network"]
    shown = sure["low"] + sure["step"] * unpacked(sure)
    assert shown == pytest.approx(found.trace.outputs.max(axis=1), abs=1e-4)
    for told, card in zip(payload["cards"], found.cards, strict=True):
        said = dict(told["facts"])["answers"]
        likely = max(card.answers, key=lambda each: each.value)
        assert f"{likely.name} {likely.value:.2f} (usually {likely.usual:.2f})" in said
        assert said.count("usually") == 6
        assert said.endswith("and 4 others")
    assert "and 4 others" in page_of(found)
    assert "place 9" in explorer_of(found)


def test_values_are_held_against_the_best_floor():
    found = KINDS["values"]()
    own = payload_of(found)["methods"][0]
    name, best = max(found.floors.items(), key=lambda item: item[1].value)
    assert found.fidelity.value > best.value
    apart = found.fidelity.value - best.value
    assert own["said"] == f"{apart:.3f} above the best floor ({name} {best.value:.3f})"


def test_where_values_differ_is_said_and_of_an_answer_without_words_too(alarm):
    found = KINDS["values"]()
    low, high = found.machine.readout[:, 0].min(), found.machine.readout[:, 0].max()
    said = payload_of(found)["differing"]
    assert said == f"one has dose (mg) above {(low + high) / 2:.3g}, the other does not"
    assert payload_of(alarm)["differing"] == "they differ"


def test_letters_on_arrows_have_a_key(alarm):
    graph = payload_of(alarm)["graph"]
    assert [rule for _, rule in graph["key"]] == list(alarm.machine.symbols)
    letters = [letter for letter, _ in graph["key"]]
    said = {each for edge in graph["edges"] for line in edge["label"] for each in line.split(", ")}
    assert said <= set(letters)
    assert all(f"<dt>{letter}</dt><dd>" in explorer_of(alarm) for letter in letters)


@pytest.mark.slow
def test_it_opens_and_each_state_can_be_chosen(odd, shared, tmp_path):
    browser = shared
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
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert complaints(browser) == []


class Sum(Cycle):
    """Adds what it reads in six channels, and says which third of a range the sum is in."""

    def step(self, state, rows):
        at = 0.5 * state["at"] + torch.nan_to_num(rows).sum(dim=1, keepdim=True)
        return {"at": at}, torch.cat([at, -at, 0 * at], dim=1)


def test_with_as_many_steps_as_there_is_room_for_a_file_has_five_megabytes_at_most():
    rng = np.random.default_rng(0)
    channels = [ml.Channel(f"channel {place}") for place in range(6)]
    rows = ml.Sequences(rng.normal(size=(6_000, 6)), np.full(60, 100), channels)
    found = ml.explain(
        Sum(), rows, classes=("a", "b", "c"), methods=["kmeans"], n_states=[4], units=False,
    )  # fmt: skip
    payload = payload_of(found)
    assert len(unpacked(payload["sequences"]["numbers"])) == 60
    steps = len(as_data(payload["steps"]))
    assert steps <= 4 / 3 * bytes_a_step(found) * found.trace.n_steps + 5_000
    others = len(explorer_of(found).encode()) - steps
    assert others + 4 / 3 * MOST_BYTES <= 5e6


def test_the_table_of_arrows_has_the_letters_on_them(odd):
    graph = payload_of(odd)["graph"]
    rules = dict(graph["key"])
    assert set(rules.values()) <= set(odd.machine.symbols)
    if rules:
        read = {name for edge in graph["edges"] for name in edge["reads"]}
        assert read <= {f"{letter}: {rule}" for letter, rule in rules.items()}
