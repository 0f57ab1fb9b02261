"""Where randomness comes from: every parameter and every dropout layer has a generator of its own.

A generator is seeded by the run's seed and a name, so two arms share what they have in common, and
a layer that only one of them has shifts nothing in the other.
"""

import hashlib

import torch
from torch import Tensor, nn


def generator(device: torch.device | str, *key: object) -> torch.Generator:
    """Return a generator on `device`, seeded by `stream_seed(*key)`."""
    return torch.Generator(device).manual_seed(stream_seed(*key))


def stream_seed(*key: object) -> int:
    """Return the seed of the stream of `key`: 63 bits of the SHA-256 of its parts as text."""
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Dropout(nn.Module):
    """Inverted dropout whose masks depend on (seed, layer name, epoch) alone.

    `reseed` sets the stream. A mask costs a quarter of a 64-bit draw per element, so `p` is exact
    to 1/65536, and the kept values are scaled by the probability that is really used.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.cut = round(p * 65536)
        self.stream: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return `x` of any shape with elements dropped; in evaluation, `x` itself."""
        if not self.training or self.cut == 0:
            return x
        if self.stream is None:
            raise RuntimeError("this dropout layer has no stream: call seeding.reseed(model, ...)")
        draws = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)
        draws.random_(-(2**63), None, generator=self.stream)
        keep = draws.view(torch.int16)[: x.numel()].view(x.shape) >= self.cut - 32768
        return x * keep.to(x.dtype).mul_(65536 / (65536 - self.cut))


def reseed(model: nn.Module, device: torch.device | str, *key: object) -> None:
    """Give every dropout layer of `model` the stream of (key, its own name)."""
    for name, module in model.named_modules():
        if isinstance(module, Dropout):
            module.stream = generator(device, *key, name)
