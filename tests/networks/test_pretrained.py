import numpy as np
import pytest
import torch

from markovlens.activations.recorder import record
from markovlens.errors import DataError, RecordingWarning
from markovlens.networks.architectures import make_network
from markovlens.networks.pretrained import MOST_PHONES, SwitchedGRU, g2p_en, pronounce
from markovlens.networks.store import load_network, save_network
from markovlens.sequences import Sequences
from markovlens.tasks import make_task
from markovlens.tasks.base import SPLITS, Split, Task, no_targets
from markovlens.tasks.pronunciation import LETTERS, PHONES, SYMBOLS

TEXT = """
a i ox cat phone knight activationist colonel rhythm queue psychology zebra strengths yacht
recurrent network machine automaton markov hidden state transition emission viterbi pronunciation
supercalifragilisticexpialidocious bbbb qzx mississippi through tough though thought bough cough
worcester isle choir island debris rendezvous sergeant hello world python snake lens entropy gauss
"""
WORDS = TEXT.split()


@pytest.fixture(scope="module")
def model(checkpoint):
    return g2p_en(checkpoint)


@pytest.fixture(scope="module")
def arrays(checkpoint):
    with np.load(checkpoint, allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def gru_step(x, h, arrays, side):
    """One step of a GRU as its equations say, with the package's arrays."""
    from_x = arrays[f"{side}_w_ih"] @ x + arrays[f"{side}_b_ih"]
    from_h = arrays[f"{side}_w_hh"] @ h + arrays[f"{side}_b_hh"]
    (r_x, z_x, n_x), (r_h, z_h, n_h) = np.split(from_x, 3), np.split(from_h, 3)
    r, z = 1 / (1 + np.exp(-(r_x + r_h))), 1 / (1 + np.exp(-(z_x + z_h)))
    return (1 - z) * np.tanh(n_x + r * n_h) + z * h


def steps_by_hand(symbols, arrays):
    """States of a sequence in the merged alphabet, one step at a time."""
    h, states = np.zeros(256, np.float32), []
    for symbol in symbols:
        side = "enc" if symbol < len(LETTERS) else "dec"
        index = symbol if side == "enc" else symbol - len(LETTERS)
        h = gru_step(arrays[f"{side}_emb"][index], h, arrays, side)
        states.append(h)
    return np.stack(states)


def pronounced_by_hand(word, arrays):
    """What the package's own predict does: letters and </s>, then phones until </s>."""
    h = steps_by_hand([*(LETTERS.index(letter) for letter in word), 2], arrays)[-1]
    said, phones = 2, []
    for _ in range(20):
        h = gru_step(arrays["dec_emb"][said], h, arrays, "dec")
        said = int(np.argmax(arrays["fc_w"] @ h + arrays["fc_b"]))
        if said == 3:
            break
        phones.append(PHONES[said])
    return phones


def as_symbols(word, phones):
    letters = [LETTERS.index(letter) for letter in (*word, "letters </s>")]
    return letters + [len(LETTERS) + PHONES.index(p) for p in ("phones <s>", *phones)]


def test_words_are_pronounced_as_by_the_package(model, arrays):
    assert {word: pronounce(model, word) for word in WORDS} == {
        word: pronounced_by_hand(word, arrays) for word in WORDS
    }
    assert pronounce(model, "phone") == ["F", "OW1", "N"]
    assert len(pronounce(model, "supercalifragilisticexpialidocious")) <= MOST_PHONES


def test_recorded_states_and_outputs_are_those_of_a_step_loop(model, arrays):
    rows = [as_symbols(word, pronounced_by_hand(word, arrays)) for word in WORDS]
    with pytest.warns(RecordingWarning, match="counts as no answer"):
        trace = record(model, Sequences.from_list(rows), layers="rnn.l0", classes=PHONES)
    states = np.concatenate([steps_by_hand(row, arrays) for row in rows])
    np.testing.assert_allclose(trace.states, states, atol=1e-5)
    spoken = trace.inputs >= len(LETTERS)
    np.testing.assert_array_equal(trace.has_output, spoken)
    logits = states[spoken] @ arrays["fc_w"].T + arrays["fc_b"]
    np.testing.assert_array_equal(trace.decisions[spoken], logits.argmax(-1))


def test_the_gate_is_measured_and_the_network_comes_back(checkpoint, tmp_path):
    resources = checkpoint.parents[1]
    made = make_network(
        {"pretrained": "g2p_en", "layer": None}, _said_by_itself(g2p_en(checkpoint)),
        training={}, seed=5, resources=resources,
    )  # fmt: skip
    assert made.card["gate"] == {"threshold": 0.8, "value": 1.0, "passed": True}
    assert made.card["architecture"] == {"pretrained": "g2p_en"}
    save_network(tmp_path, made)
    again = load_network(tmp_path)
    assert pronounce(again, "colonel") == pronounce(made.model, "colonel")


def _said_by_itself(model):
    """A task whose right answers are the network's own."""
    rows, targets = [], []
    for word in WORDS:
        phones = pronounce(model, word)
        if len(phones) < MOST_PHONES:
            rows.append(as_symbols(word, phones))
            said = [PHONES.index(phone) for phone in (*phones, "phones </s>")]
            targets += [-1] * (len(word) + 1) + said
    inputs = Sequences.from_list(rows)
    split = Split(inputs, np.array(targets), no_targets(inputs.n_steps))
    return Task(
        "pronunciation", "pronunciation", SYMBOLS, PHONES, dict.fromkeys(SPLITS, split), 0.8
    )


@pytest.mark.slow
def test_it_says_most_phones_of_the_dictionary_right(checkpoint):
    from markovlens.tasks.fetch import fetch

    resources = checkpoint.parents[1]
    fetch("cmudict", resources)
    sizes = {"n_train": 50, "n_valid": 300, "n_test": 1000}
    task = make_task("pronunciation", sizes=sizes, seed=0, resources=resources)
    card = make_network(
        {"pretrained": "g2p_en"}, task, training={}, seed=0, resources=resources
    ).card
    assert 0.90 < card["scores"]["test"]["accuracy"] < 0.97


def test_one_cell_is_a_plain_gru():
    torch.manual_seed(0)
    gru, switched = torch.nn.GRU(3, 4, batch_first=True), SwitchedGRU(3, 4, n_cells=1)
    switched.load_state_dict(
        {name.removesuffix("_l0"): value[None] for name, value in gru.state_dict().items()}
    )
    x, h0 = torch.randn(5, 6, 3), torch.randn(1, 5, 4)
    states, last = switched(x, torch.zeros(5, 6, dtype=int), h0)
    torch.testing.assert_close(states, gru(x, h0)[0])
    torch.testing.assert_close(last, gru(x, h0)[1])


@pytest.mark.parametrize("damage", ["truncated", "text", "missing", "lacking", "reshaped"])
def test_bad_checkpoints_are_named(damage, checkpoint, arrays, tmp_path):
    path = tmp_path / "checkpoint20.npz"
    if damage == "truncated":
        path.write_bytes(checkpoint.read_bytes()[:-1000])
    elif damage == "text":
        path.write_text("not an archive")
    elif damage == "lacking":
        np.savez(path, **{key: value for key, value in arrays.items() if key != "fc_w"})
    elif damage == "reshaped":
        np.savez(path, **arrays | {"fc_b": np.zeros(3, np.float32)})
    with pytest.raises(DataError, match=r"checkpoint20.npz: "):
        g2p_en(path)
