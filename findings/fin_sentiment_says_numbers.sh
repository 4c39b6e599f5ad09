#!/bin/sh
# fin-sentiment answers "0", "1" or "2", not "positive", "neutral" or "negative" as it says, and its
# overall mood is neutral whatever the news: its labels are a list, which its `predict` takes for
# neither a dict nor an encoder, and the mood counts words that never come. Guessed: words.
# For users: Take its answers for places in its list of labels, and count the mood yourself.
#
# Versions: fin-sentiment 0.1.4, torch 2.13.0 (CPU), numpy 2.4.6, feedparser 6.0.12
# Output seen:
#   labels in the package's file: ['Negative', 'Neutral', 'Positive']
#   answers to four headlines: ['0', '0', '1', '2']
#   mood of news that are all of class 2: Overall Neutral
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 feedparser==6.0.12
"$folder/venv/bin/pip" install --quiet --no-deps fin-sentiment==0.1.4
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
from fin_sentiment import SentimentAnalyzer

HEADLINES = [
    "Reliance faces heavy losses due to oil price drop",
    "Net profit rose to eur 10 million",
    "Company reports massive losses and bankruptcy",
    "Infosys reports strong quarterly profits, stock surges 5%",
]
analyzer = SentimentAnalyzer()
print("labels in the package's file:", analyzer.model.labels)
answers = [analyzer.analyze(text) for text in HEADLINES]
print("answers to four headlines:", answers)
good = [{"title": HEADLINES[3]}] * 5
mood = analyzer.overall_sentiment(good)
print("mood of news that are all of class 2:", mood)
assert analyzer.model.labels == ["Negative", "Neutral", "Positive"]
assert answers == ["0", "0", "1", "2"] and mood == "Overall Neutral"
PYTHON
