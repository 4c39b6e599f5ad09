"""Blocks of the package xlstm, one step at a time, say what they say in one run."""

import pytest
import torch

xlstm = pytest.importorskip("xlstm", reason="needs xlstm: `make test-frameworks`")

import markovlens as ml  # noqa: E402
from helpers.conformance import check_asked  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # xlstm says of itself what is old
V, CONTEXT = 7, 16
PARTS = {"mlstm": {"conv", "c", "n", "m"}, "slstm": {"conv", "h", "c", "n", "m"}}


def settings(slstm_at, *, window=4):
    mlstm = xlstm.mLSTMLayerConfig(
        conv1d_kernel_size=4,
        qkv_proj_blocksize=4,
        num_heads=2,
        proj_factor=1.0,
        round_proj_up_to_multiple_of=8,  # 64 by default
    )
    slstm = xlstm.sLSTMLayerConfig(backend="vanilla", num_heads=2, conv1d_kernel_size=window)
    return {
        "embedding_dim": 8,
        "num_blocks": 2,
        "context_length": CONTEXT,
        "slstm_at": slstm_at,
        "mlstm_block": xlstm.mLSTMBlockConfig(mlstm=mlstm),
        "slstm_block": xlstm.sLSTMBlockConfig(slstm=slstm),
    }


def drawn(model):
    torch.manual_seed(0)
    with torch.no_grad():
        for each in model.parameters():
            each.add_(0.2 * torch.randn_like(each))
    return model.eval()


def language_model(slstm_at, **how):
    config = xlstm.xLSTMLMModelConfig(vocab_size=V, **settings(slstm_at, **how))
    return drawn(xlstm.xLSTMLMModel(config))


@pytest.mark.parametrize("slstm_at", [[], [1], [0, 1]])
def test_one_token_at_a_time_is_the_whole_run(slstm_at):
    model = language_model(slstm_at)
    adapted = ml.adapt(model)
    check_asked(adapted, lambda inputs: model(inputs).detach())
    for block in (0, 1):
        kind = "slstm" if block in slstm_at else "mlstm"
        assert {f"{block}.{part}" for part in PARTS[kind]} <= adapted.parts.keys()


def test_a_stack_of_blocks_reads_rows():
    model = drawn(xlstm.xLSTMBlockStack(xlstm.xLSTMBlockStackConfig(**settings([1]))))
    check_asked(ml.adapt(model), lambda inputs: model(inputs).detach())


def test_without_a_convolution_there_is_no_window():
    adapted = ml.adapt(language_model([0, 1], window=0))
    assert set(adapted.parts) == {f"{block}.{part}" for block in (0, 1) for part in "hcnm"}


@torch.no_grad()
def test_sequences_beyond_the_context_are_stepped():
    model = language_model([1])
    tokens = torch.arange(CONTEXT + 5)[None] % V
    _, said = ml.adapt(model).watch(tokens)
    torch.testing.assert_close(said[:, :CONTEXT], model(tokens[:, :CONTEXT]), rtol=1e-4, atol=1e-4)
    assert said.shape == (1, CONTEXT + 5, V)
    assert said.isfinite().all()
