"""Are probabilities of a run's machines those of Storm, and what does each take?

    OMP_NUM_THREADS=1 python benchmarks/properties.py results

Needs the extra `storm`. Of every network of a finished run the machine of its verdict (of a
refused one the best there was) is asked how likely each class is ever reached, and within 10
steps: on words of pairs of symbols as in the test sequences, and by the choices of symbols that
make it least and most likely. Storm's time has the text of the model in it, by which it is given.
"""

import argparse
from pathlib import Path
from time import perf_counter

import pandas as pd

import markovlens as ml
from markovlens.faithfulness.scores.digest import to_markdown
from markovlens.machines.alphabet import Alphabet
from markovlens.reliance.properties.checking import answered_by
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import any_word, drawn_words
from markovlens.reliance.properties.storm import Formula, answered_by_storm


def timed(function, *arguments):
    """Return what a function gives, and the milliseconds it took."""
    begin = perf_counter()
    return function(*arguments), 1000 * (perf_counter() - begin)


def questions(machine, sequences):
    """Yield the words, the property in words, the formula, and which end of ours it is."""
    drawn = drawn_words(machine, sequences, "pairs")
    chosen = any_word(machine, Alphabet.free(machine.n_symbols))
    for name in machine.classes:
        label = f"\"answers '{name}'\""
        for steps in ("", " within 10 steps"):
            within = "<=10" if steps else ""
            said = f"probability of answers '{name}'{steps}"
            yield drawn, said, f"P=? [ F{within} {label} ]", 0
            yield chosen, said, f"Pmin=? [ F{within} {label} ]", 0
            yield chosen, said, f"Pmax=? [ F{within} {label} ]", 1


def rows_of(results, task, model):
    """Yield a row for each question to each machine of a (task, model)."""
    run = ml.load_run(results, task, model)
    for seed in run.seeds:
        machine = run.machine(seed=seed, refused=True)
        sequences = run.trace("test", seed=seed).sequences
        for words, said, formula, end in questions(machine, sequences):
            ours, mine = timed(answered_by, machine, parsed(said), words)
            (_, theirs), storm = timed(answered_by_storm, machine, Formula(formula), words)
            yield {
                "task": task, "model": model, "n_states": machine.n_states,
                "apart": abs(ours.probability[end] - theirs), "ours": mine, "storm": storm,
            }  # fmt: skip


def main():
    """Print a row for each (task, model): the largest difference, and the median time of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    results = parser.parse_args().results
    places = sorted(path for path in (results / "runs").glob("*/*") if path.is_dir())
    rows = [row for path in places for row in rows_of(results, path.parent.name, path.name)]
    by = pd.DataFrame(rows).groupby(["task", "model"])
    table = by.agg(
        questions=("apart", "size"), states=("n_states", "max"), apart=("apart", "max"),
        ours_ms=("ours", "median"), storm_ms=("storm", "median"),
    ).reset_index()  # fmt: skip
    print(to_markdown(table))


if __name__ == "__main__":
    main()
