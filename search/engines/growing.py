"""Arrays that grow at their end, in place most of the time."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class Growing:
    """One column. Readers take `view()` once and may go on using it while rows are added."""

    def __init__(self, kind: Any, width: int = 0) -> None:
        shape = (256, width) if width else (256,)
        self._rows: NDArray[Any] = np.zeros(shape, kind)
        self.size = 0

    def view(self) -> NDArray[Any]:
        return self._rows[: self.size]

    def extend(self, values: NDArray[Any] | list[Any]) -> None:
        end = self.size + len(values)
        if end > len(self._rows):
            # A little at a time, because it is large in every process.
            grown = np.zeros((end + end // 8 + 64, *self._rows.shape[1:]), self._rows.dtype)
            grown[: self.size] = self.view()
            self._rows = grown
        self._rows[self.size : end] = values
        self.size = end
