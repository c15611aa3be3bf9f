"""An ONNX graph, written node by node."""

import numpy as np
import onnx
from onnx import helper, numpy_helper


class Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value) -> str:
        self.weights[name] = numpy_helper.from_array(np.asarray(value), name)
        return name

    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"{kind}_{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def linear(self, x: str, name: str, weight: np.ndarray) -> str:
        return self.op("MatMul", x, self.constant(name, np.ascontiguousarray(weight.T)))
