"""The formats of `rpbind export`, for help texts and checks before torch is imported."""

FORMATS = {
    "onnx": "ONNX, for onnxruntime and other programs",
    "torch-export": "a program of torch.export (.pt2), for PyTorch without rpbind",
}
"""Name for `--format` -> what it is."""

ENDINGS = {"onnx": ".onnx", "torch-export": ".pt2"}
NEEDS: dict[str, tuple[str, ...]] = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "torch-export": (),
}
"""Name for `--format` -> packages beside torch; the extra of rpbind has the format's name."""
