"""Recording encoder-decoders: states of encoder and decoder along windows or words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.activations.trajectories import Trajectories, write_trajectories
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.files.whole import read_json
from markovlens.networks.digests import check_checkpoint
from markovlens.networks.forecasting import forecast
from markovlens.networks.pretrained import END, G2P, START
from markovlens.networks.seq2seq import OWN, TEACHER, Seq2Seq
from markovlens.networks.store import load_network
from markovlens.networks.weights import load_weights
from markovlens.recurrence.layers import Layer, columns_of
from markovlens.tasks.base import SPLITS, Split, Task
from markovlens.tasks.pronunciation import LETTERS, PHONES
from markovlens.tasks.store import load_task
from markovlens.tasks.windows import Forecast, Windows
from markovlens.tasks.windows_store import load_forecast

LETTERS_READ, PHONES_SAID = 6, 5  # the steps of a word that are kept, see `record_words`
WORD_CLASSES = ("one syllable", "two syllables", "three or more")


def record_encoder_decoder(run: Run, task_folder: str | Path, *, n_windows: int) -> None:
    """Record an encoder-decoder on all splits, and its checkpoints on the test split.

    Of each split up to `n_windows` windows are taken, evenly spread. The pretrained speller is
    recorded as it goes on by itself; its only checkpoint is step 0.

    Raises:
        DataError: the network cannot be loaded, is no encoder-decoder, or has no checkpoint.
    """
    model = load_network(run.card.parent)
    if isinstance(model, Seq2Seq):
        _record_forecaster(run, model, load_forecast(task_folder), n_windows)
    elif isinstance(model, G2P):
        _record_speller(run, model, load_task(task_folder), n_windows)
    else:
        raise DataError(
            f"{run.card}: expected an encoder-decoder, got {type(model).__name__}",
            page="made-for-another-version",
        )


def _record_forecaster(run: Run, model: Seq2Seq, task: Forecast, n_windows: int) -> None:
    final = read_json(run.card)["best_step"]
    for name, split in task.splits.items():
        made = record_windows(model, spread(split, n_windows), task.classes)
        _write(run, name, {final: made}, model.decoder)
    windows = spread(task.splits["test"], n_windows)
    at = {}
    for step, path in run.checkpoints().items():
        check_checkpoint(path)
        load_weights(model, path)
        at[step] = record_windows(model, windows, task.classes)
    _write(run, "checkpoints", at, model.decoder)


def _record_speller(run: Run, model: G2P, task: Task, n_windows: int) -> None:
    for name in SPLITS:
        split = task.splits[name]
        made = record_words(model, split.select(np.arange(min(n_windows, len(split.inputs)))))
        _write(run, name, {0: made}, model.rnn)
        if name == "test":
            _write(run, "checkpoints", {0: made}, model.rnn)


def record_windows(model: Seq2Seq, windows: Windows, classes: tuple[str, ...]) -> Trajectories:
    """Return the states of an encoder-decoder along windows."""
    done = forecast(model, windows)
    return Trajectories(
        encoder=done.encoder.numpy(),
        decoder=done.decoder.numpy(),
        outputs=done.outputs.numpy(),
        past=windows.past,
        future=windows.future,
        label=windows.label,
        group=windows.group,
        start=windows.start,
        classes=classes,
    )


def record_words(model: G2P, split: Split, *, decoder: str = OWN) -> Trajectories:
    """Return the states of g2p-en along the words of a split of the task `pronunciation`.

    Words differ in length, windows do not: of each word the last `LETTERS_READ` steps of the
    encoder (the end of the letters is one) and the first `PHONES_SAID` of the decoder are kept.
    Shorter words, also those that the network itself ends sooner, are left out; `start` says how
    many letters of a word were read before. The class of a word is its number of vowels.

    Args:
        model: the network.
        split: its words, letters and then phones.
        decoder: `own`, the likeliest phone is read next, or `teacher`, the dictionary's.

    Raises:
        DataError: no word is long enough.
    """
    words = [word.astype(np.int64) for word in split.inputs]
    letters = [word[word < len(LETTERS)] for word in words]
    phones = [word[word >= len(LETTERS)] - len(LETTERS) for word in words]
    fits = [
        number
        for number, (read, said) in enumerate(zip(letters, phones, strict=True))
        if len(read) >= LETTERS_READ and len(said) >= PHONES_SAID
    ]
    if not fits:
        raise DataError(
            f"expected words of {LETTERS_READ - 1} letters and {PHONES_SAID - 1} phones at least",
            page="out-of-range",
        )
    made = {number: _spoken(model, letters[number], phones[number], decoder) for number in fits}
    # What comes after the end of a word is no state of it.
    fits = [n for n in fits if END not in made[n][2][:-1].argmax(-1) or decoder == TEACHER]
    parts = zip(*(made[number] for number in fits), strict=True)
    encoder, states, outputs = (torch.stack(part).numpy() for part in parts)
    following = [np.append(phones[number][1:], END)[:PHONES_SAID] for number in fits]
    read = np.stack([letters[number][-LETTERS_READ:] for number in fits])
    vowels = [sum(PHONES[phone][-1].isdigit() for phone in phones[number]) for number in fits]
    return Trajectories(
        encoder=encoder,
        decoder=states,
        outputs=outputs,
        past=np.eye(len(LETTERS), dtype=np.float32)[read],
        future=np.eye(len(PHONES), dtype=np.float32)[np.stack(following)],
        label=(np.clip(vowels, 1, len(WORD_CLASSES)) - 1).astype(np.int32),
        group=np.array(fits, dtype=np.int32),
        start=np.array([len(letters[number]) - LETTERS_READ for number in fits], dtype=np.int32),
        classes=WORD_CLASSES,
    )


def spread(windows: Windows, n_windows: int) -> Windows:
    """Return up to `n_windows` windows, evenly spread over all."""
    count = min(n_windows, len(windows))
    chosen = np.linspace(0, len(windows) - 1, count).round().astype(int)
    names = ("past", "future", "label", "group", "start")
    return replace(windows, **{name: getattr(windows, name)[chosen] for name in names})


def _spoken(
    model: G2P, letters: np.ndarray, phones: np.ndarray, decoder: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the last encoder states, the first decoder states and the output distributions."""
    states, outputs = [], []
    with torch.no_grad():
        encoder, hidden = model.move(torch.from_numpy(letters)[None])
        said = START
        for step in range(PHONES_SAID):
            state, hidden = model.move(torch.tensor([[len(LETTERS) + said]]), hidden)
            states.append(state[0, 0])
            outputs.append(model.head(states[-1]).softmax(-1))
            told = decoder == TEACHER and step + 1 < len(phones)
            said = int(phones[step + 1]) if told else int(outputs[-1].argmax())
    return encoder[0, -LETTERS_READ:], torch.stack(states), torch.stack(outputs)


def _write(run: Run, name: str, recorded: dict[int, Trajectories], rnn: nn.Module) -> None:
    n_columns = next(iter(recorded.values())).decoder.shape[2]
    parts = columns_of(Layer("decoder", rnn), n_columns, state="all")
    place = {"task": run.task, "model": run.model, "seed": run.seed, "split": name}
    write_trajectories(run.trajectories(name), recorded, metadata=place | {"parts": parts})
