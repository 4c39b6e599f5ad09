import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.tasks.base import SPLITS
from markovlens.tasks.pronunciation import LETTERS, PHONES, SYMBOLS, make, read_words
from markovlens.tasks.resources import resource_path


@pytest.fixture
def dictionary(tmp_path):
    path = tmp_path / "toy.dict"
    path.write_text(
        "'bout B AW1 T\na AH0\na(2) EY1\naalborg AO1 L # place, danish\nx-ray EH1 K\n\nzoo Z UW1\n"
    )
    return path


def spoken(task, split):
    """Return each word of a split with its phones, read back from symbols and targets."""
    part = task.splits[split]
    stops = np.cumsum(part.inputs.lengths)[:-1]
    for inputs, targets in zip(part.inputs, np.split(part.targets, stops), strict=True):
        names = [SYMBOLS[symbol] for symbol in inputs]
        letters = names.index("letters </s>")
        assert names[letters + 1] == "phones <s>"
        assert (targets[: letters + 1] == -1).all()
        said = [PHONES[phone] for phone in targets[letters + 1 :]]
        assert said == [*names[letters + 2 :], "phones </s>"]
        yield "".join(names[:letters]), tuple(said[:-1])


def gru_step(x, h, weights, side):
    """Return the next state (256,) of one of the two networks; gates in the order r, z, n."""
    from_input = weights[f"{side}_w_ih"] @ x + weights[f"{side}_b_ih"]
    from_state = weights[f"{side}_w_hh"] @ h + weights[f"{side}_b_hh"]
    reset, update = (1 / (1 + np.exp(-(from_input + from_state)[:512]))).reshape(2, 256)
    new = np.tanh(from_input[512:] + reset * from_state[512:])
    return (1 - update) * new + update * h


def test_only_first_variants_of_alphabetic_words_are_read(dictionary):
    assert read_words(dictionary) == {"a": ("AH0",), "aalborg": ("AO1", "L"), "zoo": ("Z", "UW1")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word QQ\n", "word: expected known phones, got 'QQ'"),
        ("word\n", "word: expected known phones, got ''"),
        ("# nothing\n", "found none"),
    ],
)
def test_a_dictionary_that_the_network_cannot_read_is_refused(tmp_path, text, message):
    path = tmp_path / "toy.dict"
    path.write_text(text)
    with pytest.raises(DataError, match=f"toy.dict: .*{message}"):
        read_words(path)


def test_more_words_than_there_are_is_refused(dictionary):
    sizes = {"n_train": 2, "n_valid": 1, "n_test": 1}
    with pytest.raises(DataError, match="at most 3 words .* got 4"):
        make("pronunciation", sizes=sizes, seeds=np.random.SeedSequence(0), cmudict=dictionary)


def test_the_real_dictionary_holds_what_is_documented(resources):
    words = read_words(resource_path("cmudict", resources))
    assert len(words) == 117_493
    assert {phone for phones in words.values() for phone in phones} == {*PHONES[4:]} - {"UW"}


def test_symbols_are_letters_then_phones():
    assert (len(LETTERS), len(PHONES), len(SYMBOLS), len(set(SYMBOLS))) == (29, 74, 103, 103)
    assert SYMBOLS[:4] == ("letters <pad>", "letters <unk>", "letters </s>", "a")
    assert SYMBOLS[28:34] == (
        "z",
        *(f"phones {m}" for m in ("<pad>", "<unk>", "<s>", "</s>")),
        "AA0",
    )
    assert sorted(PHONES[4:]) == list(PHONES[4:])


def test_sequences_say_the_words_of_the_dictionary(small, resources):
    task = small("pronunciation")
    words = read_words(resource_path("cmudict", resources))
    seen = [pair for split in SPLITS for pair in spoken(task, split)]
    assert all(words[word] == phones for word, phones in seen)
    assert len({word for word, _ in seen}) == 150


def test_the_pretrained_network_understands_these_symbols(small, resources):
    """A wrong order of symbols, targets off by one or a wrong split of ids would give about 0."""
    with np.load(resource_path("g2p_en", resources), allow_pickle=False) as file:
        weights = dict(file)
    task = small("pronunciation", n_valid=60)
    part = task.splits["valid"]
    state, answers = np.zeros(256), []
    firsts = set(np.concatenate([[0], np.cumsum(part.inputs.lengths)[:-1]]).tolist())
    for row, symbol in enumerate(part.inputs.values):
        side, index = ("enc", symbol) if symbol < len(LETTERS) else ("dec", symbol - len(LETTERS))
        state = gru_step(
            weights[f"{side}_emb"][index], 0 * state if row in firsts else state, weights, side
        )
        answers.append((weights["fc_w"] @ state + weights["fc_b"]).argmax())
    asked = part.targets >= 0
    assert (np.array(answers)[asked] == part.targets[asked]).mean() > task.gate
