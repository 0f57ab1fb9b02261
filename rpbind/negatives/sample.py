"""Random numbers that are the same in every version of numpy. Shapes: N numbers."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray


class Draws:
    """A stream of uniform random numbers, named by words and a seed.

    numpy keeps the raw stream of a bit generator in all versions, but not what is made of it.

    Parameters
    ----------
    what
        What the numbers are for.
    seed
        The seed.
    """

    def __init__(self, what: str, seed: int) -> None:
        salt = hashlib.sha256(f"{what} {seed}".encode()).digest()[:8]
        self._bits = np.random.PCG64(int.from_bytes(salt, "little"))

    def uniform(self, n: int) -> NDArray[np.float64]:
        """Return (n,) numbers in [0, 1)."""
        return (self._bits.random_raw(n) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def below(self, limit_N: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (N,) whole numbers, each from 0 to below its limit."""
        return np.minimum((self.uniform(len(limit_N)) * limit_N).astype(np.int64), limit_N - 1)

    def order(self, n: int) -> NDArray[np.int64]:
        """Return 0..n-1 in random order."""
        return np.argsort(self._bits.random_raw(n), kind="stable")
