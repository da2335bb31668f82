"""A weighted draw that everyone can repeat: the same seed gives the same order on every page."""

import hashlib

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]


def numbered(name: str) -> int:
    """64 bits that stand for a key or a seed, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())


def signed(number: int) -> int:
    """The same 64 bits as a signed number, as Java has them."""
    return number - (1 << 64) if number >> 63 else number


def places(seed: str, keys: Numbers, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The place of each key in a weighted random order without replacement; higher comes first.

    log(u) / weight with u uniform in (0, 1) (Efraimidis & Spirakis, Information Processing
    Letters 97, 2006). u mixes the seed's and the key's 64 bits with splitmix64's finaliser
    (Steele, Lea & Flood, OOPSLA 2014), which any engine can repeat in 64-bit arithmetic.
    """
    x = keys ^ np.uint64(numbered(seed))
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    uniform = ((x >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(np.log(uniform) / weights, np.float64)
