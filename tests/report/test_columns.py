import pytest

from markovlens.errors import DataError
from markovlens.report.columns import Row, claims, networks, read_rows
from markovlens.status import Judgement, Scope
from markovlens.tables.claims import CLAIMS
from markovlens.tables.common import COUNTEREXAMPLE, TASK
from markovlens.tables.scores import COMPARISON
from markovlens.tables.table import Table
from markovlens.tables.verdicts import COUNTEREXAMPLES, VERDICTS

READ = (COMPARISON, VERDICTS, COUNTEREXAMPLES, CLAIMS)
CELL = Table(("tables/cells.csv",), "a cell", (TASK, COUNTEREXAMPLE))
PLACE = {"task": "parity", "model": "gru"}
CHOSEN = PLACE | {"selection": "chosen", "method": "hmm", "mode": "closed"}


def rows(*cells):
    nothing = dict.fromkeys([name for table in READ for name in table.names], "")
    return [Row(nothing | {name: str(value) for name, value in one.items()}) for one in cells]


def verdict(seed, **changes):
    return PLACE | {"seed": seed, "verdict": Judgement.FINITE, "n_states": 2} | changes


def network(comparison=(CHOSEN | {"score": "fit"},), verdicts=(), counterexamples=()):
    (found,) = networks(rows(*comparison), rows(*verdicts), rows(*counterexamples))
    return found


@pytest.mark.parametrize("cell", ["0110", "1e5", "nan_token", "007", "true", "N/A", "None"])
def test_a_counterexample_is_text_whatever_it_looks_like(tmp_path, cell):
    path = tmp_path / "counterexamples.csv"
    path.write_text(f"task,counterexample\nparity,{cell}\n")
    (row,) = read_rows(path, CELL)
    assert row.text("counterexample") == cell


@pytest.mark.parametrize("body", ["parity\n", "parity,1,2\n"])
def test_a_row_of_another_length_is_named(tmp_path, body):
    path = tmp_path / "claims.csv"
    path.write_text("task,counterexample\n" + body)
    with pytest.raises(DataError, match=r"claims\.csv: a row is not as long as the header"):
        read_rows(path, CELL)


def test_a_table_without_a_column_that_it_is_said_to_have_is_named(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text("task\nparity\n")
    with pytest.raises(DataError, match=r"cells\.csv: .* got none of counterexample; delete"):
        read_rows(path, CELL)


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(DataError, match=r"claims\.csv: no such file"):
        read_rows(tmp_path / "claims.csv", CELL)


def test_the_row_of_all_seeds_together_is_no_seed():
    found = network(verdicts=[verdict(0), verdict(1), verdict("", scope=Scope.NETWORK)])
    assert [one.seed for one in found.seeds] == [0, 1]


@pytest.mark.parametrize(
    ("changes", "said", "finite"),
    [
        ({}, "2 states", True),
        ({"n_states": 3}, "finite, seeds differ", True),
        ({"verdict": Judgement.REFUSED, "n_states": ""}, "refused", False),
        ({"verdict": Judgement.UNKNOWN, "n_states": ""}, "no machine", False),
        ({"verdict": Judgement.UNTOLD, "n_states": ""}, "cannot be told", False),
    ],
)
def test_a_network_is_what_all_its_seeds_are(changes, said, finite):
    found = network(verdicts=[verdict(0), verdict(1, **changes)])
    assert (found.in_words, found.finite) == (said, finite)


@pytest.mark.parametrize(
    ("better", "worse", "said"),
    [
        (Judgement.FINITE, Judgement.UNTOLD, "cannot be told"),
        (Judgement.UNTOLD, Judgement.UNKNOWN, "no machine"),
        (Judgement.UNTOLD, Judgement.REFUSED, "refused"),
        (Judgement.UNKNOWN, Judgement.REFUSED, "refused"),
    ],
)
def test_the_worst_seed_counts_in_whatever_order_seeds_come(better, worse, said):
    for first, second in ((better, worse), (worse, better)):
        seeds = [verdict(0, verdict=first), verdict(1, verdict=second)]
        assert network(verdicts=seeds).in_words == said


def test_one_state_is_one_state():
    assert network(verdicts=[verdict(0, n_states=1)]).in_words == "1 state"


def test_the_weakest_seed_is_the_one_with_the_least_fidelity_on_any_strings():
    seeds = [verdict(0, fidelity=0.9, fidelity_long=0.8), verdict(1, fidelity=0.99)]
    assert network(verdicts=[*seeds, verdict(2, fidelity=0.85)]).weakest.seed == 0


def test_never_and_not_tried_are_two_things():
    tried = PLACE | {"seed": 0, "method": "hmm", "n_tests": 1998, "status": "ok"}
    skipped = PLACE | {"seed": 1, "method": "hmm", "n_tests": "", "status": "skipped: no output"}
    seeds = [verdict(0), verdict(1), verdict(2, tests_to_disagreement=1200)]
    found = network(verdicts=seeds, counterexamples=[tried, skipped])
    assert [one.parted for one in found.seeds] == ["never", "not tried", "1,200"]


def test_the_first_seed_to_part_is_found_among_those_that_were_tried():
    tried = [PLACE | {"seed": seed, "method": "hmm", "n_tests": 1998} for seed in (1, 2)]
    seeds = [verdict(0), verdict(1), verdict(2, tests_to_disagreement=7)]
    assert network(verdicts=seeds, counterexamples=tried).first_to_part.seed == 2


def test_the_shortest_counterexample_has_the_fewest_symbols_not_letters():
    seeds = [verdict(0, counterexample="a b c"), verdict(1, counterexample="wonderful")]
    assert network(verdicts=seeds).counterexample == "wonderful"


def test_a_method_without_a_number_says_why():
    why = {"score": "fit", "value": "", "status": "failed", "reason": "too many symbols"}
    (one,) = network([CHOSEN | why]).methods
    assert one.problem == "too many symbols"
    assert one.fidelity.value is None


def test_a_method_has_its_sizes_and_its_kind():
    score = {"score": "balanced_fidelity_string", "value": 0.9, "low": 0.8, "high": 1}
    sizes = {"n_states": 5, "n_states_low": 4, "n_states_high": 6, "carries": "belief"}
    minimal = {"score": "minimal_states", "value": 3}
    cells = [CHOSEN | score | sizes, CHOSEN | minimal]
    (one,) = network(cells).methods
    assert (one.n_states, one.kind, one.deterministic_states) == ("4–6", "belief", "3")


def test_a_lumped_machine_stands_beside_the_chosen_one():
    score = {"score": "balanced_fidelity_string", "value": 0.9, "low": 0.8, "high": 1}
    lumped = CHOSEN | score | {"mode": "lumped", "value": 0.95, "n_lumped": 5}
    (one,) = network([CHOSEN | score | {"n_lumped": 5}, lumped]).methods
    assert (one.lumped_states, one.lumped.value, one.fidelity.value) == ("5", 0.95, 0.9)
    (alone,) = network([CHOSEN | score]).methods
    assert (alone.lumped_states, alone.lumped.value) == ("", None)


def test_strings_are_judged_by_strings_and_other_sequences_by_steps():
    step = {"score": "balanced_fidelity_step", "value": 0.4}
    string = {"score": "balanced_fidelity_string", "value": 0.7}
    assert network([CHOSEN | step]).methods[0].fidelity.value == 0.4
    assert network([CHOSEN | step, CHOSEN | string]).methods[0].fidelity.value == 0.7


def test_networks_that_predict_are_judged_by_what_is_explained():
    step = {"score": "balanced_fidelity_step", "value": 0.02}
    explained = {"score": "explained_divergence", "value": 0.8}
    found = network([CHOSEN | step, CHOSEN | explained])
    assert (found.methods[0].fidelity.value, found.measure) == (0.8, "explained divergence")
    assert network([CHOSEN | step]).measure == "balanced agreement per step"


def test_machines_at_other_sizes_do_not_count():
    fixed = CHOSEN | {"selection": "fixed", "score": "balanced_fidelity_step", "value": 0.99}
    chosen = CHOSEN | {"score": "balanced_fidelity_step", "value": 0.4}
    assert network([fixed, chosen]).methods[0].fidelity.value == 0.4


def test_floors_and_ceilings_come_after_the_methods():
    names = ["truth", "majority", "lstar", "ngram", "hmm", "network"]
    found = network([CHOSEN | {"method": name, "score": "fit"} for name in names])
    assert [one.method for one in found.methods] == ["lstar", "hmm", "majority", "ngram", "truth"]


def test_floors_that_are_no_machine_have_their_number():
    floor = CHOSEN | {"method": "linear", "mode": "-", "score": "variance_explained", "value": 0.4}
    machine = CHOSEN | {"score": "variance_explained", "value": 0.7}
    found = network([floor, machine])
    assert {one.method: one.fidelity.value for one in found.methods} == {"hmm": 0.7, "linear": 0.4}


def test_a_claim_that_rests_on_nothing_has_no_effect():
    (claim,) = claims(rows({"statement": "so", "effect": "", "n": 0, "p": 1}))
    assert (claim.effect.value, claim.n, claim.p) == (None, 0, 1)
