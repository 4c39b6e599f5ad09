#!/bin/sh
# AALpy's L# with `separation_rule="SepSeq"` asks another number of words each time, though Python's random
# numbers are seeded anew before each call, with the same automaton and test; with "ADS", its default, it
# asks the same. Guessed: a learner whose only chance is Python's `random` does the same after `seed(0)`.
# For users: Numbers of questions of one run are one draw; seeds do not bring them back.
#
# Versions: aalpy 2.0.0
# Output seen (the first number varies):
#   SepSeq: 7 of 12 automata with several counts in 6 calls
#   ADS: 0 of 12
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet aalpy==2.0.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import random

from aalpy.learning_algs import run_Lsharp
from aalpy.oracles import RandomWordEqOracle
from aalpy.SULs import AutomatonSUL
from aalpy.utils import generate_random_deterministic_automata

N_AUTOMATA, N_CALLS = 12, 6


def automaton(seed):
    random.seed(seed)
    return generate_random_deterministic_automata(
        "moore", num_states=8 + seed, input_alphabet_size=2, output_alphabet_size=2
    )


def asked(machine, rule):
    """Return the words that L# asks to build hypotheses, everything seeded."""
    random.seed(0)
    letters, system = machine.get_input_alphabet(), AutomatonSUL(machine)
    test = RandomWordEqOracle(letters, system, num_walks=200, min_walk_len=3, max_walk_len=12)
    _, told = run_Lsharp(
        letters, system, test, "moore", extension_rule=None, separation_rule=rule,
        return_data=True, print_level=0,
    )
    return told["queries_learning"]


machines = [automaton(seed) for seed in range(N_AUTOMATA)]
varies = {
    rule: sum(len({asked(each, rule) for _ in range(N_CALLS)}) > 1 for each in machines)
    for rule in ("SepSeq", "ADS")
}
print(f"SepSeq: {varies['SepSeq']} of {N_AUTOMATA} automata with several counts in {N_CALLS} calls")
print(f"ADS: {varies['ADS']} of {N_AUTOMATA}")
assert varies["SepSeq"] > 0
assert varies["ADS"] == 0
PYTHON
