"""Where e5's vectors lie, and how to see them from the middle.

All texts point the same way (cosines live between 0.80 and 0.97), and where a text lies depends on
its length more than on what it says. Three linear steps, fitted once on plain texts without labels
(``data/e5_space.npz``), undo it: take away most of where texts of that length lie, weigh the
directions so that the few large ones count less (eigenvalue to the power -0.1, between nothing and
whitening's -0.5), and scale to length one again. Sources: Mu and Viswanath, "All-but-the-Top"
(2018); Su et al., "Whitening Sentence Representations" (2021).
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from search.e5.weights import Floats

_STORED = Path(__file__).parent.parent / "data" / "e5_space.npz"
_SHORTEST, _LONGEST = 6, 400  # characters; beyond, the line fitted is not trusted
_TAKEN_AWAY = 0.8
_POWER = -0.1


@dataclass(frozen=True)
class Space:
    """``line``: where texts of a length lie, shape (2, 384); ``turn``: shape (384, 384).

    ``middle`` is where ordinary texts lie in the end: their mean, much shorter than one.
    """

    line: Floats
    turn: Floats
    middle: Floats

    @classmethod
    def fitted(cls, vectors: Floats, lengths: NDArray[np.int_]) -> Self:
        """The space of some raw vectors, whose texts had ``lengths`` characters."""
        known = _basis(lengths)
        line, *_ = np.linalg.lstsq(known, vectors, rcond=None)
        spread, directions = np.linalg.eigh(np.cov((vectors - known @ line).T))
        turn = directions * np.maximum(spread, 1e-9) ** _POWER
        turn /= np.sqrt(np.mean(turn**2) * len(turn))
        line = np.asarray(line * _TAKEN_AWAY, np.float32)
        space = cls(line, np.asarray(turn, np.float32), np.zeros(len(turn), np.float32))
        return replace(space, middle=space.seen(vectors, lengths).mean(axis=0))

    @classmethod
    def load(cls, path: Path = _STORED) -> Self:
        with np.load(path) as stored:
            return cls(*(stored[name].astype(np.float32) for name in ("line", "turn", "middle")))

    def save(self, path: Path = _STORED) -> None:
        numbers = {name: values.astype(np.float16) for name, values in vars(self).items()}
        np.savez_compressed(path, **numbers)

    def seen(self, vectors: Floats, lengths: NDArray[np.int_]) -> Floats:
        """Raw vectors as they are compared; rows of length one."""
        turned = (vectors - _basis(lengths) @ self.line) @ self.turn
        return np.asarray(turned / np.linalg.norm(turned, axis=1, keepdims=True), np.float32)


@cache
def stored_space() -> Space:
    return Space.load()


def _basis(lengths: NDArray[np.int_]) -> Floats:
    scale = np.log(np.clip(lengths, _SHORTEST, _LONGEST))
    return np.stack([np.ones_like(scale), scale], axis=1).astype(np.float32)
