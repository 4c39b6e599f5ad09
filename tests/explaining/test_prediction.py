"""One prediction: its path, when it turned, what would have changed it, and what is like it."""

import numpy as np
import pytest

from markovlens.errors import ConfigError, DataError, EvidenceWarning
from markovlens.explaining.evidence import since_in_words
from markovlens.explaining.prediction import Step
from markovlens.explaining.walks import collapsed

TEXT = "the film was not very good but its cast was funny"


def test_the_path_and_the_turn_are_those_of_the_words(explained):
    found = explained.of(TEXT)
    words = TEXT.split()
    assert [step.input for step in found.steps] == words
    assert found.about == "positive"
    assert found.answer.startswith("positive")
    assert words[found.turned] == "funny"
    assert len(set(found.path[:3])) == 1  # nothing was said yet
    assert found.path[3] != found.path[2]  # "not"
    assert explained.of("the film was good").turned == 3
    assert explained.of("the film").turned == 0


def test_evidence_adds_up_to_the_answer(explained):
    found = explained.of(TEXT)
    start = explained.trace.outputs[:, 2].mean()
    rises = sum(step.by_network for step in found.steps)
    assert rises == pytest.approx(found.trust.network - start, abs=1e-5)
    by_machine = sum(step.by_machine for step in found.steps)
    assert abs(by_machine - (found.trust.machine - found.steps[0].machine)) < 1


def test_why_it_rose_since_a_step_names_the_word(explained):
    found = explained.of(TEXT)
    assert "*funny* (word 11: +1.00" in found.since(8)
    assert found.since(8).startswith("*positive* rose since word 9 from 0.0")
    assert "*good*" not in found.since(8)
    for step in (-1, 11, True, "x"):
        with pytest.raises(DataError, match="step: expected one of 0..10"):
            found.since(step)


@pytest.mark.parametrize("wanted", ["negative", "neutral"])
def test_the_smallest_change_is_one_edit_and_the_network_confirms_it(explained, wanted):
    change = explained.of("the film was not very good but its cast was funny", wanted=wanted).change
    assert len(change.edits) == 1
    assert change.machine.startswith(wanted)
    assert change.network.startswith(wanted)
    assert change.asked == "confirmed"
    truth = dict(zip(("negative", "neutral", "positive"), range(3), strict=True))
    said = explained.machine.predict([list(change.inputs)])[-1]
    assert int(said.argmax()) == truth[wanted]


def test_a_network_that_does_otherwise_is_said_to_disagree(explained, monkeypatch):
    def always(self, inputs):
        return np.tile([0.0, 0.0, 1.0], (inputs.n_steps, 1))

    monkeypatch.setattr(type(explained.network), "outputs", always)
    change = explained.of("the film was good").change
    assert change.asked == "the network disagrees here"
    assert change.network.startswith("positive")


def test_a_network_that_answered_so_before_the_edits_confirms_nothing(explained, monkeypatch):
    def always(self, inputs):
        return np.tile([1.0, 0.0, 0.0], (inputs.n_steps, 1))

    monkeypatch.setattr(type(explained.network), "outputs", always)
    change = explained.of("the film was good", wanted="negative").change
    assert change.network.startswith("negative")
    assert change.asked == "the network answered so already"


def test_what_is_wanted_already_needs_no_change_and_unknown_classes_are_told(explained):
    found = explained.of("the film was good", wanted="positive")
    assert found.change is None
    assert found.why_no_change == "the machine answers positive as it is"
    with pytest.raises(ConfigError, match="did you mean positive"):
        explained.of("the film was good", wanted="positiv")


def test_the_cohort_took_the_same_path_and_the_nearest_stayed_as_long(explained):
    found = explained.of("the film was not dull")
    path, stays = collapsed(np.array(found.path))
    same = [one for one in explained.collapsed if one[0] == path]
    assert found.cohort.whole
    assert found.cohort.count == len(same)
    assert sum(count for _, count in found.cohort.answers) == len(same)
    assert dict(found.cohort.targets) == {"positive": len(same)}
    apart = sorted(sum(abs(a - b) for a, b in zip(one[1], stays, strict=True)) for one in same)
    assert [each.apart for each in found.cohort.nearest] == apart[: len(found.cohort.nearest)]


def test_without_a_sequence_of_the_same_path_its_end_is_looked_for(explained):
    words = " ".join(["good", "bad"] * 12)
    found = explained.of(words)
    assert not found.cohort.whole
    assert found.cohort.count > 0
    assert found.path[-len(found.cohort.shared) :][-1] == found.cohort.shared[-1]
    assert "end in" in str(found.cohort)


def test_strange_sequences_are_told_from_usual_ones(explained):
    usual = [explained.of(number).trust for number in explained.splits["test"][:40]]
    assert np.mean([trust.usual for trust in usual]) > 0.8
    strange = explained.of("funny funny not its not not awful music was yet").trust
    assert not strange.usual
    assert strange.quantile > 0.99


def test_the_lines_say_all_of_it(explained):
    text = repr(explained.of("the film was not dull"))
    for part in ("the network answers positive", "turned at word 5 (*dull*)", "smallest change:",
                 "bits per word", "took this path", "right was positive"):  # fmt: skip
        assert part in text


def test_recorded_sequences_codes_and_lists_are_the_same_sequence(example, explained):
    word = next(iter(example.sequences))
    names = [example.symbols[code] for code in word]
    found = [explained.of(each).path for each in (0, word, names, " ".join(names), word.tolist())]
    assert all(path == found[0] for path in found)


@pytest.mark.parametrize(
    ("sequence", "said"),
    [
        ("the boat was good", "unknown symbol 'boat'"),
        ("", "at least one symbol"),
        ([], "at least one symbol"),
        (600, "one of 600 recorded sequences"),
        ([[0, 1], [1]], "expected one sequence to explain, got 2"),
        (np.array([0, 99]), "99"),
        (np.zeros((3, 2)), "as the network reads"),
    ],
)
def test_wrong_sequences_are_told_in_a_sentence(explained, sequence, said):
    with pytest.raises(DataError, match=said):
        explained.of(sequence)


def test_what_stays_as_it_is_from_the_first_step_on_never_turned(explained):
    one = explained.of("the film was")
    assert set(one.path) == {one.path[0]}
    assert f"never turned: state {one.path[0]} throughout" in repr(one)
    moved = explained.of("the film was not")
    assert moved.turned == 0
    assert len(set(moved.path)) > 1
    assert "never turned: the same from the first word on" in repr(moved)


def test_the_cohort_of_a_recorded_sequence_is_of_others(explained):
    for number in range(30):
        found = explained.of(number).cohort
        assert number not in [each.sequence for each in found.nearest]
        path = explained.collapsed[number][0]
        same = sum(other == path for other, _ in explained.collapsed) - 1
        assert (found.count if found.whole else 0) == same


def test_longer_sequences_than_any_before_are_told_with_one_warning(explained):
    longest = max(explained.part("train").lengths)
    with pytest.warns(EvidenceWarning, match="long, and none had more than") as caught:
        found = explained.of("the film was good but " * longest)
    assert len(caught) == 1
    assert not found.trust.usual
    assert f"{5 * longest} words long, and none had more than {longest} before" in repr(found)
    assert explained.of(" ".join(["the film was good but"] * (longest // 5))).trust.strange == ()


@pytest.mark.parametrize("before", [np.nan, 1.0])
def test_without_an_answer_to_the_sequence_as_it_is_nothing_was_answered_already(
    before, explained, monkeypatch
):
    calls = []

    def outputs(self, inputs):
        calls.append(inputs)
        edited = inputs.values.tolist() != calls[0].values.tolist()
        return np.tile([1.0, 0.0, 0.0] if edited else [before, 0.0, 0.0], (inputs.n_steps, 1))

    monkeypatch.setattr(type(explained.network), "outputs", outputs)
    change = explained.of("the film was good", wanted="negative").change
    known = "the network answered so already"
    assert change.asked == ("confirmed" if np.isnan(before) else known)


def test_a_network_that_answers_at_the_end_alone_is_told_by_the_machine(explained, monkeypatch):
    def at_the_end(self, inputs):
        said = np.full((inputs.n_steps, 3), np.nan)
        said[-1] = [0.0, 0.0, 1.0]
        return said

    monkeypatch.setattr(type(explained.network), "outputs", at_the_end)
    found = explained.of("the film was good")
    assert "nan" not in repr(found).lower()
    assert found.since(0).startswith("by the machine *positive* rose from its usual 0.2")
    assert found.since(3).startswith("by the machine *positive* rose since word 4 from 0.00 to 1")
    assert found.answer == "positive 1.00"


def test_a_network_that_answers_nan_is_said_to_answer_nothing(explained, monkeypatch):
    monkeypatch.setattr(
        type(explained.network),
        "outputs",
        lambda self, inputs: np.full((inputs.n_steps, 3), np.nan),
    )
    text = repr(explained.of("the film was good"))
    assert text.startswith("the network answers nothing (NaN), the machine positive 1.00")


def steps(*by_network):
    ends = np.cumsum(by_network)
    return [
        Step("x", 0, "", float(end), float(end), float(by), float(by), 0.0)
        for end, by in zip(ends, by_network, strict=True)
    ]


@pytest.mark.parametrize(
    ("moves", "scale", "said"),
    [
        ((0.001, 0.001), 1.0, "*dose* stayed at its usual 0.00."),
        ((0.5, 0.25), 1.0, "*dose* rose from its usual 0.00 to 0.75, most by "
         "*x* (step 1: +0.50, by the machine +0.50), *x* (step 2: +0.25, by the machine +0.25)."),
        ((0.004, -0.001), 0.001, "*dose* rose from its usual 0.00000 to 0.00300, most by "
         "*x* (step 1: +0.00400, by the machine +0.00400)."),
        ((1200.0, -300.0), 500.0, "*dose* rose from its usual 0 to 900, most by "
         "*x* (step 1: +1200, by the machine +1200)."),
    ],
)  # fmt: skip
def test_numbers_are_told_as_precisely_as_answers_differ(moves, scale, said):
    begun = steps(*moves)
    assert since_in_words(begun, "dose", 0, unit="step", scale=scale) == said
