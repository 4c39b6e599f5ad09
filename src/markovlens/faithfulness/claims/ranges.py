"""What the effect of each claim can be at all: intervals of means end where values do.

Student's interval knows nothing of it, and with few groups it would go on for as long again.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Range = tuple[float, float]
FREE: Range = (-np.inf, np.inf)
AT_MOST_1: Range = (-np.inf, 1.0)
ONE: Range = (-1.0, 1.0)  # a sign or a correlation, or one share less another
RAND: Range = (-1.5, 1.5)  # an adjusted Rand index, at least -.5, less another
TWO: Range = (-2.0, 2.0)  # what lies in `ONE` less another of its kind
# Accuracy above and below the middle between chance and always right, of 2 and of 120 answers.
OF_2, OF_120 = (1 + 1 / 2) / 2, (1 + 1 / 120) / 2
SMALL = 0.25  # of the units: what we call a small share; the paper names none
AUTHORS_ERROR = 0.07  # an entry of the symbol transitions: their errors print as .00 squared

# By claim, or by what its name begins with before a colon.
RANGES: Mapping[str, Range] = {
    "gates_matter": ONE,
    "fewer_gates_are_better": ONE,
    "automaton_more_trustable": ONE,
    "automaton_more_trustable:seed_agreement": TWO,
    "states_are_semantic": ONE,
    "moves_beat_looking": FREE,
    "clusters_beat_hmms": ONE,
    "positive_linear_loses_parity": (OF_2 - 1, OF_2),
    "invariant_linear_loses_parity": (OF_2 - 1, OF_2),
    "signed_linear_holds_parity": (-OF_2, 1 - OF_2),
    "non_linear_holds_parity": (-OF_2, 1 - OF_2),
    "linear_diagonal_loses_s5": (OF_120 - 1, OF_120),
    "non_linear_holds_s5": (-OF_120, 1 - OF_120),
    "all_hold_contains_000": (-OF_2, 1 - OF_2),
    "parity_expands_then_merges": FREE,
    "parity_ends_with_two": ONE,
    "training_on_merges_states": FREE,
    "states_come_and_go_in_training": FREE,
    "an_earlier_machine_saves_questions": FREE,
    "states_come_and_go_in_emulation": FREE,
    "emulators_reach_the_source": ONE,
    "few_dimensions": (SMALL - 1, SMALL),
    "training_makes_few_dimensions": AT_MOST_1,
    "clusters_are_types": RAND,
    "clusters_are_well_separated": ONE,
    "encoder_initialises": ONE,
    "encoder_and_not_the_input": ONE,
    "decoder_attracts": AT_MOST_1,
    "separability_tracks_optimality": ONE,
    "emissions_replicated": (AUTHORS_ERROR - 1, AUTHORS_ERROR),
    "one_fixed_point": ONE,
    "orbit_sustained_by_noise": ONE,
    "slow_regions_fast_transitions": FREE,
    "kick_units_initiate": FREE,
    "emergence_is_a_bifurcation": ONE,
    "stochastic_resonance": FREE,
    "motif_is_reused": ONE,
    "loss_decides_orbit": FREE,
    "origin_attracts_every_ray": AT_MOST_1,
    "root_finding_misses": ONE,
    "kick_zone_is_at_the_boundary": ONE,
    "flip_flop_has_eight_fixed_points": ONE,
    "hmm_states_are_attractors": RAND,
    "hmm_counts_attractors": ONE,
    "context_selects_by_slow_direction": ONE,
    "readable_beyond_used": FREE,
    "probe_points_elsewhere": ONE,
    "readable_directions_act": ONE,
    "post_hoc_keeps_accuracy": ONE,
    "post_hoc_is_as_faithful": FREE,
    "small_hybrid_beats_lstm": FREE,
    "attention_finds_evidence": (-0.5, 0.5),
    "machine_finds_more_evidence": ONE,
    "attention_is_faithful": TWO,
    "machine_is_more_faithful": TWO,
    "attention_says_what_changes": ONE,
}


def range_of(claim: str) -> Range:
    """Return the least and the most that the effect of a claim can be; all numbers if unknown."""
    return RANGES.get(claim, RANGES.get(claim.partition(":")[0], FREE))


def within(interval: tuple[float, float], possible: Range) -> tuple[float, float]:
    """Return an interval that ends where values do; NaN stays."""
    low, high = interval
    return max(low, possible[0]), min(high, possible[1])
