"""Whatever a network is made of, it is looked at before it is believed."""

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.conformance import check_asked, check_watched
from markovlens.activations.oracle import Oracle
from markovlens.adapters import registry
from markovlens.adapters.adapting import checked
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.ours import OURS
from markovlens.adapters.reads import Reads
from markovlens.adapters.registry import Adapter
from markovlens.errors import ConfigError, DataError
from markovlens.sequences import Sequences

ROOT = Path(__file__).resolve().parents[2]
ROWS = Reads(shape=(2,))


class Leaky:
    """A running sum that forgets: s <- s / 2 + x, and says it."""

    def initial(self, batch):
        return {"sum": torch.zeros(batch, 2)}

    def step(self, state, inputs):
        after = state["sum"] / 2 + inputs
        return {"sum": after}, after

    def watch(self, inputs):
        weights = 0.5 ** torch.arange(inputs.shape[1]).flip(0)
        sums = [
            (inputs[:, : end + 1] * weights[-end - 1 :][None, :, None]).sum(1)
            for end in range(inputs.shape[1])
        ]
        states = torch.stack(sums, dim=1)
        return {"sum": states}, states


class Watching:
    """Only the run of whole sequences of a network."""

    def __init__(self, network):
        self._network = network

    def watch(self, inputs):
        return self._network.watch(inputs)


class Peeking(Leaky):
    def watch(self, inputs):
        _, states = super().watch(inputs)
        return {"sum": states + inputs[:, -1:]}, states


class Mixing(Leaky):
    def watch(self, inputs):
        _, states = super().watch(inputs)
        return {"sum": states - inputs[:, :1].mean(0)}, states


class Otherwise(Leaky):
    def watch(self, inputs):
        _, states = super().watch(inputs)
        return {"sum": states * 1.01}, states


class Hoarding:
    """Keeps its sum where nobody sees it."""

    def initial(self, batch):
        self._kept = torch.zeros(batch, 2)
        return {"sum": self._kept}

    def step(self, state, inputs):
        self._kept = self._kept / 2 + inputs
        return {"sum": self._kept[: len(inputs)] + 0 * state["sum"]}, self._kept


class Noisy(Leaky):
    def watch(self, inputs):
        _, states = super().watch(inputs)
        return {"sum": states + torch.rand_like(states)}, states


def found(network, **kwargs):
    return checked(Foreign("a made network", ROWS, network, **kwargs))


def test_what_keeps_the_rules_can_be_asked():
    adapted = found(Leaky())
    assert adapted.limits == ()
    check_asked(adapted, lambda x: Leaky().watch(x)[1])
    assert repr(adapted) == (
        "Adapted: a made network, reads rows of 2, keeps sum 2, asked step by step"
    )


@pytest.mark.parametrize(
    ("network", "why"),
    [
        (Peeking(), "depend on later inputs"),
        (Otherwise(), "step by step it does something else"),
        (Watching(Leaky()), "no way to begin it from a state"),
    ],
)
def test_what_breaks_one_can_be_watched_and_says_so(network, why):
    adapted = found(network)
    check_watched(adapted, lambda x: network.watch(x)[1], why)
    assert any(why in limit for limit in adapted.limits)
    with pytest.raises(DataError, match=f"recorded, not asked: .*{why}"):
        Oracle(adapted)
    data = Sequences(np.ones((4, 2), dtype=np.float32), np.array([4]))
    trace = ml.record(adapted, data, link="identity", verify=False)
    np.testing.assert_allclose(trace.states, network.watch(torch.ones(1, 4, 2))[0]["sum"][0])


def test_sequences_that_change_each_other_are_run_one_at_a_time():
    adapted = found(Watching(Mixing()))
    assert "side by side" in adapted.limits[0]
    inputs = torch.randn(3, 4, 2, generator=torch.Generator().manual_seed(0))
    alone = torch.cat([Mixing().watch(each)[0]["sum"] for each in inputs.split(1)])
    torch.testing.assert_close(adapted.watch(inputs)[0]["sum"], alone)


def test_one_that_takes_one_sequence_at_a_time_is_asked_so():
    class One(Leaky):
        def step(self, state, inputs):
            assert len(inputs) == 1
            return super().step(state, inputs)

    check_asked(found(One(), alone=True), lambda x: Leaky().watch(x)[1])


def test_what_keeps_more_than_its_state_is_refused():
    with pytest.raises(DataError, match="cannot be adapted: begun again .* more than that; ask"):
        found(Hoarding(), instead="ask others")


def test_what_is_never_the_same_is_refused():
    with pytest.raises(DataError, match="the same inputs give other states or outputs the second"):
        found(Noisy())


def test_inputs_of_another_kind_are_refused():
    adapted = found(Leaky())
    with pytest.raises(DataError, match="expected rows of 2 numbers a step .* got rows of 3"):
        adapted.watch(torch.zeros(1, 4, 3))
    with pytest.raises(DataError, match="expected rows of 2 .* got symbols"):
        adapted.step(adapted.initial(1), torch.zeros(1, dtype=torch.long))
    symbols = Reads(n_symbols=3, n_steps=4)
    with pytest.raises(DataError, match=r"expected symbols 0 .. 2 for this network, got 3"):
        symbols.check(torch.tensor([[0, 1, 3, 2]]))
    with pytest.raises(DataError, match="expected sequences of 4 steps, .* got 2"):
        symbols.check(torch.tensor([[0, 1]]))


def test_a_network_of_ones_own_is_checked_on_what_it_reads():
    data = Sequences(np.ones((6, 2), dtype=np.float32), np.array([6]))
    assert ml.adapt(Leaky(), like=data).parts == {"sum": (2,)}
    with pytest.raises(DataError, match="expected `like`, sequences such as it reads"):
        ml.adapt(Leaky())


# --- which adapter -----------------------------------------------------------------------------


def test_what_nobody_knows_is_said():
    with pytest.raises(DataError, match=r"expected a network of torch.* got builtins.int"):
        ml.adapt(3)
    with pytest.raises(DataError, match="it is not there"):
        ml.adapt("nowhere.onnx")


def test_a_file_is_known_by_its_suffix_and_first_bytes(tmp_path, monkeypatch):
    mine = Adapter("mine", "json:loads", suffixes=(".mine",), starts=(b"MINE",))
    monkeypatch.setattr(registry, "adapters", lambda: (mine,))
    good, bad, other = (tmp_path / name for name in ("a.MINE", "b.mine", "c.txt"))
    good.write_bytes(b"MINE and more")
    bad.write_bytes(b"YOURS")
    other.write_bytes(b"MINE")
    assert registry.adapter_of_file(good) is mine
    with pytest.raises(DataError, match="does not begin as a file of mine does"):
        registry.adapter_of_file(bad)
    with pytest.raises(DataError, match=r"file that ends in \.mine; load it yourself"):
        registry.adapter_of_file(other)


def test_the_adapter_of_a_subclass_is_that_of_its_nearest_base(monkeypatch):
    near, far = (Adapter(name, "json:loads", types=(name,)) for name in ("near", "far"))
    monkeypatch.setattr(registry, "adapters", lambda: (far, near))
    base = type("Base", (), {"__module__": "far.deep"})
    middle = type("Middle", (base,), {"__module__": "near"})
    mine = type("Mine", (middle,), {"__module__": "nearly"})
    assert registry.adapter_of(mine()) is near
    assert registry.adapter_of(base()) is far
    assert registry.adapter_of(object()) is None


def test_an_option_that_is_none_is_named():
    with pytest.raises(ConfigError, match="unknown option 'forwards' .* did you mean forward"):
        ml.adapt(torch.nn.GRU(2, 3, batch_first=True), forwards=None)


def test_a_package_that_is_missing_is_named_with_what_installs_it():
    absent = Adapter("absent", "markovlens_absent.here:make", extra="markovlens[absent]")
    with pytest.raises(DataError, match=r"needs markovlens_absent, .* 'markovlens\[absent\]'"):
        absent.load()


PACKAGE = """
from markovlens.adapters.registry import Adapter
ADAPTER = Adapter("fractions", "theirs_made:make", types=("fractions",))
"""
MADE = """
import torch
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.reads import Reads

class Adding:
    def __init__(self, kept):
        self.kept = kept
    def initial(self, batch):
        return {"sum": torch.zeros(batch, 1)}
    def step(self, state, inputs):
        after = self.kept * state["sum"] + inputs
        return {"sum": after}, after

def make(model, *, like=None):
    return Foreign(f"a sum that keeps {model}", Reads(shape=(1,)), Adding(float(model)))
"""
ASKS = """
import sys
from fractions import Fraction
import markovlens as ml
from markovlens.adapters.registry import adapter_of
assert adapter_of(Fraction(1, 2)).name == "fractions" and "theirs_made" not in sys.modules
print(ml.adapt(Fraction(1, 2)))
"""


def test_another_package_offers_one_by_an_entry_point(tmp_path):
    info = tmp_path / "theirs-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[markovlens.adapters]\nx = theirs:ADAPTER\n")
    (tmp_path / "theirs.py").write_text(PACKAGE)
    (tmp_path / "theirs_made.py").write_text(MADE)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{ASKS}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("Adapted: a sum that keeps 1/2, reads rows of 1"), done.stderr


def test_ours_are_entry_points_too():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    offered = project["entry-points"]["markovlens.adapters"]
    assert all(registry._is_ours(each) for each in offered.values())
    from markovlens.adapters import ours

    found = {getattr(ours, each.partition(":")[2]) for each in offered.values()}
    assert found == set(OURS)
