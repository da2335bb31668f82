"""The encoder as an ONNX graph, its products in int8.

The few activation channels that are far larger than the rest stay float32, so that they do not
coarsen the others: the decomposition of Dettmers et al., "LLM.int8()" (2022).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from search.e5.weights import Floats, ModelFile

Outliers = Mapping[str, Sequence[int]]
_MICROSOFT = "com.microsoft"


class Graph:
    """The encoder as an ONNX graph: embedded tokens and their mask in, hidden states out.

    With ``outliers`` products are int8 but for those channels; with none they are float32.
    """

    def __init__(self, model: ModelFile, outliers: Outliers | None) -> None:
        self._model, self._outliers = model, outliers
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        state = self._norm("emb.ln", "embedded")
        for layer in range(model.layers):
            state = self._layer(f"l{layer}", state)
        self._output = state

    def serialised(self, extra_outputs: Sequence[str] = ()) -> bytes:
        shape = ["texts", "tokens", None]
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [
                value("embedded", TensorProto.FLOAT, ["texts", "tokens", self._model.width]),
                value("mask", TensorProto.INT32, ["texts", "tokens"]),
            ],
            [value(name, TensorProto.FLOAT, shape) for name in (self._output, *extra_outputs)],
            self._constants,
        )
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(_MICROSOFT, 1)]
        return bytes(
            helper.make_model(graph, opset_imports=versions, ir_version=9).SerializeToString()
        )

    def _layer(self, name: str, state: str) -> str:
        width, inner = self._model.width, self._model.inner
        joined = self._product(f"{name}.qkv", state, [f"{name}.{part}" for part in "qkv"], width)
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        self._add("Split", [joined], parts, axis=-1, num_outputs=3)
        context = self._microsoft(
            "MultiHeadAttention", [*parts, "", "mask"], num_heads=self._model.heads
        )
        mixed = self._product(f"{name}.ao", context, [f"{name}.ao"], width)
        state = self._norm(f"{name}.aln", state, mixed)
        hidden = self._product(f"{name}.fi", state, [f"{name}.fi"], width)
        active = self._microsoft("Gelu", [hidden], output=f"{name}.fo.input")
        return self._norm(
            f"{name}.oln", state, self._product(f"{name}.fo", active, [f"{name}.fo"], inner)
        )

    def _product(self, name: str, state: str, weights: Sequence[str], inputs: int) -> str:
        matrix = np.concatenate([self._model.matrix(f"{w}.w", inputs) for w in weights], axis=1)
        bias = self._constant(
            f"{name}.bias", np.concatenate([self._model.numbers(f"{w}.b") for w in weights])
        )
        if self._outliers is None:
            product = self._add("MatMul", [state, self._constant(name, matrix)], [f"{name}.dot"])
            return self._add("Add", [product, bias], [f"{name}.sum"])
        channels = list(self._outliers.get(name, ()))
        exact = ""
        if channels:
            state, exact = self._set_apart(name, state, matrix, channels)
            matrix[channels] = 0
        scale = np.maximum(np.abs(matrix).max(axis=0), 1e-12) / 127
        constants = {
            "int8": np.rint(matrix / scale).astype(np.int8),
            "scale": scale.astype(np.float32),
            "zero": np.zeros(matrix.shape[1], np.int8),
        }
        names = [self._constant(f"{name}.{kind}", value) for kind, value in constants.items()]
        product = self._microsoft("DynamicQuantizeMatMul", [state, *names, bias])
        return self._add("Add", [product, exact], [f"{name}.sum"]) if exact else product

    def _set_apart(
        self, name: str, state: str, matrix: Floats, channels: list[int]
    ) -> tuple[str, str]:
        """The state without its outlier channels, and their exact share of the product."""
        kept = np.ones(len(matrix), np.float32)
        kept[channels] = 0
        places = self._constant(f"{name}.places", np.array(channels, np.int64))
        large = self._add("Gather", [state, places], [f"{name}.large"], axis=2)
        weights = self._constant(f"{name}.exact", matrix[channels])
        exact = self._add("MatMul", [large, weights], [f"{name}.large.dot"])
        rest = self._add("Mul", [state, self._constant(f"{name}.kept", kept)], [f"{name}.rest"])
        return rest, exact

    def _norm(self, name: str, state: str, added: str = "") -> str:
        scales = [
            self._constant(f"{name}.{part}", self._model.numbers(f"{name}.{part}")) for part in "wb"
        ]
        if added:
            return self._microsoft(
                "SkipLayerNormalization",
                [state, added, *scales],
                output=f"{name}.output",
                epsilon=self._model.epsilon,
            )
        return self._add(
            "LayerNormalization", [state, *scales], [f"{name}.output"], epsilon=self._model.epsilon
        )

    def _add(self, kind: str, inputs: Sequence[str], outputs: Sequence[str], **how: Any) -> str:
        self._nodes.append(helper.make_node(kind, list(inputs), list(outputs), **how))
        return outputs[0]

    def _microsoft(self, kind: str, inputs: Sequence[str], output: str = "", **how: Any) -> str:
        name = output or f"node{len(self._nodes)}"
        return self._add(kind, inputs, [name], domain=_MICROSOFT, **how)

    def _constant(self, name: str, value: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name
