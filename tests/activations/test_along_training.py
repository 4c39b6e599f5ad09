"""A callback of Lightning records along training, changes nothing of it, and can be resumed."""

import numpy as np
import pytest
import torch
from torch import nn

lightning = pytest.importorskip("lightning.pytorch", reason="needs lightning: test-frameworks")

import markovlens as ml  # noqa: E402
from markovlens.activations.along_training import RecordStates  # noqa: E402
from markovlens.errors import ConfigError  # noqa: E402
from markovlens.sequences import Sequences  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:::lightning", "ignore::DeprecationWarning")
PROBES = Sequences(np.tile([0, 1, 1, 0, 1], 4), np.array([5, 5, 10]))


class Network(lightning.LightningModule):
    """A GRU with dropout, so that random numbers count."""

    def __init__(self):
        super().__init__()
        self.embed, self.rnn = nn.Embedding(2, 4), nn.GRU(4, 6, batch_first=True)
        self.drop, self.out = nn.Dropout(0.5), nn.Linear(6, 2)

    def forward(self, x):
        return self.out(self.drop(self.rnn(self.embed(x))[0]))

    def training_step(self, batch, index):
        (x,) = batch
        return nn.functional.cross_entropy(self(x).flatten(0, 1), x.flatten())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.05)


def trained(folder, epochs, *callbacks, resumed=None, gathered=1):
    torch.manual_seed(0)
    network = Network()
    data = torch.utils.data.TensorDataset(torch.randint(0, 2, (16, 7)))
    trainer = lightning.Trainer(
        max_epochs=epochs,
        callbacks=list(callbacks),
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        accumulate_grad_batches=gathered,
        default_root_dir=folder,
    )
    loader = torch.utils.data.DataLoader(data, batch_size=4)
    trainer.fit(network, loader, ckpt_path=resumed)
    return network, trainer


def recorder(folder, every=4):
    return RecordStates(PROBES, folder / "states", layer="rnn.l0", every=every)


def test_it_records_before_and_along_training_and_changes_nothing(tmp_path):
    plain, _ = trained(tmp_path, 3)
    callback = recorder(tmp_path)
    watched, _ = trained(tmp_path, 3, callback)
    for mine, theirs in zip(watched.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=0, atol=0)
    assert callback.steps == [0, 4, 8, 12]
    last = ml.load_trace(callback.path_of(12))
    np.testing.assert_allclose(last.states, ml.record(watched.eval(), PROBES).states, atol=1e-6)
    first = ml.load_trace(callback.path_of(0))
    assert np.abs(first.states - last.states).max() > 0.1


def test_batches_that_are_gathered_make_one_recording(tmp_path):
    callback = recorder(tmp_path, every=1)
    trained(tmp_path, 2, callback, gathered=2)
    assert callback.steps == [0, 1, 2, 3, 4]


def test_a_run_that_is_resumed_records_what_one_run_would(tmp_path):
    (tmp_path / "one").mkdir()
    whole = recorder(tmp_path / "one")
    trained(tmp_path, 4, whole)
    callback = recorder(tmp_path)
    _, trainer = trained(tmp_path, 2, callback)
    trainer.save_checkpoint(tmp_path / "half.ckpt")
    callback.path_of(12).write_bytes(b"left by a run that was killed")
    again = recorder(tmp_path)
    trained(tmp_path, 4, again, resumed=tmp_path / "half.ckpt")
    assert again.steps == whole.steps == [0, 4, 8, 12, 16]
    files = [path.name for path in sorted((tmp_path / "states").iterdir())]
    assert files == [path.name for path in sorted((tmp_path / "one" / "states").iterdir())]
    assert ml.load_trace(again.path_of(12)).n_steps == PROBES.n_steps


def test_wrong_use_is_said_in_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match="expected `every` to be a number of steps, got 0"):
        recorder(tmp_path, every=0)
