"""A misspelt argument of a public function is told with the one that was meant."""

import inspect
import pickle
import typing

import pytest

import markovlens as ml
from markovlens.arguments import with_known_arguments
from markovlens.errors import ConfigError

FUNCTIONS = [name for name in ml.__all__ if inspect.isfunction(getattr(ml, name))]
OPEN = [  # those that take settings of others, too
    name
    for name in FUNCTIONS
    if any(each.kind is each.VAR_KEYWORD for each in
           inspect.signature(getattr(ml, name)).parameters.values())
]  # fmt: skip


def misspelt(name):
    function = getattr(ml, name)
    known = list(inspect.signature(function).parameters)
    return function, known[0] + "x", known[0]


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"example"}))
def test_a_misspelt_argument_of_any_public_function_is_told(name):
    function, wrong, meant = misspelt(name)
    with pytest.raises(ConfigError) as caught:
        function(**{wrong: 1})
    assert str(caught.value).startswith(
        f"unknown setting '{wrong}' of `{name}`; did you mean {meant}? the settings are {meant}"
    )
    assert caught.value.page == "unknown-name"


def test_a_function_without_arguments_has_none():
    with pytest.raises(ConfigError, match=r"'seed' of `example`; the settings are \(none\)"):
        ml.example(seed=1)


def test_settings_of_others_are_left_to_whoever_takes_them():
    assert "explain" in OPEN
    with pytest.raises(ConfigError, match="unknown setting 'lable' of `explain`; did you mean"):
        ml.explain(None, [[0]], lable=1)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'sequences'"):
        ml.explain(None, classes=("a", "b"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_stay_what_they_were(name):
    function = getattr(ml, name)
    bare = inspect.unwrap(function)
    assert inspect.signature(function) == inspect.signature(bare)
    assert (function.__name__, function.__module__, function.__doc__) == (
        name, bare.__module__, bare.__doc__,
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(function)) is function


def test_what_is_needed_by_name_is_meant_after_any_number_of_places():
    @with_known_arguments
    def called(first, second=2, *, third, **others):
        return first, second, third, others

    with pytest.raises(ConfigError, match="unknown setting 'thrid' of `called`; did you mean thi"):
        called(1, 2, thrid=3)
    assert called(1, 2, third=3, fourth=4) == (1, 2, 3, {"fourth": 4})


def test_what_is_right_is_called_as_it_is_and_other_faults_are_pythons():
    @with_known_arguments
    def called(first: int, second: int = 2, *, third: int = 3) -> tuple[int, int, int]:
        return first, second, third

    assert called(1) == called(first=1) == (1, 2, 3)
    assert called(1, 5, third=6) == (1, 5, 6)
    assert typing.get_type_hints(called)["third"] is int
    with pytest.raises(TypeError, match="multiple values for argument 'first'"):
        called(1, first=1)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'first'"):
        called()
