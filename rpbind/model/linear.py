"""Linear layers by oneDNN, where it multiplies faster than the library that torch uses for them.

Shapes: N rows, I inputs, O outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear
from torch.overrides import TorchFunctionMode

OPERATOR = "mkldnn::_linear_pointwise"
"""torch's operator for a linear layer by oneDNN; it is not public."""
FEWEST_PRODUCTS = 2**22
"""With fewer multiplications the start of oneDNN takes about as long as it saves."""


class OneDnn(torch.autograd.Function):
    """`torch.nn.functional.linear` of (N, I) rows in float32 on a CPU, computed by oneDNN."""

    @staticmethod
    def forward(ctx: Any, x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None) -> Tensor:
        ctx.save_for_backward(x_NI, weight_OI)
        return product(x_NI, weight_OI, bias_O)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_NO: Tensor) -> tuple[Tensor | None, ...]:
        x_NI, weight_OI = ctx.saved_tensors
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad
        return (
            product(grad_NO, weight_OI.t(), None) if wants_x else None,
            product(grad_NO.t(), x_NI.t(), None) if wants_weight else None,
            grad_NO.sum(0) if wants_bias else None,
        )


def product(x_NI: Tensor, weight_OI: Tensor, bias_O: Tensor | None) -> Tensor:
    """Return x times the transposed weight, plus the bias: (N, O)."""
    found: Tensor = torch.ops.mkldnn._linear_pointwise(x_NI, weight_OI, bias_O, "none", [], "")
    return found


class _ByOneDnn(TorchFunctionMode):
    """Send large linear layers in float32 on a CPU to oneDNN."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function is not linear or kwargs or not _is_large(*args):
            return function(*args, **(kwargs or {}))
        x, weight_OI, *bias = args
        rows_NI = x.reshape(-1, x.shape[-1])
        found: Tensor = OneDnn.apply(rows_NI, weight_OI, *(bias or [None]))  # type: ignore[no-untyped-call]
        return found.view(*x.shape[:-1], len(weight_OI))


def _is_large(x: Tensor, weight_OI: Tensor, bias_O: Tensor | None = None) -> bool:
    if x.dtype != torch.float32 or weight_OI.dtype != torch.float32 or x.device.type != "cpu":
        return False
    if any(map(torch._C._functorch.is_functorch_wrapped_tensor, (x, weight_OI))):
        return False  # models trained together
    return x.numel() * len(weight_OI) >= FEWEST_PRODUCTS


@cache
def is_faster_here() -> bool:
    """Return whether oneDNN multiplies faster than MKL, torch's library for linear layers.

    Returns
    -------
    bool
        True on processors by AMD, where MKL takes slower ways (`benchmarks/linear.py`), if this
        torch has both libraries.
    """
    has_both = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()
    if not has_both or OPERATOR not in torch._C._dispatch_get_all_op_names():
        return False
    try:
        return "AuthenticAMD" in Path("/proc/cpuinfo").read_text()
    except OSError:  # not Linux
        return False


@contextmanager
def by_faster_library() -> Iterator[None]:
    """Compute linear layers by the library that is faster on this processor.

    The results differ between the libraries by rounding, so the bits of a study depend on the
    processor's maker. On one machine they are the same each time.

    Returns
    -------
    Iterator
        A context manager.
    """
    if not is_faster_here() or torch.compiler.is_compiling():
        yield
        return
    with _ByOneDnn():
        yield
