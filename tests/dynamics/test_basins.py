"""Basins and held noise of networks whose attractors are known, and the stage on their files."""

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from helpers.emulators import by_place
from markovlens.dynamics.basins import basins, between, fates
from markovlens.dynamics.held import N_HELD, Asked, look
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.region_claims import WORDS, region_claims
from markovlens.dynamics.region_stage import compile_regions, region_runs
from markovlens.dynamics.residency import residency
from markovlens.dynamics.store import KEYS
from markovlens.figures.dynamics.basins import basins_finding, draw_basins
from markovlens.files.runs import Run
from markovlens.files.whole import read_table, write_json
from markovlens.networks.digests import CARD, WEIGHTS
from markovlens.tables.dynamics import FIXED_POINTS


def rivals_at_rest(kept=0.9, against=0.5):
    """Return two units, each for a symbol, that inhibit each other: the stronger stays alone."""
    recurrent = [[kept, -against], [-against, kept]]
    parts = (recurrent, np.eye(2), [[4.0, 0.0], [0.0, 4.0]])
    return NoisyNetwork(*(np.array(part, dtype=np.float32) for part in parts))


def test_the_stronger_of_two_rivals_is_the_fate_and_the_boundary_is_the_diagonal():
    network = rivals_at_rest()
    states = np.array([[2.0, 1.0], [1.0, 2.0], [0.5, 0.1]])
    assert fates(network, states).tolist() == [0, 1, 0]
    first, second = np.array([[2.0, 0.0]]), np.array([[0.0, 1.0]])
    place, changes = between(lambda points: fates(network, points), first, second)
    # 2 (1 - s) = s
    assert place == pytest.approx([2 / 3], abs=1e-6)
    assert changes.tolist() == [1]


def test_kicks_cross_more_often_near_the_boundary_than_far_from_it():
    network = rivals_at_rest()
    rng = np.random.default_rng(0)
    states = residency(network, network.run(80, 60, rng, warmup=20), rng=rng)
    found = basins(network, states, rng=rng)
    values = by_place(found.numbers)["value"]
    assert values["fate_share", "symbol symbol=0"] == pytest.approx(0.5, abs=0.1)
    crossed = found.numbers[found.numbers["measure"] == "kicks_that_cross"].set_index("where")
    gap = np.abs(states.states[:, 0] - states.states[:, 1])
    by_zone = {zone: gap[states.zone == n].mean() for n, zone in enumerate(crossed.index)}
    seen = crossed[crossed["n"] > 20]
    assert seen["value"].corr(seen.index.to_series().map(by_zone), method="spearman") < 0
    np.testing.assert_allclose(found.boundary[:, 0], found.boundary[:, 1], rtol=1e-3)


def held(states, seed=1):
    """Return numbers by measure and place of rivals that noise pushes apart or together."""
    network = rivals_at_rest(kept=0.5, against=1.0)
    rng = np.random.default_rng(seed)
    looked = look(network, states, asked=Asked(budget=50, cycles=2), rng=rng)
    return by_place(looked.numbers())


def test_held_noise_has_the_fixed_points_of_the_pushed_map():
    """Rivals that both are pushed have three fixed points, pushed apart one."""
    states = np.abs(np.random.default_rng(0).standard_normal((60, 2))).astype(np.float32)
    values = held(states)["value"]
    assert values["regions_solved", "held rank=1"] == 4
    assert values["missed", "regions"] == 0
    kinds = ("no attractor", "one attractor", "several attractors")
    shares = [values["held_with", kind] for kind in kinds]
    assert sum(shares) == pytest.approx(1)
    assert values["rays", "attractor rank=1"] == 2
    assert values["ray_factor", "largest"] == pytest.approx(0.5)


def test_root_finding_from_one_place_misses_what_lies_elsewhere_and_more_places_find_it():
    """The first ten states are one, so that one root at most is found from them."""
    states = np.abs(np.random.default_rng(0).standard_normal((60, 2))).astype(np.float32)
    states[:10] = [3.0, 0.0]
    numbers = held(states)
    values, n_points = numbers["value"], numbers["value"]["held_points", "regions"]
    found = values["held_points", "root finder rank=10"]
    assert found <= 1 < n_points
    assert values["missed", "root finder rank=10"] == pytest.approx(1 - found / n_points)
    assert values["missed", "root finder rank=60"] == 0
    missed = numbers.loc["missed"]
    assert ((missed["low"] >= 0) & (missed["high"] <= 1)).all()


def test_no_run_is_in_two_pairs_and_intervals_of_shares_are_shares():
    network, rng = rivals_at_rest(), np.random.default_rng(0)
    states = residency(network, network.run(41, 60, rng, warmup=20), rng=rng)
    numbers = by_place(basins(network, states, rng=rng).numbers)
    assert numbers.loc["apart"]["n"].max() <= 20
    assert numbers.loc["boundary_in_kicks"]["n"].max() <= 20
    shares = numbers.loc[["fate_share", "fate_is_symbol", "kicks_that_cross"]].dropna()
    assert ((shares["low"] >= 0) & (shares["high"] <= 1)).all()


def test_the_claim_is_of_the_most_starts():
    rows = [("regions", None, 0.1), ("root finder", 10, 0.5), ("root finder", 150, 0.3)]
    table = pd.DataFrame(rows, columns=["where", "rank", "value"]).astype({"rank": "Int64"})
    both = [
        table.assign(measure="missed", task=task, model="m", seed=seed, loss="energy")
        for task in ("cycle_4", "full_3")
        for seed in range(2)
    ]
    claims = {claim.claim: claim for claim in region_claims(pd.concat(both), seed=0)}
    assert claims["root_finding_misses"].effect == pytest.approx(0.2)


def test_every_ray_is_a_row_with_its_region_and_what_becomes_of_deviations():
    states = np.random.default_rng(0).random((40, 2)).astype(np.float32)
    asked = Asked(budget=50, cycles=1)
    found = look(rivals_at_rest(), states, asked=asked, rng=np.random.default_rng(0)).cycles()
    rays = found[found["noise"].isna()].set_index("region")
    assert rays["stability"].to_dict() == {".x": "attractor", "x.": "attractor", "xx": "repeller"}
    # Alone a unit keeps .9 of itself; both keep .4, and what tells them apart grows by 1.4.
    assert rays["factor"].to_dict() == pytest.approx({".x": 0.9, "x.": 0.9, "xx": 0.4})
    assert rays["modulus"].to_dict() == pytest.approx({".x": 0.9, "x.": 0.9, "xx": 1.4})
    assert (rays["is_ray"] & rays["complete"] & (rays["argument"] == 0)).all()
    held = found[found["noise"].notna()]
    assert set(held["noise"]) == set(range(N_HELD))
    assert not held["is_ray"].any()
    assert (held["factor"] == 1).all()


@pytest.fixture(scope="module")
def studied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("regions")
    runs = []
    for seed, network in enumerate([rivals_at_rest(), rivals_at_rest(kept=3.0)]):
        run = Run.at(folder, "chain_2", "emulator", seed, layer="")
        place = run.folder / "network"
        place.mkdir(parents=True)
        parts = (network.recurrent, network.drive, network.readout)
        save_file(dict(zip(KEYS, parts, strict=True)), place / WEIGHTS)
        write_json(place / CARD, {"architecture": {"loss": "energy"}, "gate": {"passed": True}})
        runs.append(run)
    return folder, runs


def test_the_stage_writes_numbers_points_and_claims(studied, monkeypatch):
    folder, runs = studied
    monkeypatch.setattr("markovlens.dynamics.store.check_weights", lambda folder: None)
    region_runs(runs, asked={"budget": 20, "cycles": 2}, seed=0)
    outputs = {name: str(folder / f"{name}.csv") for name in ("numbers", "cycles", "claims")}
    compile_regions(runs, outputs, seed=0)
    table = pd.read_csv(outputs["numbers"])
    assert set(table["analysis"]) == {"regions", "basins"}
    assert set(table.loc[table["seed"] == 1, "status"]) == {"failed"}  # it grows without bound
    cycles = pd.read_csv(outputs["cycles"])
    assert cycles.columns.tolist() == FIXED_POINTS.names
    assert set(cycles["seed"]) == {0}
    claims = pd.read_csv(outputs["claims"]).set_index("claim")
    assert set(claims.index) == set(WORDS)
    assert claims.loc["origin_attracts_every_ray", "effect"] == pytest.approx(0.1, abs=1e-6)
    numbers = read_table(runs[0].dynamics("regions"))
    points = read_table(runs[0].dynamics("region_points"))
    assert draw_basins(numbers, points, name="one") is not None
    assert basins_finding(numbers, name="one").startswith(
        "one: without noise states come to favour"
    )
    empty = read_table(runs[1].dynamics("region_points"))
    assert draw_basins(read_table(runs[1].dynamics("regions")), empty, name="two") is not None
