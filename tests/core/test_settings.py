"""A setting that is misspelt is met in words by every class that users write by hand."""

import inspect
import pickle
from dataclasses import replace

import pytest
from sklearn.base import clone

import markovlens as ml
from markovlens.activations.oracle import Oracle
from markovlens.errors import ConfigError
from markovlens.hmm import DurationHMM, InputOutputHMM
from markovlens.hybrids.learning import Learning
from markovlens.hybrids.models import Widths
from markovlens.hybrids.study import Settings
from markovlens.networks.along import AlongOptions
from markovlens.networks.emulation import EmulationOptions
from markovlens.networks.forecasting import ForecastOptions
from markovlens.networks.training import TrainingOptions
from markovlens.reliance.properties.replaying import Budget
from markovlens.tasks.base import Split, Task

BY_HAND = [
    ml.Options, ml.Reading, ml.RepairOptions, Budget, TrainingOptions, EmulationOptions,
    AlongOptions, ForecastOptions, ml.Channel, ml.Sequences, ml.Trace, Split, Task, ml.FrozenNoise,
    Oracle, ml.Monitor, Widths, Learning, Settings, ml.GaussianHMM, ml.CategoricalHMM,
    InputOutputHMM, DurationHMM,
]  # fmt: skip


@pytest.mark.parametrize("made", BY_HAND, ids=lambda made: made.__name__)
def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(made):
    known = [*inspect.signature(made).parameters]
    with pytest.raises(ConfigError) as caught:
        made(**{known[0] + "x": 1})
    said = f"unknown setting '{known[0]}x' of `{made.__name__}`; did you mean {known[0]}? the "
    assert str(caught.value) == f"{said}settings are {', '.join(known)}"
    assert caught.value.page == "unknown-name"


def test_one_setting_changed_by_a_misspelt_name():
    with pytest.raises(ConfigError, match="did you mean restarts"):
        replace(ml.Options(), restart=1)


def test_a_model_of_ones_own_takes_what_it_likes():
    class Mine(ml.GaussianHMM):
        def __init__(self, **given):
            super().__init__(**given)

    assert Mine(n_components=2).n_components == 2
    with pytest.raises(ConfigError, match="unknown setting 'n_component' of `GaussianHMM`"):
        Mine(n_component=2)


def test_classes_stay_what_they_were():
    options = ml.Options(2, draws=3)
    assert pickle.loads(pickle.dumps(options)) == options == replace(ml.Options(2), draws=3)
    assert clone(ml.GaussianHMM(3, tol=1.0)).get_params() == ml.GaussianHMM(3, tol=1.0).get_params()
    with pytest.raises(TypeError, match="multiple values for argument 'name'"):
        ml.Channel("a", name="b")
