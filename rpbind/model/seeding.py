"""The source of randomness: every parameter and every dropout layer has its own generator.

A generator is seeded by the run's seed and a name. So two arms draw the same numbers for the layers
that both have, and a layer that only one of them has changes nothing in the other.
"""

import hashlib

import torch
from torch import Tensor, nn


def generator(device: torch.device | str, *key: object) -> torch.Generator:
    """Return a random generator that is seeded by a key.

    Parameters
    ----------
    device
        The generator's device.
    key
        What the stream is for, for example the run's seed and a layer's name.

    Returns
    -------
    torch.Generator
        Equal keys give equal streams of random numbers.
    """
    return torch.Generator(device).manual_seed(stream_seed(*key))


def stream_seed(*key: object) -> int:
    """Return the seed for a key: 63 bits of the SHA-256 of its parts as text."""
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Dropout(nn.Module):
    """Inverted dropout whose masks depend only on (seed, layer name, epoch); `reseed` sets them.

    A mask takes 16 random bits per element, so `p` is rounded to a multiple of 1/65536. The kept
    values are scaled by the rounded probability.

    Parameters
    ----------
    p
        Share of the elements that is dropped.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.cut = round(p * 65536)
        self.stream: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Drop elements in training; in evaluation, return the input itself.

        Parameters
        ----------
        x
            Values of any shape.

        Returns
        -------
        Tensor
            Values of the same shape.

        Raises
        ------
        RuntimeError
            In training, where `reseed` was never called.
        """
        if not self.training or self.cut == 0:
            return x
        if self.stream is None:
            raise RuntimeError("this dropout layer has no stream: call seeding.reseed(model, ...)")
        draws = torch.empty((x.numel() + 3) // 4, dtype=torch.int64, device=x.device)
        draws.random_(-(2**63), None, generator=self.stream)
        keep = draws.view(torch.int16)[: x.numel()].view(x.shape) >= self.cut - 32768
        return x * keep.to(x.dtype).mul_(65536 / (65536 - self.cut))


def reseed(model: nn.Module, device: torch.device | str, *key: object) -> None:
    """Seed every dropout layer of a model by a key and the layer's name.

    Parameters
    ----------
    model
        The model.
    device
        The device on which the masks are drawn.
    key
        For example the run's seed and the epoch.
    """
    for name, module in model.named_modules():
        if isinstance(module, Dropout):
            module.stream = generator(device, *key, name)
