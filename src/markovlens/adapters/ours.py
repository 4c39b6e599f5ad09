"""The adapters of this package, which are also entry points of it; nothing is imported here."""

from __future__ import annotations

from markovlens.adapters.registry import Adapter

TORCH = Adapter(
    "torch", "markovlens.adapters.torch_modules:adapt_module", types=("torch.nn",), is_hooked=True
)
ONNX = Adapter(
    "ONNX",
    "markovlens.adapters.onnx_models:adapt_onnx",
    types=("onnx",),
    suffixes=(".onnx",),
    extra="markovlens[onnx]",
)

OURS = (TORCH, ONNX)
