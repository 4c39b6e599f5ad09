#!/bin/sh
# networkx writes a text attribute with a control character, which XML 1.0 has no place for, into
# GraphML without a word, and the file cannot be read, by networkx or any other; a carriage return is
# written as it is, so that it comes back as a line feed. Guessed: the text is there again as it was,
# or writing refuses it, as it does for a list.
# For users: Look at texts before, or number them and keep the texts beside; our GraphML does so.
#
# Versions: networkx 3.6.1
# Output seen:
#   'plain': read as {'name': 'plain'}
#   'a\rb': read as {'name': 'a\nb'}
#   'a\x01b': ParseError
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet networkx==3.6.1
"$folder/venv/bin/python" - "$folder/graph.graphml" <<'PYTHON'
import sys

import networkx as nx


def again(text):
    graph = nx.DiGraph()
    graph.add_node("a", name=text)
    nx.write_graphml_xml(graph, sys.argv[1])
    try:
        return nx.read_graphml(sys.argv[1]).nodes["a"]
    except Exception as error:
        return type(error).__name__


seen = {text: again(text) for text in ("plain", "a\rb", "a\x01b")}
for text, found in seen.items():
    print(f"{text!r}: {'read as ' if isinstance(found, dict) else ''}{found}")
assert seen["plain"] == {"name": "plain"}
assert seen["a\rb"] == {"name": "a\nb"}
assert seen["a\x01b"] == "ParseError"
PYTHON
