#!/bin/sh
# AALpy's adaptive L# learns a Moore machine from a Moore machine with `state_matching="Approximate"`,
# its default, or None; with "Total" it asks the states for `is_accepting`, which only those of a Dfa
# have, and raises AttributeError. Guessed: all ways of matching that `run_adaptive_Lsharp` names work for
# each of the three types of automata that it names.
# For users: Leave matching at "Approximate" where Moore machines are learned.
#
# Versions: aalpy 2.0.0
# Output seen:
#   dfa: Approximate 4 states, Total 4 states
#   moore: Approximate 4 states, Total AttributeError: 'MooreState' object has no attribute 'is_accepting'
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet aalpy==2.0.0
cd "$folder"
venv/bin/python - <<'PYTHON'
from aalpy.automata import Dfa, DfaState, MooreMachine, MooreState
from aalpy.learning_algs import run_adaptive_Lsharp
from aalpy.oracles import WMethodEqOracle
from aalpy.SULs import AutomatonSUL


def counter(kind):
    """Return the automaton that accepts where the number of ones is 3 modulo 4."""
    if kind == "dfa":
        states = [DfaState(f"q{k}", is_accepting=k == 3) for k in range(4)]
    else:
        states = [MooreState(f"q{k}", k == 3) for k in range(4)]
    for k, state in enumerate(states):
        state.transitions = {0: state, 1: states[(k + 1) % 4]}
    return (Dfa if kind == "dfa" else MooreMachine)(states[0], states)


def learned(kind, matching):
    system = AutomatonSUL(counter(kind))
    test = WMethodEqOracle([0, 1], system, max_number_of_states=5)
    try:
        found = run_adaptive_Lsharp(
            [0, 1], system, [counter(kind)], test, kind, state_matching=matching, print_level=0
        )
    except AttributeError as error:
        return f"{type(error).__name__}: {error}"
    return f"{found.size} states"


found = {kind: {how: learned(kind, how) for how in ("Approximate", "Total")} for kind in ("dfa", "moore")}
for kind, by in found.items():
    print(f"{kind}: Approximate {by['Approximate']}, Total {by['Total']}")
assert found["dfa"] == {"Approximate": "4 states", "Total": "4 states"}
assert found["moore"]["Approximate"] == "4 states"
assert "is_accepting" in found["moore"]["Total"]
PYTHON
