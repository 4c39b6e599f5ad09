"""Storm's own reader says what we wrote; it comes with the extra `storm`."""

import numpy as np
import pytest
from hypothesis import given, settings

import markovlens as ml
from helpers.formats import machines
from markovlens.machines.formats.naming import legend_in

stormpy = pytest.importorskip("stormpy", reason="needs stormpy: `make test-formats`")
SLOWER = settings(max_examples=60, deadline=None)


def built(path):
    program = stormpy.parse_prism_program(str(path))
    options = stormpy.BuilderOptions()
    options.set_build_all_labels()
    options.set_build_all_reward_models()
    options.set_build_choice_labels()
    options.set_build_state_valuations()
    return program, stormpy.build_model(program, options=options)


@SLOWER
@given(machine=machines())
def test_storm_builds_the_machine_that_was_written(machine, tmp_path_factory):
    path = tmp_path_factory.mktemp("prism") / "machine.prism"
    ml.write_machine(path, machine)
    legend = legend_in(path.read_text(encoding="utf-8"))
    _, model = built(path)
    autonomous = machine.n_symbols == 1
    assert model.model_type.name == ("DTMC" if autonomous else "MDP")
    (variable,) = model.state_valuations.get_all_variables()
    number = model.state_valuations.get_int64_values(variable)
    assert number[model.initial_states[0]] == 0
    rows = np.concatenate([machine.initial[:, None], machine.transition], axis=1)
    classes = list(legend.classes)
    for state in model.states:
        here = number[state.id]
        for action in state.actions:
            code = 0
            if not autonomous:
                choice = model.get_choice_index(state.id, action.id)
                (label,) = model.choice_labeling.get_labels_of_choice(choice)
                code = list(legend.symbols).index(label)
            led = np.zeros(machine.n_states + 1)
            for entry in action.transitions:
                led[number[entry.column]] += entry.value
            np.testing.assert_allclose(led[1:], rows[code, here], atol=2e-15)
        said = [name for name in classes if f"says_{name}" in state.labels]
        assert said == ([classes[machine.readout[here - 1].argmax()]] if here else [])
        for column, name in enumerate(classes):
            earned = model.reward_models[f"chance_{name}"].state_rewards[state.id]
            told = machine.readout[here - 1, column] if here else 0
            assert earned == pytest.approx(told, abs=2e-15)


@SLOWER
@given(machine=machines())
def test_storm_builds_the_explicit_files(machine, tmp_path_factory):
    folder = tmp_path_factory.mktemp("storm")
    ml.write_machine(folder / "machine.tra", machine)
    legend = legend_in((folder / "machine.about.txt").read_text(encoding="utf-8"))
    more = {} if machine.n_symbols == 1 else {"choice_labeling": str(folder / "machine.choices")}
    rows = np.concatenate([machine.initial[:, None], machine.transition], axis=1)
    for column, name in enumerate(legend.classes):
        model = stormpy.build_model_from_explicit(
            str(folder / "machine.tra"),
            str(folder / "machine.lab"),
            state_rewards=str(folder / f"machine.{column}.chance_{name}.rew"),
            **more,
        )
        (rewards,) = model.reward_models.values()
        said = list(rewards.state_rewards)[1:]
        np.testing.assert_allclose(said, machine.readout[:, column], atol=2e-15)
    assert list(model.initial_states) == [0]
    assert model.nr_states == machine.n_states + 1
    for state in model.states:
        for code, action in enumerate(state.actions):
            if more:
                choice = model.get_choice_index(state.id, action.id)
                (label,) = model.choice_labeling.get_labels_of_choice(choice)
                assert legend.symbols[label] == machine.symbols[code]
            led = np.zeros(machine.n_states + 1)
            for entry in action.transitions:
                led[entry.column] += entry.value
            np.testing.assert_allclose(led[1:], rows[code, state.id], atol=2e-15)
        said = [name for name in legend.classes if f"says_{name}" in state.labels]
        likeliest = machine.readout[state.id - 1].argmax()
        assert said == ([list(legend.classes)[likeliest]] if state.id else [])
