#!/bin/sh
# g2pM takes the likeliest of all 876 readings, not of those that its dictionary has for the
# character: one character in five that has several readings gets one that it does not have, most of
# them the same, `pan1`, which is what the network says of characters that it does not know.
# Guessed: a reading of the character's own, since the dictionary is asked first.
# For users: Compare its readings with its dictionary before you use them.
#
# Versions: g2pM 0.1.2.5, numpy 2.4.6
# Output seen:
#   characters with several readings: 791, known to the network 630
#   read alone as they are never read: 168, as pan1 161
#   its dictionary on 丼: ['jing3', 'dong4'], g2pM: ['pan1']
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet g2pM==0.1.2.5 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
from g2pM import G2pM

model = G2pM()
several = [each for each, readings in model.cedict.items() if len(each) == 1 < len(readings)]
known = sum(each in model.char2idx for each in several)
read = {each: model(each, char_split=True)[0] for each in several}
wrong = [each for each in several if read[each] not in model.cedict[each]]
same = sum(read[each] == "pan1" for each in wrong)
print(f"characters with several readings: {len(several)}, known to the network {known}")
print(f"read alone as they are never read: {len(wrong)}, as pan1 {same}")
print(f"its dictionary on 丼: {model.cedict['丼']}, g2pM: {model('丼', char_split=True)}")
assert (len(several), known, len(wrong)) == (791, 630, 168)
assert same > 100 and read["丼"] == "pan1"
PYTHON
