"""The adapters of this package, which are also entry points of it; nothing is imported here."""

from __future__ import annotations

from markovlens.adapters.registry import Adapter

TORCH = Adapter(
    "torch", "markovlens.adapters.torch_modules:adapt_module", types=("torch.nn",), is_hooked=True
)
TORCHSCRIPT = Adapter(
    "TorchScript",
    "markovlens.adapters.torchscript:adapt_script",
    types=("torch.jit",),
    suffixes=(".pt", ".pth", ".jit", ".ts", ".torchscript"),
    starts=(b"PK",),
)
EXPORTED = Adapter(
    "torch.export",
    "markovlens.adapters.torch_exported:adapt_exported",
    types=("torch.export",),
    suffixes=(".pt2",),
    starts=(b"PK",),
)
ONNX = Adapter(
    "ONNX",
    "markovlens.adapters.onnx_models:adapt_onnx",
    types=("onnx",),
    suffixes=(".onnx",),
    extra="markovlens[onnx]",
    glance="markovlens.adapters.onnx_models:look_through",
    beside="markovlens.adapters.onnx_files:files_beside",
)
KERAS = Adapter(
    "Keras",
    "markovlens.adapters.keras_models:adapt_keras",
    types=("keras",),
    suffixes=(".keras", ".h5", ".hdf5"),
    starts=(b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"),
    extra="markovlens[keras]",
)
NNX = Adapter(
    "Flax NNX",
    "markovlens.adapters.flax_nnx:adapt_nnx",
    types=("flax.nnx",),
    extra="markovlens[jax]",
)
LINEN = Adapter(
    "Flax linen",
    "markovlens.adapters.flax_linen:adapt_linen",
    types=("flax.linen",),
    extra="markovlens[jax]",
)
EQUINOX = Adapter(
    "Equinox",
    "markovlens.adapters.equinox_cells:adapt_equinox",
    types=("equinox",),
    extra="markovlens[jax]",
)
HAIKU = Adapter(
    "Haiku",
    "markovlens.adapters.haiku_cores:adapt_haiku",
    types=("haiku", "markovlens.adapters.haiku_cores"),
    extra="markovlens[jax]",
)
TRANSFORMERS = Adapter(
    "transformers",
    "markovlens.adapters.transformers_models:adapt_transformers",
    types=tuple(
        f"transformers.models.{name}"
        for name in ("mamba", "mamba2", "falcon_mamba", "rwkv", "xlstm")
    ),
    extra="markovlens[transformers]",
)
XLSTM = Adapter(
    "xlstm",
    "markovlens.adapters.xlstm_models:adapt_xlstm",
    types=("xlstm.xlstm_lm_model", "xlstm.xlstm_block_stack"),
    extra="markovlens[xlstm]",
)

OURS = (TORCH, TORCHSCRIPT, EXPORTED, ONNX, KERAS, NNX, LINEN, EQUINOX, HAIKU, TRANSFORMERS, XLSTM)
