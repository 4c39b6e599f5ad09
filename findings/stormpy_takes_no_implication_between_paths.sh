#!/bin/sh
# Storm takes F, G, X, U, !, & and | of linear temporal logic, and neither => between paths nor W nor R,
# which the syntax of PRISM's property language has: such a formula is refused at that place.
# Guessed: what PRISM's property language has, as its formulas are said to be in. What => says, !a | b
# says, too: that is taken and gives the right number.
# For users: Write G (!"a" | (F "b")) for G ("a" => F "b"), and !("b" U ...) forms for W and R.
#
# Versions: stormpy 2.0.0 (Linux x86-64, Python 3.11)
# Output seen:
#   G (!"goal" | (F "low")): 0.951879699248
#   G ("goal" => (F "low")): refused
#   !"goal" W "low": refused
#   "low" R !"goal": refused
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet stormpy==2.0.0 numpy==2.4.6
cat > "$folder/gambler.prism" <<'PRISM'
dtmc
module gambler
  s : [0..6] init 1;
  [] s=0 | s=6 -> true;
  [] s>0 & s<6 -> 0.4:(s'=s+1) + 0.6:(s'=s-1);
endmodule
label "goal" = s=6;
label "low" = s=0;
PRISM
"$folder/venv/bin/python" - "$folder/gambler.prism" 2> /dev/null <<'PYTHON'
import sys

import stormpy

program = stormpy.parse_prism_program(sys.argv[1])


def value(path):
    asked = stormpy.parse_property(f"P=? [ {path} ]", program)
    model = stormpy.build_model[stormpy.Rational](program, [asked])
    return float(stormpy.model_checking(model, asked).get_value(model.initial_states[0]))


taken = 'G (!"goal" | (F "low"))'
print(f"{taken}: {value(taken):.12f}")
assert abs(value(taken) - 633 / 665) < 1e-12
for path in ('G ("goal" => (F "low"))', '!"goal" W "low"', '"low" R !"goal"'):
    try:
        value(path)
    except RuntimeError as error:
        assert "Parsing error" in str(error)
        print(f"{path}: refused")
    else:
        raise AssertionError(f"{path} is taken now")
PYTHON
