#!/bin/sh
# A chart of python-statemachine that is loaded from SCXML has the variables of its <datamodel> in the
# first instance of the loaded class alone: a second one, before or after any event, has none of them,
# and what reads them there fails. Loading the file again gives them again.
# Guessed: each instance begins with the values that <data> gives, as a session of SCXML does
# (W3C SCXML 5.3: with early binding all data are made when the document is initialised).
# For users: Load the file of a machine anew for each word, as `load(path)()`.
#
# Versions: python-statemachine 3.2.2
# Output seen:
#   variables of the first and the second instance: {'answer': 'none'} and {}
#   of an instance of the file loaded again: {'answer': 'none'}
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python-statemachine==3.2.2
cat >"$folder/chart.scxml" <<'XML'
<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" initial="off">
  <datamodel><data id="answer" expr="'none'"/></datamodel>
  <state id="off"><transition event="press" target="on"/></state>
  <state id="on"><transition event="press" target="off"/></state>
</scxml>
XML
"$folder/venv/bin/python" - "$folder/chart.scxml" <<'PYTHON'
import sys

from statemachine.io import load


def variables(chart):
    return {name: value for name, value in vars(chart.model).items() if name == "answer"}


made = load(sys.argv[1])
first, second = made(), made()
again = load(sys.argv[1])()
print(f"variables of the first and the second instance: {variables(first)} and {variables(second)}")
print(f"of an instance of the file loaded again: {variables(again)}")
assert variables(first) == variables(again) == {"answer": "none"}
assert variables(second) == {}
PYTHON
