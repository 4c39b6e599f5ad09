"""What is not there in a result is met in words; results stay the mappings and tuples they are."""

import copy
import json
import pickle
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
import pytest

import markovlens as ml
from markovlens.abstractions.study import Kept, Study
from markovlens.errors import DataError, MissingError
from markovlens.keyed import Keyed, Listing, with_keys


@with_keys(fits="numbers of states", each="words", decoded=("splits", "numbers of states"))
@dataclass(frozen=True, slots=True)
class Found:
    fits: dict[int, str]
    each: tuple[str, ...]
    failures: dict[int, str]
    decoded: dict[str, dict[int, str]]


FOUND = Found({2: "a", 4: "b"}, ("x", "y"), {9: "too few steps"}, {"test": {2: "c"}})


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda: FOUND.fits[3], "one of the numbers of states that there are, 2, 4, got 3; take"),
        (lambda: FOUND.fits["4"], "2, 4, got '4'; did you mean 4?"),
        (lambda: FOUND.fits[9], "got 9; of 9 there is none, since too few steps; take one of"),
        (lambda: FOUND.decoded["tset"], "the splits .*, test, got 'tset'; did you mean test"),
        (lambda: FOUND.decoded["test"][3], "one of the numbers of states .*, 2, got 3"),
        (lambda: FOUND.each[2], r"a number of 0\.\.1, as there are 2 words, got 2"),
        (lambda: Keyed()["a"], "expected one of the keys that there are, none, got 'a'"),
        (lambda: Listing((), "alarms")[0], "expected none, as there are no alarms, got 0"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told(ask, said):
    with pytest.raises(MissingError, match=said) as caught:
        ask()
    assert isinstance(caught.value, DataError)
    assert caught.value.page in ("unknown-name", "out-of-range")


def test_code_that_expects_errors_of_python_goes_on():
    with pytest.raises(KeyError):
        FOUND.fits[3]
    with pytest.raises(IndexError):
        FOUND.each[2]
    assert FOUND.fits.get(3, "none") == "none"


def test_they_stay_a_dictionary_and_a_tuple():
    plain = {"fits": {2: "a", 4: "b"}, "each": ("x", "y")}
    for kept in (FOUND, copy.deepcopy(FOUND), pickle.loads(pickle.dumps(FOUND)), replace(FOUND)):
        assert kept == FOUND
        assert (kept.fits, kept.each) == tuple(plain.values())
        assert str(kept.fits) == str(plain["fits"])
        with pytest.raises(MissingError, match="numbers of states"):
            kept.fits[3]
        with pytest.raises(MissingError, match="words"):
            kept.each[2]
    assert {name: asdict(FOUND)[name] for name in plain} == plain
    assert json.dumps(FOUND.fits) == json.dumps(plain["fits"])
    assert pd.Series([2, 9]).map(FOUND.fits).isna().tolist() == [False, True]
    assert FOUND.each[-1] == "y"
    assert FOUND.each[:1] == ("x",)


def test_many_keys_are_not_all_shown():
    with pytest.raises(MissingError, match="57, 58, 59 and 40 more, got 100"):
        Keyed(dict.fromkeys(range(100)))[100]


def study():
    return Study("kmeans", {}, {9: "too few steps"}, None, pd.DataFrame())


def test_public_results_say_what_they_have(trace, machine):
    kept = Kept({2: machine}, {9: "too few steps"}, 2, {"test": {2: np.zeros(3)}})
    task = ml.make_task("tomita_7", sizes=dict.fromkeys(SIZES, 4), seed=0)
    fidelity = ml.fidelity(machine, trace)
    for ask, said in (
        (lambda: study().fits[9], "of 9 there is none, since too few steps"),
        (lambda: kept.machines[9], "one of the numbers of states .*, 2, got 9; of 9 there is none"),
        (lambda: kept.decoded["test"][9], "numbers of states"),
        (lambda: kept.decoded["tets"], "did you mean test"),
        (lambda: task.splits["tran"], "splits .*, train, valid, test, got 'tran'; did you mean"),
        (lambda: fidelity.scores["agreemnt"], "measures .*; did you mean agreement"),
        (lambda: fidelity.floors["ngram"], "floors that there are, none"),
    ):
        with pytest.raises(MissingError, match=said):
            ask()


SIZES = ("n_train", "n_valid", "n_test", "length_train", "length_test")
