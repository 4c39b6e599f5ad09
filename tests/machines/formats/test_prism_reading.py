"""PRISM models from elsewhere: several variables, formulas, chances, what states answer."""

import numpy as np
import pytest

import markovlens as ml
from markovlens.errors import DataError
from markovlens.machines.formats.expressions import Reader, evaluate, expression, tokens_of

DIE = """
// Knuth and Yao's fair die, of coins.
dtmc
const double p = 0.5;
formula over = s=7;
module die
  s : [0..7] init 0;
  d : [0..6] init 0;
  [] s=0 -> p : (s'=1) + 1-p : (s'=2);
  [] s=1 -> p : (s'=3) + 1-p : (s'=4);
  [] s=2 -> p : (s'=5) + 1-p : (s'=6);
  [] s=3 -> p : (s'=1) + 1-p : (s'=7) & (d'=1);
  [] s=4 -> p : (s'=7) & (d'=2) + 1-p : (s'=7) & (d'=3);
  [] s=5 -> p : (s'=7) & (d'=4) + 1-p : (s'=7) & (d'=5);
  [] s=6 -> p : (s'=2) + 1-p : (s'=7) & (d'=6);
  [] over -> true;
endmodule
label "tossing" = !over;
label "low" = over & d<4;
label "high" = over & d>=4;
rewards "coins" [] s<7 : 1; endrewards
"""


def test_a_die_of_coins_is_fair(tmp_path):
    (tmp_path / "die.pm").write_text(DIE)
    machine = ml.read_machine(tmp_path / "die.pm")
    assert (machine.n_states, machine.symbols) == (12, ())
    assert machine.classes == ("tossing", "low", "high")
    word = np.zeros(60, dtype=int)
    np.testing.assert_allclose(machine.predict([word])[-1], [0, 0.5, 0.5], atol=1e-12)
    np.testing.assert_allclose(machine.predict([word])[2], [0.25, 0.375, 0.375])
    assert "s=7, d=6" in machine.states


def test_one_label_says_whether_it_holds_and_actions_are_symbols(tmp_path):
    (tmp_path / "lamp.prism").write_text(
        "mdp\nmodule lamp\n on : bool init false;\n"
        " [press] true -> (on'=!on);\n [wait] true -> 0.9:true + 0.1:(on'=false);\nendmodule\n"
        'label "lit" = on;\n'
    )
    machine = ml.read_machine(tmp_path / "lamp.prism")
    assert (machine.symbols, machine.classes) == (("press", "wait"), ("not lit", "lit"))
    assert machine.n_states == 2
    word = [["press", "wait", "press", "press"]]
    np.testing.assert_allclose(machine.predict(word)[:, 1], [1, 0.9, 0.1, 0.9])


def test_a_chain_stays_where_it_can_do_nothing_and_takes_each_of_several_commands(tmp_path):
    (tmp_path / "split.prism").write_text(
        "dtmc\nmodule m\n s : [0..2];\n [] s=0 -> (s'=1);\n [] s=0 -> (s'=2);\nendmodule\n"
        'rewards "one" s=1 : 0.75; s=2 : 0.5; endrewards\n'
        'rewards "two" s>0 : 1; s>0 : 0.25*s-1.0; endrewards\n'
    )
    machine = ml.read_machine(tmp_path / "split.prism")
    assert machine.classes == ("one", "two")
    np.testing.assert_allclose(machine.initial, [[0.5, 0.5]])
    np.testing.assert_allclose(machine.transition, [np.eye(2)])
    np.testing.assert_allclose(machine.readout, [[0.75, 0.25], [0.5, 0.5]])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("7/2", 3.5),
        ("10-2-3", 5),
        ("-2+5", 3),
        ("!x=1", True),
        ("!(x=2)", False),
        ("x=2 & y", True),
        ("x=1 | !y", False),
        ("x=1 => false", True),
        ("y <=> x>1", True),
        ("x>1 ? 4 : 5", 4),
        ("x>5 ? 4 : y ? 6 : 7", 6),
        ("min(3, x, 9)", 2),
        ("max(3, x)", 3),
        ("floor(2.7) + ceil(2.1)", 5),
        ("mod(7, 4)", 3),
        ("pow(2, 10)", 1024),
        ("1.5e-1 + .05 + 2.", 2.2),
        ("x!=2 | x<=2 & x>=2", True),
    ],
)
def test_expressions_mean_what_they_do_in_prism(text, value):
    node = expression(Reader(tokens_of(text)))
    assert evaluate(node, {"x": 2, "y": True}) == pytest.approx(value)


def test_a_remainder_is_no_whole_number(tmp_path):
    text = 'dtmc\nmodule m\n x : [0..3];\n [] true -> (x\'={});\nendmodule\nlabel "l" = x=1;\n'
    path = tmp_path / "half.prism"
    for wrong in ("3/2", "true", "x=1"):
        path.write_text(text.format(wrong))
        with pytest.raises(DataError, match="expected 'x' to be a whole number, got"):
            ml.read_machine(path)
    path.write_text(text.format("floor(3/2)"))
    assert ml.read_machine(path).predict([np.array([0])]).tolist() == [[0, 1]]


@pytest.mark.parametrize("names", [("value_x", "x"), ("chance_x", "value_x"), ("chance_", "b")])
def test_classes_of_others_keep_their_names_and_rewards(names, tmp_path):
    path = tmp_path / "theirs.prism"
    rewards = (
        f'rewards "{name}" s=1 : {p}; endrewards\n'
        for name, p in zip(names, (0.25, 0.75), strict=True)
    )
    model = "dtmc\nmodule m\n s : [0..1];\n [] true -> (s'=1);\nendmodule\n"
    path.write_text(model + "".join(rewards))
    machine = ml.read_machine(path)
    assert machine.classes == names
    np.testing.assert_array_equal(machine.readout, [[0.25, 0.75]])
