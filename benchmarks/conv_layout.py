"""How much faster 2-d convolutions over a height of 1, channels last, are than 1-d ones on a CPU.

    python benchmarks/conv_layout.py

Forward and backward of an encoder with three layers, early pooling: prints CPU milliseconds per
batch of each, and as its last line the ratio within this run.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BATCH, LENGTH, DIM, KERNEL, POOL, LAYERS, REPEATS = 512, 101, 96, 9, 4, 3, 9


def one_d() -> Callable[[Tensor], Tensor]:
    """Return the encoder as 1-d convolutions."""
    widths = [5] + [DIM] * (LAYERS - 1)
    convs = [nn.Conv1d(wide, DIM, KERNEL, padding="same") for wide in widths]
    norms = [nn.BatchNorm1d(DIM) for _ in widths]

    def encode(x_BCL: Tensor) -> Tensor:
        x = torch.relu(norms[0](F.max_pool1d(convs[0](x_BCL), POOL, ceil_mode=True)))
        for conv, norm in zip(convs[1:], norms[1:], strict=True):
            x = x + torch.relu(norm(conv(x)))
        return x

    return encode


def two_d() -> Callable[[Tensor], Tensor]:
    """Return the encoder as 2-d convolutions over a height of 1."""
    widths = [5] + [DIM] * (LAYERS - 1)
    convs = [nn.Conv2d(wide, DIM, (1, KERNEL), padding="same") for wide in widths]
    norms = [nn.BatchNorm2d(DIM) for _ in widths]

    def encode(x_BCL: Tensor) -> Tensor:
        x = convs[0](x_BCL.unsqueeze(2))
        x = torch.relu(norms[0](F.max_pool2d(x, (1, POOL), ceil_mode=True)))
        for conv, norm in zip(convs[1:], norms[1:], strict=True):
            x = x + torch.relu(norm(conv(x)))
        return x

    return encode


def milliseconds(encode: Callable[[Tensor], Tensor]) -> float:
    """Return the median CPU milliseconds of forward and backward on a batch of letters."""
    tokens = torch.randint(0, 5, (BATCH, LENGTH), generator=torch.Generator().manual_seed(0))
    x_BCL = F.one_hot(tokens, 5).float().transpose(1, 2)
    spent = []
    for _ in range(REPEATS):
        began = time.process_time()
        encode(x_BCL).sum().backward()
        spent.append(1000 * (time.process_time() - began))
    return statistics.median(spent)


def main() -> None:
    """Time both and print the ratio."""
    torch.set_num_threads(1)
    one, two = milliseconds(one_d()), milliseconds(two_d())
    print(f"1-d {one:.0f} ms, 2-d channels last {two:.0f} ms per batch of {BATCH}")
    print(f"ratio {one / two:.2f}")


if __name__ == "__main__":
    main()
