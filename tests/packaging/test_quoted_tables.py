"""Pages quote the tables that lie beside them, and no number of these is typed a second time."""

import pandas as pd
import pytest

from helpers.pages import refusal, rendered, replaced

PLANTED = {"task": "real_parity_margin", "method": "overcluster"}
IN_PART = {"way": "in part", "stage": "hmm"}
UNTRAINED = {"steps": 25, "score": "steer"}
OTHERS = {"what": "exponential mean"}
FLOOR = {"model": "gru_words", "method": "ngram", "score": "counterfactual_confirmed"}
IN_MAMBA = {"task": "contains_000", "cell": "mamba", "length": 100}
IN_GRU = {"task": "s3", "cell": "gru", "length": 250}
OF_LRU = {"task": "parity", "cell": "lru", "method": "lstar"}
IN_S5 = {"task": "s5", "cell": "gru"}
OF_VOICES = {"network": "resemblyzer", "input": "silence"}
OF_S5 = {"claim": "linear_diagonal_loses_s5"}
IN_QUIET = {"claim": "clusters_beat_hmms:quiet:hmm"}
OF_QUIET = {"method": "hmm", "aliasing": "none", "noise": 0.5, "n_train": 100}
OF_FEW = {"method": "hmm", "aliasing": "none", "noise": 2.0, "n_train": 10}
OF_ALIKE = {"method": "hmm", "aliasing": "alike", "noise": 0.0, "n_train": 300}
OF_PERMUTED = {"groups": "control: their sequences permuted"}
OF_TWELVE = {"groups": "12 and 12 subjects"}
OF_SIXTEEN = {"subjects a group": 16, "dwell time in 0": "× 1.6"}
OF_NONE = {"subjects a group": 16, "dwell time in 0": "× 1"}
OF_GRIDS = {"method": "grid", "task": "merrill_6"}
OF_HMMS = {"law": "fixed", "way": "HMM", "measure": "states", "sequences": 240}
OF_STICKY = {"law": "fixed", "way": "sticky HMM", "measure": "states", "sequences": 240}
SO_FEW = {"sd_apart": 2.5, "sequences": 15}
OF_S3 = {"task": "s3", "cell": "mgu", "method": "lstar"}
OF_BIC = {"criterion": "bic", "group": "all projections with noise", "counted": "n_states"}
OF_MESS3 = {"task": "mess3", "method": "hmm_input", "selection": "chosen"}
LOUD = {"noise": 3.0, "method": "kmeans"}
IN_PARITY = {"task": "parity", "model": "gru"}
OF_PATIENTS = {"picture": "real_liver"}
OF_CLUSTERS = {"task": "liver_disease", "model": "gru", "method": "kmeans", "mode": "closed"}
IN_MOTION = {"task": "watch_person", "model": "gru", "scope": "seed", "seed": 0}
OF_MERGING = {"method": "merging", "score": "exact_language"}
OF_SRNS = {"method": "network", "score": "accuracy_string"}
OF_DRIVEN = {"method": "hmm_input", "noise": 3.0}
IN_NOISE = {"claim": "clusters_beat_hmms:noisy:hmm_input"}
OF_LSTAR = {"task": "index_volatility", "method": "lstar"}
IN_MESS3 = {"task": "mess3", "method": "hmm"}
OF_BELIEF = {"what": "lstm, seed 2: kmeans, 8 states"}
IN_BELIEF = {"task": "index_volatility", "model": "gru", "seed": 0, "method": "kmeans"}
ALARMS, STRANGERS = (f"numbers/reliance/{name}.csv" for name in ("watching", "strangers"))
REPAIRS, TRUST = (f"numbers/reliance/{name}.csv" for name in ("repairs", "trust"))
IN_BITS = {"task": "contains_0110"}
IN_REVIEWS = {"task": "sentiment"}
IN_BRACKETS = {"task": "dyck_1", "change": "noisy_weights"}
OTHER_SEED = {"task": "dyck_1", "change": "other_seed"}
BY_CONTROL = {"state": "control", "network": "planted"}
OF_LENGTHS = {"network": "trained", "disturbance": "length"}
AT_REST = {"network": "beatnet", "input": "steady spectrum"}
ENGINES, LIKELIHOODS = (f"numbers/hmm_engines/{name}.csv" for name in ("fits", "likelihoods"))
OF_BARE = {"engine": "ours without a floor"}
GEOMETRIC = {"law": "geometric", "way": "law by BIC less HMM", "measure": "states"}
LAWS, PASSES = (f"numbers/soft_{name}/{name}.csv" for name in ("recovery", "passes"))
ROW_STEPS, NOISE_STEPS = (f"numbers/{name}/steps.csv" for name in ("machine_step", "noise_steps"))
EMULATED, PAPER = "numbers/emulators/dynamics.csv", "numbers/paper_languages"
ENDED = {"measure": "collapsed", "where": "end"}
TURNS = {"measure": "turns_per_switch", "model": "energy_10"}
SILENCED = {"measure": "rate_ratio", "where": "kick"}
NAMED = {"measure": "state_accuracy", "where": "source"}
OF_MERGED = {"task": "tomita_3", "method": "merging", "score": "exact_language"}
BRACKETS = {"task": "dyck_1", "method": "hmm", "mode": "closed"}
OF_PARITY = {"task": "parity", "method": "merging", "score": "exact_language"}
MERGED_BRACKETS = {"task": "dyck_1", "method": "overcluster", "mode": "closed"}
ON_CLEAN = {"noise": 0.0, "method": "kmeans"}
OF_MOTION = {"task": "human_motion", "part": "joint"}
OF_ENDS = {"claim": "encoder_initialises"}
ENDS = {"task": "parity", "step": 1500}
FORMED = "numbers/training/formation.csv"
SOFT_QUIET = {"method": "hmm_soft", "noise": 0.5}
DRIVEN_LOUD = {"method": "hmm_driven", "noise": 2.0}
SOFT_SMALL = {"method": "hmm_soft", "channels": 1}
VITALS, GRU_0 = "numbers/custom/verdicts.csv", {"model": "gru", "seed": 0}
OF_VITALS = {"network": "vital_signs", "method": "ngram"}
OF_TOMITA = {"task": "tomita_7", "method": "overcluster", "score": "exact_language"}


@pytest.mark.parametrize(
    ("table", "rows", "column", "value", "sentence"),
    [
        ("wild.csv", {"network": "silero"}, "verdict", "finite-state", "is a constant"),
        ("wild_rest.csv", AT_REST, "becomes", "fixed point", "BeatNet beats"),
        (
            "numbers/default/seq2seq_clusters.csv",
            {"score": "boundary_f1"},
            "value",
            0.6,
            "than cutting at every window",
        ),
        ("wild_rest.csv", OF_VOICES, "becomes", "fixed point", "Resemblyzer never rests"),
        ("recurrences.csv", IN_S5, "learned", True, "learned by no smaller network"),
        ("real_languages.csv", PLANTED, "exact", 0, "reached on all networks"),
        ("log_volatility.csv", OTHERS, "r2", 0.5, "above all others by value"),
        ("export.csv", {"states": 5}, "machine_onnx_ns", 100, "ONNX model is slower"),
        ("large_models.csv", IN_PART, "lag", 0.05, "holds for HMMs and not for clusters"),
        ("steering_along_training.csv", UNTRAINED, "value", 0.9, "nothing steers the network"),
        ("numbers/default/counterfactuals.csv", FLOOR, "high", 0.1, "more than the floor"),
        ("numbers/default/divergence.csv", OF_MESS3, "value", 0.05, "nearer than k-means"),
        ("numbers/default/robustness.csv", LOUD, "value", 0.7, "clusters are at chance"),
        ("recurrences.csv", IN_MAMBA, "accuracy", 0.5, "well above chance on contains_000"),
        ("recurrences.csv", IN_GRU, "accuracy", 0.6, "S3 is held by all that is not linear"),
        ("recurrences_machines.csv", OF_LRU, "exact_language", 0, "L* gives the true machine"),
        ("recurrences_claims.csv", OF_S5, "verdict", "undecided", "`linear_diagonal_loses_s5`"),
        (
            "hmm_or_clusters_claims.csv",
            IN_QUIET,
            "verdict",
            "supported",
            "`clusters_beat_hmms:quiet:hmm`",
        ),
        ("hmm_or_clusters.csv", OF_QUIET, "true_number_found", 0.5, "equally often"),
        ("groups_null.csv", OF_PERMUTED, "switching: p < .05", "0.1 [0, 0.2]", "five times"),
        ("groups_null.csv", OF_TWELVE, "dwell in 0: p < .05", "0.2 [0.1, 0.3]", "holds 5 %"),
        ("groups_power.csv", OF_SIXTEEN, "found after Holm", "0.9 [0.8, 1]", "six of ten"),
        ("groups_power.csv", OF_NONE, "found, p < .05", "0.2 [0.1, 0.3]", "hold 5 %"),
        ("hmm_or_clusters.csv", OF_QUIET, "balanced_agreement", 0.9, "all three are equal"),
        ("hmm_or_clusters.csv", OF_FEW, "balanced_agreement", 0.9, "ten strings are too few"),
        ("hmm_or_clusters.csv", OF_ALIKE, "balanced_agreement", 0.9, "are not parted"),
        ("size_interval_networks.csv", {"task": "parity"}, "refitted_low", 9, "12 to 12"),
        ("lumping.csv", OF_GRIDS, "exact_lumped", 0, "the misses are grids of too few cells"),
        ("size_interval.csv", {"sd_apart": 1.5}, "as_they_are_hold_4", 60, "not where it does not"),
        ("durations.csv", OF_HMMS, "value", 3.0, "an HMM buys states to keep time"),
        ("durations.csv", OF_STICKY, "low", 2.5, "an HMM buys states to keep time"),
        ("size_interval.csv", SO_FEW, "as_they_are_hold_4", 58, "not where it does not"),
        ("recurrences_machines.csv", OF_S3, "exact_language", 0, "L* gives the true automaton"),
        ("planted_summary.csv", OF_BIC, "share", 0.9, "`heldout` finds most planted numbers"),
        ("size_interval_networks.csv", IN_MESS3, "as_they_are_low", 8, "intervals differ for"),
        ("volatility.csv", OF_BELIEF, "upper", 0.7, "automata alone lie below"),
        ("volatility.csv", OF_BELIEF, "auc", 0.83, "no machine read off a network is better"),
        ("numbers/real/seeds.csv", IN_BELIEF, "low", 0.5, "what carries is the belief"),
        ("real_pictures.csv", OF_PATIENTS, "n_states", 3, "two states and one cut"),
        ("numbers/real/comparison.csv", OF_CLUSTERS, "low", 0.99, "parts from the last visits"),
        ("numbers/real/verdicts.csv", IN_MOTION, "verdict", "finite-state", "are refused"),
        ("numbers/real/seeds.csv", OF_LSTAR, "value", 0.1, "the nearest automaton is L*'s"),
        ("numbers/real/codebooks.csv", {"task": "liver_disease"}, "terms", 1, "nobody reads"),
        ("numbers/merrill/strings.csv", OF_MERGING, "value", 0, "methods that merge find"),
        ("numbers/merrill/strings.csv", OF_SRNS, "value", 0.9, "right on all their test strings"),
        ("numbers/noise/robustness.csv", OF_DRIVEN, "worst", 0.9, "of every seed decides as"),
        ("numbers/noise/claims.csv", IN_NOISE, "verdict", "undecided", f"`{IN_NOISE['claim']}`"),
        (ALARMS, {"change": "none"}, "alarms_high", 0.06, "false alarms lie below alpha"),
        (ALARMS, IN_BITS | {"change": "reversed"}, "delay", 9, "random bits raise no alarm"),
        (ALARMS, IN_REVIEWS, "rate", 0.2, "reviews disagrees at every third step"),
        (ALARMS, IN_REVIEWS, "delay", 30, "finds noise on weights in few streams"),
        (ALARMS, IN_BRACKETS | {"seed": 0}, "delay", 7, "first machine of brackets finds"),
        (ALARMS, OTHER_SEED, "disagreement", 0.5, "machine as often are not found"),
        (STRANGERS, {"score": "surprise"}, "gain_high", -0.1, "than the surprise of the machine"),
        (STRANGERS, {"score": "mahalanobis"}, "gain_high", -0.1, "than the distance of states"),
        (STRANGERS, {"change": "stuck", "score": "monitor"}, "value", 0.9, "a stuck input best"),
        (STRANGERS, {"change": "noise", "score": "surprise"}, "low", 0.6, "only stuck and longer"),
        (STRANGERS, {"change": "noise", "score": "softmax"}, "high", 0.6, "the other way round"),
        (REPAIRS, {"state": "after", "score": "fresh"}, "value", 0.1, "all fresh ones"),
        (REPAIRS, BY_CONTROL | {"score": "held_out"}, "value", 0.9, "control repairs one seed"),
        (REPAIRS, BY_CONTROL | {"score": "fresh"}, "value", 0, "repairs no seed on fresh"),
        (REPAIRS, {"state": "control", "network": "trained"}, "value", 0.1, "does no more"),
        (TRUST, {"who": "machine"}, "low", 0.96, "a machine inherits"),
        (TRUST, OF_LENGTHS | {"who": "machine"}, "low", 0.9, "right at any length"),
        (TRUST, {"size": 1e-4, "who": "network"}, "low", 0.9, "a machine is not tougher"),
        ("numbers/real/refusals.csv", {"method": "lstar"}, "reason", "too slow", "depend on more"),
        (ENGINES, {"engine": "hmmlearn"}, "seconds", 1e-3, "hmmlearn takes longer on all data"),
        (ENGINES, {"engine": "ours"}, "not_converged", 1, "of our fits none fails or ends"),
        (ENGINES, {"engine": "ours"}, "not_converged", 1, "of our fits none ends unconverged"),
        (LIKELIHOODS, OF_BARE, "log_likelihood", -99.0, "our floor under covariances costs"),
        ("durations.csv", GEOMETRIC, "value", 1.0, "nothing where stays are geometric"),
        (LAWS, SOFT_QUIET, "right", 0.0, "with little noise both methods find"),
        (LAWS, DRIVEN_LOUD, "right", 1.0, "less often than hmm_soft"),
        (LAWS, {"noise": 2.0}, "ari", 0.9, "agree little with the planted ones"),
        (PASSES, SOFT_SMALL, "ms", 9999.0, "most states and channels cost most"),
        (ROW_STEPS, {"codebook": "own"}, "state", 1.0, "takes more than the network"),
        (ROW_STEPS, {"codebook": "tree"}, "belief", 999.0, "costs less than one of its network"),
        (NOISE_STEPS, {}, "right", 1, "no better than always saying three"),
        (FORMED, {"task": "chain_2"}, "pair_error", 0.1, "at a distance of .2 or more"),
        (FORMED, ENDS, "n_states", 3, "all networks of parity end with two states"),
        (FORMED, ENDS | {"task": "tomita_7"}, "n_states", 3, "have their last number of states"),
        (FORMED, {"task": "cycle_4"}, "n_states", 4, "has more states than its source"),
        (FORMED, {"task": "cycle_4"}, "kept_shuffled", 0.2, "no state is kept at the end"),
        (FORMED, {"task": "chain_2"}, "resampled", 9.0, "are about half of those in training"),
        (FORMED, {"task": "chain_2", "seed": 2}, "n_states", 11, "the last of chain_2, seed 2"),
        (FORMED, {"status": "ok"}, "lsharp_queries", 50.0, "saves rounds of testing"),
        (FORMED, {"status": "ok"}, "lsharp_states", 9.0, "most automata have two to five"),
        (EMULATED, {"measure": "n_roots"}, "value", 2, "finds one fixed point in every network"),
        (EMULATED, ENDED | {"loss": "energy"}, "value", 0.5, "collapsed on nearly every network"),
        (EMULATED, ENDED | {"model": "sinkhorn_10"}, "value", 1, "longer on about half of the"),
        (EMULATED, TURNS, "value", 0.9, "the orbit is clearest by the published loss"),
        (EMULATED, SILENCED, "value", 0.9, "not with matched units silent"),
        (EMULATED, NAMED, "value", 0.4, "close to their ceiling on chains"),
        (f"{PAPER}/comparison.csv", OF_MERGED, "value", 0.8, "automaton of every language"),
        (f"{PAPER}/costs.csv", {"rule": "abstractions_fit"}, "minutes", 28.0, "a third less"),
        ("numbers/default/comparison.csv", BRACKETS, "value", 0.999, "when run on inputs alone"),
        ("numbers/default/comparison.csv", OF_PARITY, "n_states_high", 3, "languages exactly"),
        ("numbers/default/comparison.csv", MERGED_BRACKETS, "value", 0.999, "farthest on brackets"),
        ("numbers/default/robustness.csv", ON_CLEAN, "value", 0.9, "clusters are as good"),
        ("numbers/default/embedding_modes.csv", OF_MOTION, "modes_90", 40, "but for the speller"),
        ("numbers/default/claims.csv", OF_ENDS, "verdict", "undecided", "`encoder_initialises`"),
        ("methods/measured.csv", OF_VITALS, "high", 0.6, "none but two is told apart"),
        (VITALS, GRU_0, "counterexample", "85 < spo2 <= 94 %", "within one percent of the rule"),
        (VITALS, GRU_0, "verdict", "finite-state", "networks of vital signs are refused"),
        ("numbers/regions/networks.csv", OF_TOMITA, "value", 0, "where regions miss one network"),
    ],
)
def test_a_sentence_that_its_table_no_longer_bears_out_is_refused(
    copy, table, rows, column, value, sentence
):
    replaced(copy / table, rows, column, value)
    assert sentence in refusal(copy, sentence)


# By the pages that quote it: rows of a table, a column and another number, all changed at once.
QUOTED = {
    ("README", "wild"): ("wild.csv", {"network": "silero"}, "fidelity", 0.7),
    ("real_languages",): ("real_languages.csv", {"method": "lstar"}, "exact", 0),
    ("real",): ("volatility.csv", {"what": "GARCH(1,1)"}, "auc", 0.77),
    ("export",): ("export.csv", {"carries": "belief"}, "rust_ns", 12.0),
    ("large",): ("large_activations_growth.csv", {"measure": "hours"}, "value", 0.5),
    ("steering",): ("steering_along_training.csv", {"steps": 100}, "value", 0.5),
    ("explain",): ("numbers/default/counterfactuals.csv", {"method": "decisions"}, "value", 0.4),
    ("recurrences",): ("recurrences.csv", {"task": "s3", "cell": "gru"}, "seconds", 60.0),
    ("hmm_or_clusters",): ("hmm_or_clusters.csv", {"method": "grid"}, "true_number_found", 0.5),
    ("lumping",): ("lumping.csv", {"method": "hmm"}, "exact_as_chosen", 0),
    ("durations",): ("durations.csv", {"way": "true model", "measure": "ARI"}, "value", 0.5),
    ("noise",): ("numbers/noise/robustness.csv", {"noise": 1.2}, "median", 0.9),
    ("watching",): (ALARMS, {"change": "longer"}, "delay", 12),
    ("repair",): (REPAIRS, BY_CONTROL, "n_sequences", 50),
    ("criteria",): ("planted_number.csv", {"criterion": "icl", "noise": 1.0}, "n_states", 1),
    ("hmm_engines", "engine", "limits"): (ENGINES, {"engine": "hmmlearn"}, "seconds", 900.0),
    ("driven", "limits"): (LAWS, {"method": "hmm_soft", "noise": 2.0}, "ari", 0.5),
    ("rows", "network"): (ROW_STEPS, {"codebook": "tree"}, "state", 3.0),
    ("formation",): (FORMED, {"status": "ok"}, "adaptive_tests", 200.0),
}
# Of pages that quote several tables, the others.
ALSO = {
    ("recurrences",): ("recurrences_machines.csv", {"task": "s5"}, "fidelity_long", 0.5),
    ("claims",): ("recurrences_claims.csv", OF_S5, "effect", 0.4),
    ("hmm_or_clusters",): ("hmm_or_clusters_claims.csv", IN_QUIET, "p", 0.002),
    ("lumping",): ("size_interval.csv", {"sequences": 15}, "refitted_ms", 1),
    ("durations",): ("durations_networks.csv", {"measure": "irregularity"}, "low", 0.5),
    ("watching",): (STRANGERS, {"score": "monitor"}, "high", 0.99),
    ("repair",): (TRUST, {"disturbance": "bit_flips"}, "n_flipped", 30),
    ("criteria",): ("planted_summary.csv", {"criterion": "eml"}, "low", 0.5),
    ("protocol",): ("numbers/merrill/strings.csv", {"method": "kmeans"}, "value", 0.5),
    ("real", "limits"): ("real_pictures.csv", OF_PATIENTS, "value", 0.81),
    ("limits",): ("large_activations_fits.csv", {"seed": 3}, "streaming", 6.9),
    ("noise",): ("numbers/default/robustness.csv", {"noise": 3.0, "method": "hmm"}, "median", 0.6),
    ("rows", "limits"): (ROW_STEPS, {"codebook": "own"}, "state", 300.0),
    ("engine",): ("durations.csv", OF_HMMS, "low", 2.1),
    ("driven",): (PASSES, {"method": "hmm"}, "ms", 2.5),
    ("formation",): (NOISE_STEPS, {"runs": 16, "steps": 100}, "right", 0),
    ("languages",): ("numbers/default/stability.csv", IN_PARITY, "stability_seeds", 0.3),
}


@pytest.mark.parametrize("quoted", [QUOTED, ALSO], ids=["first", "also"])
def test_a_number_that_changed_is_found_on_every_page_that_quotes_it(copy, quoted):
    for table, rows, column, value in quoted.values():
        replaced(copy / table, rows, column, value)
    pages = {page for pages in quoted for page in pages}
    done = rendered(copy, "check", *(f"{page}.md" for page in pages))
    assert done.returncode != 0
    for page in pages:
        assert f" {page}.md" in done.stderr


def test_numbers_are_said_as_pages_say_them(ext):
    words = ext("kept_words")
    said = [words.bare(value, digits) for value, digits in ((0.962, 3), (-0.1, 2), (1.0, 2))]
    assert said == [".962", "-.10", "1.00"]
    assert words.bare(-0.0001) == ".00"
    assert [words.in_words(count) for count in (0, 12, 1300)] == ["none", "twelve", "1,300"]
    assert words.about(24907.59) == "24,900"
    reached = pd.Series([True] * 132 + [False] * 12)
    assert f"{words.counted(reached)} {words.wilson(reached)}" == "132 of 144 [.86, .95]"
    assert words.share(0, 60) == ".00 [.00, .06]"
    row = pd.Series({"value": 0.9624, "low": 0.906, "high": 1.0})
    assert words.ends(row, 3) == ".962 [.906, 1.000]"
