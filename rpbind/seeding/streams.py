"""The source of randomness: every parameter and every dropout layer has its own generator.

A generator is seeded by the run's seed and a name. So two arms draw the same numbers for the layers
that both have, and a layer that only one of them has changes nothing in the other.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
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


Stream = torch.Generator | np.random.SFC64
"""Random bits for masks: on a CPU, SFC64 takes half the time of torch's generator."""


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
        self.stream: Stream | None = None

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
        if not self.is_active:
            return x
        return x * self.factors(x.shape, x)

    @property
    def is_active(self) -> bool:
        """Whether elements are dropped: in training, unless `p` is 0."""
        return self.training and self.cut > 0

    def factors(self, shape: Sequence[int], like: Tensor) -> Tensor:
        """Draw the next mask.

        Parameters
        ----------
        shape
            Its shape.
        like
            A tensor of its dtype and device.

        Returns
        -------
        Tensor
            The factor of each element: 0, or the scale of those that are kept.

        Raises
        ------
        RuntimeError
            Where `reseed` was never called.
        """
        factor = torch.empty(shape, dtype=like.dtype, device=like.device)
        self.draw_into(factor)
        return factor

    def draw_into(self, factor: Tensor) -> None:
        """Draw the next mask into a tensor, see `factors`.

        Parameters
        ----------
        factor
            The tensor, which is contiguous; its values are replaced.

        Raises
        ------
        RuntimeError
            Where `reseed` was never called.
        """
        if self.stream is None:
            raise RuntimeError("this dropout layer has no stream: call seeding.reseed(model, ...)")
        draws = _draw(self.stream, factor.numel(), factor.device).view(factor.shape)
        # comparing into floats is eight times as fast as into booleans that become floats
        torch.ge(draws, self.cut - 32768, out=factor)
        factor.mul_(65536 / (65536 - self.cut))


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
            if isinstance(module.stream, torch.Generator):
                module.stream.manual_seed(stream_seed(*key, name))  # a replayed step draws from it
            else:
                module.stream = mask_stream(device, *key, name)


def mask_stream(device: torch.device | str, *key: object) -> Stream:
    """Return the stream of a dropout layer's masks, seeded by a key."""
    if torch.device(device).type == "cpu":
        return np.random.SFC64(stream_seed(*key))
    return generator(device, *key)


def _draw(stream: Stream, count: int, device: torch.device) -> Tensor:
    """Draw int16 numbers (count,), each from all 65,536 with equal probability."""
    words = (count + 3) // 4
    if isinstance(stream, torch.Generator):
        bits = torch.empty(words, dtype=torch.int64, device=device)
        bits.random_(-(2**63), None, generator=stream)
    else:
        bits = torch.from_numpy(stream.random_raw(words).view(np.int64))
    return bits.view(torch.int16)[:count]
