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
)

OURS = (TORCH, TORCHSCRIPT, EXPORTED, ONNX)
