"""What we rebuilt answers as the packages do: `answers.json` has what they said."""

import numpy as np
import pytest
import torch

from markovlens.sequences import Sequences
from markovlens.wild import (
    asmscan,
    beatnet,
    chars2vec,
    dgaintel,
    g2pm,
    resemblyzer,
    silero,
    sleepecg,
    uzmorph,
)


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


@torch.no_grad()
def test_resemblyzer_says_of_a_voice_what_its_package_says(fetched, answers):
    known = answers["resemblyzer"]
    model = resemblyzer.load(fetched("resemblyzer"))
    heard = resemblyzer.mels(resemblyzer.speech("low", 60, np.random.default_rng(known["seed"])))
    state, _ = model.read(model.initial(1), torch.from_numpy(heard)[None])
    said = model.head.said(state["h"][0, -1])
    np.testing.assert_allclose(said[known["places"]], known["numbers"], atol=2e-5)


@torch.no_grad()
def test_beatnet_hears_the_beats_that_its_package_hears(fetched, answers):
    known = answers["beatnet"]
    sound, _ = beatnet.clicks(np.random.default_rng(known["seed"]))
    path = fetched("beatnet")
    rows = torch.from_numpy(beatnet._read(beatnet.features(path), beatnet.spectrum(sound)))
    said = beatnet.load(path)(rows[None]).softmax(-1)[0, ::10]
    np.testing.assert_allclose(said, known["answers"], atol=2e-5)


@pytest.mark.parametrize("backward", [False, True])
def test_g2pm_reads_characters_as_its_package(fetched, answers, backward):
    for text, readings in answers["g2pm"].items():
        letters = np.array(
            [g2pm.CHARACTERS.index(each) for each in f"{g2pm.BEGIN}{text}{g2pm.END}"]
        )
        read = Sequences.from_list([letters[:: -1 if backward else 1].astype(np.int32)])
        said = g2pm.whole(fetched("g2pm"), read, backward=backward)[:: -1 if backward else 1]
        asked = [place for place, each in enumerate(text) if each in g2pm.ASKED]
        assert [g2pm.CLASSES[said[1:][place]] for place in asked] == [readings[a] for a in asked]


@pytest.mark.parametrize("member", range(1, 7))
def test_asmscan_finds_motifs_as_its_package(fetched, answers, member):
    known = answers["asmscan"]
    letters = [[asmscan.SYMBOLS.index(each) for each in text] for text in known["fragments"]]
    embedding, both, upper, head = asmscan._whole(fetched("asmscan"), member)
    with torch.no_grad():
        logits = head(upper(both(embedding(torch.tensor(letters)))[0])[0])[:, -1]
    np.testing.assert_allclose(
        logits.softmax(-1)[:, 1], known["answers"][str(member)], rtol=2e-3, atol=2e-6
    )
