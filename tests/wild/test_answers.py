"""What we rebuilt answers as the packages do: `answers.json` has what they said."""

import numpy as np
import pytest
import torch

from markovlens.sequences import Sequences
from markovlens.wild import chars2vec, dgaintel, silero, sleepecg, uzmorph


@torch.no_grad()
def test_dgaintel_answers_as_its_package(fetched, answers):
    model = dgaintel.load(fetched("dgaintel"))
    for name, wanted in answers["dgaintel"].items():
        symbols = torch.from_numpy(dgaintel.as_symbols([name]).values)[None].long()
        said = model(symbols).softmax(-1)[0, -1, 1].item()
        assert said == pytest.approx(wanted, rel=1e-4), name


@torch.no_grad()
def test_chars2vec_has_the_vectors_of_its_package(fetched, answers):
    model = chars2vec.load(fetched("chars2vec"))
    for word, wanted in answers["chars2vec"].items():
        letters = torch.tensor([[chars2vec.SYMBOLS.index(letter) for letter in word]])
        state, _ = model.read(model.initial(1), letters)
        np.testing.assert_allclose(state["h"][0, -1, :8], wanted, atol=2e-6)


@torch.no_grad()
def test_silero_hears_what_its_package_hears(fetched, answers):
    sound, _ = silero.read_talk(fetched("conversation"))
    model, front = silero.load(fetched("silero")), silero.features(fetched("silero"))
    heard = sound[7 * silero.RATE :][: 12 * silero.CHUNK]
    rows = torch.from_numpy(silero._featured(front, heard))
    said = model(rows[None]).softmax(-1)[0, :, 1]
    np.testing.assert_allclose(said, answers["silero"], atol=2e-5)


@pytest.mark.parametrize("backward", [False, True])
@torch.no_grad()
def test_sleepecg_says_what_its_package_says_and_its_halves_are_of_it(fetched, answers, backward):
    path, known = fetched("sleepecg"), answers["sleepecg"]
    rows = np.random.default_rng(known["seed"]).standard_normal((1, 6, 36))
    front, rnn, linear = sleepecg._whole(path)
    said = linear(rnn(front(torch.tensor(rows, dtype=torch.float32)))[0]).softmax(-1)[0]
    np.testing.assert_allclose(said, known["answers"], atol=2e-5)
    read = rows[0][::-1] if backward else rows[0]
    found = sleepecg.whole(path, Sequences.from_list([read.copy()]), backward=backward)
    wanted = np.argmax(known["answers"], axis=1)
    assert found.tolist() == (wanted[::-1] if backward else wanted).tolist()


@pytest.mark.parametrize("backward", [False, True])
def test_uzmorph_tags_as_its_package(fetched, answers, backward):
    for word, tags in answers["uzmorph"].items():
        letters = np.array([uzmorph.SYMBOLS.index(letter) for letter in word], np.int32)
        if backward:
            letters = uzmorph._from_the_end(letters, uzmorph.PAD)
        said = uzmorph.whole(fetched("uzmorph"), Sequences.from_list([letters]), backward=backward)
        said = said[::-1][: len(word)] if backward else said
        assert [uzmorph.CLASSES[each] for each in said] == [
            "-".join(tag.split("-")[:3]) for tag in tags
        ]
