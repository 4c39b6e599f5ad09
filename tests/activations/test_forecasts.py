import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from markovlens.activations.forecasts import (
    LETTERS_READ,
    PHONES_SAID,
    record_encoder_decoder,
    record_windows,
    record_words,
    spread,
)
from markovlens.activations.trajectories import (
    Trajectories,
    iter_trajectories,
    load_trajectories,
    write_trajectories,
)
from markovlens.errors import DataError
from markovlens.files.parquet import header_of
from markovlens.files.runs import Run
from markovlens.networks.forecasting import ForecastOptions, forecast, train_forecaster
from markovlens.networks.pretrained import G2P
from markovlens.networks.restarting import decoder_of, ends_of
from markovlens.networks.store import save_forecaster, save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.sequences import Sequences
from markovlens.tasks import make_task
from markovlens.tasks.base import Split, no_targets
from markovlens.tasks.pronunciation import LETTERS, PHONES
from markovlens.tasks.store import save_task

SIZES = {"n_train": 30, "n_valid": 10, "n_test": 20, "past": 5, "future": 3}
OPTIONS = ForecastOptions(steps=12, batch=8, evaluate_every=4, checkpoints=(2, 6, 12))


@pytest.fixture(scope="module")
def task():
    return make_task("planar_hard", sizes=SIZES, seed=0)


@pytest.fixture(scope="module")
def trained(task):
    return train_forecaster(task, {"seq2seq": "gru", "hidden": 7}, training=OPTIONS, seed=0)


@pytest.fixture
def run(task, trained, tmp_path):
    save_task(tmp_path / "tasks" / "planar_hard", task)
    made = Run.at(tmp_path, "planar_hard", "gru", 0, layer="")
    save_forecaster(made.card.parent, trained)
    return made


def equal(one, two):
    names = [name for name in Trajectories.__slots__ if name != "classes"]
    return one.classes == two.classes and all(
        np.array_equal(getattr(one, name), getattr(two, name)) for name in names
    )


def test_all_splits_and_checkpoints_are_recorded(run, task, trained, tmp_path):
    record_encoder_decoder(run, tmp_path / "tasks" / "planar_hard", n_windows=15)
    for name, count in (("train", 15), ("valid", 10), ("test", 15)):
        made = load_trajectories(run.trajectories(name))
        assert made.encoder.shape == (count, 5, 7)
        assert made.decoder.shape == (count, 3, 7)
        assert made.outputs.shape == made.future.shape == (count, 3, 2)
    done = forecast(trained.model, spread(task.splits["test"], 15))
    np.testing.assert_array_equal(made.encoder, done.encoder.numpy())
    np.testing.assert_array_equal(made.outputs, done.outputs.numpy())
    assert made.classes == task.classes
    along = dict(iter_trajectories(run.trajectories("checkpoints")))
    assert list(along) == [2, 6, 12]
    errors = [np.square(each.outputs - each.future).mean() for each in along.values()]
    assert errors[0] > errors[-1]
    assert not np.array_equal(along[2].decoder, along[6].decoder)


@pytest.mark.parametrize("tied", [True, False])
def test_the_cell_states_of_an_encoder_decoder_are_recorded(tied, task, tmp_path):
    spec = {"seq2seq": "lstm", "hidden": 4, "tied": tied}
    trained = train_forecaster(task, spec, training=OPTIONS, seed=0)
    save_task(tmp_path / "task", task)
    run = Run.at(tmp_path, "planar_hard", "lstm", 0, layer="")
    save_forecaster(run.card.parent, trained)
    record_encoder_decoder(run, tmp_path / "task", n_windows=5)
    header = header_of(pq.read_schema(run.trajectories("test")))
    assert header["parts"] == {"h": [0, 4], "c": [4, 8]}
    made, model = load_trajectories(run.trajectories("test")), trained.model
    with torch.no_grad():
        _, (hidden, cells) = model.encode(model.read(torch.from_numpy(made.past)))
    hidden, cells = hidden.numpy(), cells.numpy()
    ends = np.hstack([hidden, np.arcsinh(cells)])
    np.testing.assert_allclose(made.encoder[:, -1], ends, atol=1e-6)
    starts, firsts = ends_of(model, made.past)  # from which swaps start the decoder
    np.testing.assert_allclose(starts, np.hstack([hidden, cells]), atol=1e-6)
    _, states = decoder_of(model, n_steps=3)(starts, firsts)
    np.testing.assert_allclose(states, made.decoder, atol=1e-6)


def test_recordings_come_back_as_they_were(task, trained, tmp_path):
    made = record_windows(trained.model, task.splits["test"], task.classes)
    early = record_windows(trained.model, task.splits["valid"], task.classes)
    metadata = {"task": "planar_hard", "seed": 0}
    write_trajectories(tmp_path / "a.parquet", {3: early, 9: made}, metadata=metadata)
    back = dict(iter_trajectories(tmp_path / "a.parquet"))
    assert list(back) == [3, 9]
    assert equal(back[3], early)
    assert equal(back[9], made)
    write_trajectories(tmp_path / "b.parquet", {3: early, 9: made}, metadata=metadata)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_windows_are_taken_evenly(task):
    part = task.splits["train"]
    assert len(spread(part, 100)) == 30
    chosen = spread(part, 7)
    assert len(chosen) == 7
    np.testing.assert_array_equal(chosen.past[[0, -1]], part.past[[0, -1]])
    assert len(np.unique(chosen.group)) == 7


def test_what_is_no_recording_is_named(task, trained, tmp_path):
    path = tmp_path / "test.parquet"
    with pytest.raises(DataError, match="expected at least one recording"):
        write_trajectories(path, {}, metadata={})
    path.write_text("no table")
    with pytest.raises(DataError, match=r"test.parquet: cannot be read"):
        load_trajectories(path)
    made = record_windows(trained.model, task.splits["test"], task.classes)
    with pytest.raises(DataError, match="expected 20 rows of label"):
        Trajectories(**{n: getattr(made, n) for n in made.__slots__} | {"label": made.label[1:]})


def test_a_network_that_decodes_nothing_is_refused(tmp_path):
    sizes = {"n_train": 20, "n_valid": 9, "n_test": 9, "length_train": 5, "length_test": 6}
    task = make_task("parity", sizes=sizes, seed=0)
    run = Run.at(tmp_path, "parity", "gru", 0, layer="")
    options = TrainingOptions(steps=2, batch=4, evaluate_every=2, attempts=1)
    save_network(run.card.parent, train(task, {"cell": "gru"}, training=options, seed=0))
    with pytest.raises(DataError, match="expected an encoder-decoder, got SequenceModel"):
        record_encoder_decoder(run, tmp_path, n_windows=3)


# --- words -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def speller():
    """A speller with weights of chance: what is recorded does not hang on what it learned."""
    torch.manual_seed(0)
    model = G2P()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def word(letters, phones):
    marks = [LETTERS.index(letter) for letter in (*letters, "letters </s>")]
    said = [PHONES.index(phone) for phone in ("phones <s>", *phones)]
    return np.array(marks + [len(LETTERS) + phone for phone in said], np.int32)


LONG = word("abacus", ["AE1", "B", "AH0", "K", "AH0", "S"])
SHORT = word("cat", ["K", "AE1", "T"])


def split_of(*words):
    inputs = Sequences.from_list(list(words))
    return Split(inputs, no_targets(inputs.n_steps), no_targets(inputs.n_steps))


@pytest.mark.parametrize("decoder", ["own", "teacher"])
def test_words_are_recorded_as_the_network_reads_them(speller, decoder):
    made = record_words(speller, split_of(SHORT, LONG), decoder=decoder)
    assert made.group.tolist() == [1]
    assert made.start.tolist() == [7 - LETTERS_READ]
    assert made.classes[made.label[0]] == "three or more"
    symbols = LONG.astype(np.int64).tolist()[: 7 + 1]
    told = LONG.astype(np.int64).tolist()[8:]
    for step in range(PHONES_SAID):
        with torch.no_grad():
            states, _ = speller.move(torch.tensor([symbols]))
            logits = speller.head(states[0, -1])
        np.testing.assert_allclose(made.decoder[0, step], states[0, -1], atol=1e-5)
        np.testing.assert_allclose(made.outputs[0, step], logits.softmax(-1), atol=1e-5)
        symbols.append(told[step] if decoder == "teacher" else len(LETTERS) + int(logits.argmax()))
    np.testing.assert_allclose(made.encoder[0], states[0, 1:7], atol=1e-5)
    assert made.past[0].argmax(-1).tolist() == LONG[1:7].tolist()
    assert made.future[0].argmax(-1).tolist() == (LONG[8:13] - len(LETTERS)).tolist()


def test_without_long_words_there_is_nothing_to_record(speller):
    with pytest.raises(DataError, match="expected words of 5 letters and 4 phones at least"):
        record_words(speller, split_of(SHORT))
