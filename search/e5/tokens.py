"""From text to the numbers of its pieces, as multilingual-e5-small was trained on them."""

import re
from functools import lru_cache

from search.e5.weights import ModelFile


class Tokeniser:
    """SentencePiece's unigram model: the pieces of a word with the highest summed score.

    Source: Kudo, "Subword Regularization" (2018). Pieces never reach over a space, so words are
    cut one by one, and remembered.
    """

    def __init__(self, model: ModelFile) -> None:
        self._numbers = {piece: n for n, piece in reversed(list(enumerate(model.pieces))) if piece}
        self._numbers.pop(model.pieces[model.unknown], None)
        self._scores = model.scores
        self._unknown, self._unknown_score = model.unknown, min(model.scores) - 10
        self._longest = max(map(len, self._numbers))
        self._replacements = model.replacements
        self.word = lru_cache(maxsize=1 << 16)(self._word)

    def numbers(self, text: str) -> list[int]:
        """The numbers of a text's pieces, without start and end marks."""
        text = re.sub(" {2,}", " ", text.translate(self._replacements))
        text = text if text.startswith(" ") else f" {text}"
        return [n for word in text.split(" ")[1:] for n in self.word(f"▁{word}")]

    def _word(self, word: str) -> tuple[int, ...]:
        best = [0.0] + [-1e30] * len(word)
        came: list[tuple[int, int]] = [(0, self._unknown)] * (len(word) + 1)
        for start, score in enumerate(best[:-1]):
            score = best[start]
            self._extend(word, start, best, came)
            if score + self._unknown_score > best[start + 1]:
                best[start + 1] = score + self._unknown_score
                came[start + 1] = (start, self._unknown)
        found, end = [], len(word)
        while end:
            end, number = came[end]
            found.append(number)
        return tuple(reversed(found))

    def _extend(
        self, word: str, start: int, best: list[float], came: list[tuple[int, int]]
    ) -> None:
        for end in range(start + 1, min(len(word), start + self._longest) + 1):
            number = self._numbers.get(word[start:end])
            if number is not None and best[start] + self._scores[number] > best[end]:
                best[end], came[end] = best[start] + self._scores[number], (start, number)
