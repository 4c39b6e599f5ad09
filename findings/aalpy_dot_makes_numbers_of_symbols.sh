#!/bin/sh
# An automaton that AALpy saves as DOT and loads again need not read the same words: symbols and
# outputs of digits come back as whole numbers, so that '0' is no symbol any more and '007' becomes 7;
# the probabilities of an Mdp whose input holds a colon cannot be told from its name, and an empty
# symbol makes a file that fails to load. Guessed: what is saved is loaded as it was.
# For users: Give AALpy whole numbers where symbols are digits, and names without `:` or quotes.
#
# Versions: aalpy 2.0.0
# Output seen:
#   symbols of a Dfa: ['0', '1', '007'] loaded as [0, 1, 7]
#   the word 0 1: KeyError
#   an Mdp that reads 'a:b': ValueError
#   a Dfa that reads '': IndexError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet aalpy==2.0.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import contextlib
import io

from aalpy.automata import Dfa, DfaState, Mdp, MdpState
from aalpy.utils import load_automaton_from_file, save_automaton_to_file


def again(automaton, kind):
    with contextlib.redirect_stdout(io.StringIO()):
        save_automaton_to_file(automaton, "automaton", "dot")
        return load_automaton_from_file("automaton.dot", kind)


def failure(do):
    try:
        do()
    except Exception as error:
        return type(error).__name__
    return "none"


def dfa(*symbols):
    states = [DfaState("q0"), DfaState("q1", is_accepting=True)]
    for one, other in (states, states[::-1]):
        one.transitions = dict.fromkeys(symbols, other)
    return Dfa(states[0], states)


def mdp(symbol):
    states = [MdpState("q0", "off"), MdpState("q1", "on")]
    for one, other in (states, states[::-1]):
        one.transitions[symbol] = [(one, 0.5), (other, 0.5)]
    return Mdp(states[0], states)


symbols = ["0", "1", "007"]
found = again(dfa(*symbols), "dfa")
read = list(found.initial_state.transitions)
print(f"symbols of a Dfa: {symbols} loaded as {read}")
word = failure(lambda: found.execute_sequence(found.initial_state, ["0", "1"]))
print(f"the word 0 1: {word}")
colon = failure(lambda: again(mdp("a:b"), "mdp"))
print(f"an Mdp that reads 'a:b': {colon}")
empty = failure(lambda: again(dfa(""), "dfa"))
print(f"a Dfa that reads '': {empty}")
assert read == [0, 1, 7]
assert (word, colon, empty) == ("KeyError", "ValueError", "IndexError")
PYTHON
