"""Mamba, xLSTM and RWKV of transformers, one token at a time, say what they say in one run."""

import pytest
import torch

transformers = pytest.importorskip(
    "transformers", reason="needs transformers: `make test-frameworks`"
)

import markovlens as ml  # noqa: E402
from helpers.conformance import check_asked  # noqa: E402
from markovlens.errors import DataError  # noqa: E402

V = 7
MAMBA = {"hidden_size": 8, "state_size": 4, "num_hidden_layers": 2, "conv_kernel": 4}
HEADS = {"num_heads": 4, "head_dim": 4, "n_groups": 1, "expand": 2, "chunk_size": 4}
MODELS = {
    "Mamba": lambda: transformers.MambaForCausalLM(transformers.MambaConfig(vocab_size=V, **MAMBA)),
    "Mamba2": lambda: transformers.Mamba2ForCausalLM(
        transformers.Mamba2Config(vocab_size=V, **MAMBA, **HEADS)
    ),
    "xLSTM": lambda: transformers.xLSTMForCausalLM(
        transformers.xLSTMConfig(
            vocab_size=V, hidden_size=16, num_hidden_layers=2, num_heads=2, chunk_size=4
        )
    ),
    "Rwkv": lambda: transformers.RwkvForCausalLM(
        transformers.RwkvConfig(
            vocab_size=V,
            hidden_size=8,
            attention_hidden_size=8,
            num_hidden_layers=8,
            rescale_every=2,
            context_length=64,
        )
    ),
}


def drawn(kind):
    torch.manual_seed(0)
    model = MODELS[kind]().eval()
    with torch.no_grad():
        for each in model.parameters():
            each.add_(0.2 * torch.randn_like(each))
    return model


@pytest.mark.parametrize("kind", MODELS)
def test_one_token_at_a_time_is_the_whole_run(kind):
    model = drawn(kind)

    @torch.no_grad()
    def framework(inputs):
        return torch.cat([model(each, use_cache=False).logits for each in inputs.split(1)])

    check_asked(ml.adapt(model), framework)


def test_the_state_of_mamba_is_that_of_its_cache():
    model = drawn("Mamba")
    tokens = torch.arange(5)[None] % V
    states, _ = ml.adapt(model).watch(tokens)
    with torch.no_grad():
        layers = model(tokens, use_cache=True).cache_params.layers
    for i, layer in enumerate(layers):
        for name, held in (("conv", layer.conv_states), ("ssm", layer.recurrent_states)):
            torch.testing.assert_close(states[f"{i}.{name}"][:, -1], held[0])


def test_a_model_without_a_head_is_told_which_has_one():
    model = transformers.MambaModel(transformers.MambaConfig(vocab_size=V, **MAMBA))
    with pytest.raises(DataError, match="give the one that ends in ForCausalLM"):
        ml.adapt(model)
