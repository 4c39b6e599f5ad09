"""Whatever takes sequences takes the forms that `explain` takes, and makes the same of each."""

import inspect

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.errors import ConfigError, DataError
from markovlens.explaining.inputs import one_sequence
from markovlens.listed import sequences_of
from markovlens.machines.machine import automaton
from markovlens.machines.words import as_sequences
from markovlens.networks.model import build

WORDS = np.random.default_rng(0).integers(2, size=(60, 8))
SYMBOLS = ("0", "1")
PARITY = automaton(np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0, symbols=SYMBOLS)
FORMS = {
    "arrays": list(WORDS),
    "lists of codes": WORDS.tolist(),
    "one array": WORDS,
    "one tensor": torch.tensor(WORDS),
    "texts": ["".join(map(str, word)) for word in WORDS],
    "tokens": [list(map(str, word)) for word in WORDS],
    "tuples of tokens": [tuple(map(str, word)) for word in WORDS],
}
TEXTS = ("texts", "tokens", "tuples of tokens")
QUICK = {"words": 20, "rounds": 1, "steps": 4, "fresh": 20, "queries": 60, "bootstraps": 20}


def network(symbols=2):
    torch.manual_seed(0)
    spec = {"cell": "gru", "hidden": 6, "layers": 2, "embedding": 2, "dropout": 0.0}
    model = build(spec, n_symbols=symbols, n_classes=2).eval()
    with torch.no_grad():
        nn.init.zeros_(model.head.bias)
        nn.init.normal_(model.rnn.weight_ih_l0, std=3)
    return model


class Counter:
    """Keeps the parity of what it reads."""

    def initial(self, batch):
        return {"odd": torch.zeros(batch, 1)}

    def step(self, state, symbols):
        odd = (state["odd"] + symbols[:, None]) % 2
        return {"odd": odd}, torch.cat([1 - odd, odd], dim=1)


def explained_by(words):
    found = ml.explain(
        network(), words, symbols=SYMBOLS, methods=("overcluster",), n_states=(2, 3), units=False
    )
    return str(found)


def followed(words):
    found = ml.follow_training(
        [network()], words, symbols=SYMBOLS, method="kmeans", n_states=(2,), control=False
    )
    return found.frame().to_csv()


def evidence(words):
    numbers = {"mine": np.arange(WORDS.size, dtype=float)}
    found = ml.compare_evidence(
        numbers, words, symbols=SYMBOLS, usual=words, truth=WORDS.ravel(), bootstraps=20
    )
    return found.table.to_csv()


def layers(words):
    given = {"n_swaps": 20, "bootstraps": 20}
    return ml.compare_layers(network(), words, PARITY, **given).table.to_csv()


def grouped(words):
    found = ml.compare_groups(
        PARITY, {"a": words[:30], "b": words[30:]}, seed=0, n_permutations=99, n_bootstraps=100
    )
    return found.frame().to_csv()


def repaired(words):
    options = ml.RepairOptions(**QUICK)
    return repr(ml.repair(network(), PARITY, words, options=options, control=False))


def measured(words):
    options = ml.RepairOptions(**QUICK)
    found = ml.repair(network(), PARITY, list(WORDS[:30]), test=words, options=options)
    return repr(found)


def stood(words):
    sizes = {"length": [1], "edits": [1]}
    return repr(ml.withstand({"same": PARITY}, PARITY, words, disturbances=sizes, n_words=20))


TAKES = {
    ("adapt", "like"): lambda words: repr(ml.adapt(Counter(), like=words)),
    ("check", "sequences"): lambda words: str(
        ml.check(PARITY, "never accept", inputs="frequencies", sequences=words)
    ),
    ("compare_evidence", "sequences"): evidence,
    ("compare_evidence", "usual"): evidence,
    ("compare_groups", "groups"): grouped,
    ("compare_layers", "sequences"): layers,
    ("explain", "sequences"): explained_by,
    ("export", "inputs"): lambda words: ml.export(PARITY, "python", inputs=words).content,
    ("follow_training", "sequences"): followed,
    ("record", "data"): lambda words: ml.record(network(), words, symbols=SYMBOLS).inputs.tobytes(),
    ("repair", "sequences"): repaired,
    ("repair", "test"): measured,
    ("withstand", "sequences"): stood,
}
METHODS = {
    "Machine.draw": lambda words: PARITY.draw(inputs=words)._repr_svg_(),
    "Machine.predict": lambda words: PARITY.predict(words).tobytes(),
    "Monitor.calibrated": lambda words: ml.Monitor.calibrated(PARITY, words).plain["of"],
}
EVERY = {f"{name}({argument}=)": call for (name, argument), call in TAKES.items()} | METHODS
KNOWN = {}


def test_every_public_function_of_sequences_is_in_this_table():
    found = {
        (name, argument.name)
        for name in ml.__all__
        if inspect.isfunction(getattr(ml, name))
        for argument in inspect.signature(getattr(ml, name)).parameters.values()
        if any(word in str(argument.annotation) for word in ("Sequences", "Listed", "Recording"))
    }
    assert found == set(TAKES)


def of_sequences(entry):
    """Return what an entry makes of `Sequences`, once for all forms."""
    if entry not in KNOWN:
        KNOWN[entry] = EVERY[entry](ml.Sequences.from_list(list(WORDS)))
    return KNOWN[entry]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("entry", EVERY)
def test_every_form_is_the_same_as_sequences(entry, form):
    if entry == "adapt(like=)" and form in TEXTS:
        with pytest.raises(DataError, match="Sequences.from_strings"):
            EVERY[entry](FORMS[form])
        return
    assert EVERY[entry](FORMS[form]) == of_sequences(entry)


@pytest.mark.parametrize("entry", sorted(set(EVERY) - {"compare_groups(groups=)"}))
@pytest.mark.parametrize(
    "nothing", [3, [0, 1, 1], np.array([0, 1]), np.array(1), torch.tensor(1)], ids=repr
)
def test_what_are_no_sequences_is_refused_with_how_to_make_them(entry, nothing):
    if entry.startswith("Machine.") and np.ndim(nothing):
        return  # a single word, which machines read
    with pytest.raises(DataError, match=r"expected `Sequences` or .*\[one\].*from_list|words to"):
        EVERY[entry](nothing)


@pytest.mark.parametrize("entry", sorted(set(EVERY) - {"adapt(like=)", "compare_groups(groups=)"}))
def test_a_list_of_symbols_may_be_one_sequence_or_many_and_is_refused_by_all(entry):
    said = (
        r"expected a list of sequences, got \['0', '1', '1'\], which may be one of 3 symbols or 3 "
    )
    with pytest.raises(DataError, match=said + r"of one .*\[\['0', '1', \.\.\.\]\].*\[\['0'\], "):
        EVERY[entry](["0", "1", "1"])


def test_both_readings_of_a_list_of_symbols_can_be_said():
    one, many = (sequences_of(each, SYMBOLS) for each in ([["0", "1"]], [["0"], ["1"]]))
    assert (one.lengths.tolist(), many.lengths.tolist()) == ([2], [1, 1])
    assert sequences_of(["0"], SYMBOLS).lengths.tolist() == [1]  # the same either way
    assert sequences_of(["0", "01"], SYMBOLS).lengths.tolist() == [1, 2]


@pytest.mark.parametrize("column", [np.zeros((5, 1)), torch.zeros(5, 1)], ids=["array", "tensor"])
def test_a_column_of_numbers_may_be_one_sequence_or_many_and_is_refused(column):
    with pytest.raises(DataError, match=r"array \(5, 1\), which may be one of 5 steps or 5 of one"):
        sequences_of(column)
    assert sequences_of([column]).lengths.tolist() == [5]
    assert sequences_of(column[:, :, None]).lengths.tolist() == [1] * 5
    assert sequences_of(np.zeros((5, 1), int)).lengths.tolist() == [1] * 5


def test_texts_without_symbols_are_refused_with_how_to_make_them():
    with pytest.raises(DataError, match=r"data: got text; `Sequences.from_strings\(texts"):
        ml.record(network(), FORMS["texts"])


def test_a_machine_that_is_run_says_how_to_make_sequences():
    for method in (PARITY.run, PARITY.walk, PARITY.symbols_of):
        with pytest.raises(DataError, match="inputs: expected Sequences, got list; .*from_list"):
            method(FORMS["texts"])
    with pytest.raises(DataError, match="inputs: expected Sequences, got list; .*from_list"):
        ml.cut_at(["x"], {"x": 0.5}).encode([np.zeros((3, 1))])


@pytest.mark.parametrize("number", [np.array(1), np.array("01"), torch.tensor(1)], ids=repr)
@pytest.mark.parametrize("listed", [False, True])
def test_a_number_that_is_an_array_is_neither_a_list_nor_a_sequence(number, listed):
    given = [number] if listed else number
    for call in (
        lambda: PARITY.predict(given),
        lambda: PARITY.accepts(number),
        lambda: sequences_of(given, SYMBOLS),
        lambda: ml.Sequences.from_list(given),
        lambda: ml.Sequences.from_strings(given, SYMBOLS),
    ):
        with pytest.raises(DataError, match="expected"):
            call()


SINGLE = {
    "symbols": lambda one: ml.record(network(), WORDS, symbols=one),
    "methods": lambda one: explained_with(methods=one),
    "n_states": lambda one: explained_with(n_states=one),
    "targets": lambda one: explained_with(targets=one),
    "checkpoints": lambda one: ml.follow_training(one, WORDS, symbols=SYMBOLS),
    "losses": lambda one: ml.follow_training([network()], WORDS, symbols=SYMBOLS, losses=one),
    "states": PARITY.named,
    "channels": lambda one: ml.cut_at(one, {"x": 0.5}),
}


def explained_with(**asked):
    return ml.explain(network(), WORDS, symbols=SYMBOLS, **asked)


@pytest.mark.parametrize("number", [np.array(1), np.array("01"), torch.tensor(1)], ids=repr)
@pytest.mark.parametrize("argument", SINGLE)
def test_a_number_that_is_an_array_is_no_list_of_anything(argument, number):
    with pytest.raises((ConfigError, DataError), match=f"{argument}: expected|{argument}, got"):
        SINGLE[argument](number)


@pytest.mark.parametrize(
    ("text", "symbols", "codes"),
    [
        ("10", ("0", "1", "end"), [1, 0]),  # letters beside a mark
        ("go stop", ("go", "stop"), [0, 1]),
        ("ab", ("a", "b", "ab"), [2]),  # a word that is a symbol is that
        ("a b", ("a", "b", "ab"), [0, 1]),
        ("aba", ("a", "b", "ab"), [0, 1, 0]),
        ("ab aba", ("a", "ab", "aba"), [1, 2]),
        ("a b", ("a", "b", " ", "end"), [0, 2, 1]),  # a blank that is a symbol parts no words
        ("x > .5", ("x", "x > .5"), [1]),  # a rule with blanks in it
    ],
)
def test_texts_are_read_in_letters_or_in_words_alike_by_networks_and_machines(text, symbols, codes):
    assert sequences_of([text], symbols).values.tolist() == codes
    assert as_sequences([text], symbols).values.tolist() == codes
    assert as_sequences(text, symbols).values.tolist() == codes
    words = [[text]] * 3 if text in symbols else [text] * 3
    recorded = ml.record(network(len(symbols)), words, symbols=symbols, verify=False)
    assert recorded.inputs.tolist() == codes * 3
    assert one_sequence(recorded, text).values.tolist() == codes
    machine = automaton(np.zeros((1, len(symbols)), int), np.array([False]), start=0,
                        symbols=symbols)  # fmt: skip
    assert len(machine.predict(text)) == len(codes)


def test_words_between_blanks_are_what_a_machine_reads_too():
    spoken = automaton(np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0,
                       symbols=("stay", "go"))  # fmt: skip
    assert spoken.accepts("stay go stay")
    assert spoken.accepts(["stay", "go", "stay"])


def test_rows_without_names_have_the_channels_of_the_machine():
    book = ml.cut_at(["heart rate"], {"heart rate": 0.5})
    machine = automaton(np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0,
                        symbols=book.names)  # fmt: skip
    reads = ml.Machine(machine.initial, machine.transition, machine.readout, machine.symbols,
                       machine.classes, machine.seen, book)  # fmt: skip
    rows = [word[:, None].astype(float) for word in WORDS]
    named = ml.Sequences.from_list(rows, ("heart rate",))
    assert np.array_equal(reads.predict(rows), reads.predict(named))
    for call in (
        lambda words: ml.Monitor.calibrated(reads, words).plain["of"],
        lambda words: ml.export(reads, "python", inputs=words).content,
    ):
        assert call(rows) == call(named)
