"""The ONNX graph of a BERT."""

import numpy as np
from bert import BertCheckpoint
from graph import Graph
from onnx import TensorProto, helper


def bert_graph(checkpoint: BertCheckpoint) -> Graph:
    """A graph with the inputs `tokens` and `lengths`, in the patterns that onnxruntime's optimizer recognizes."""
    config, weights = checkpoint.config, checkpoint.weights
    heads = config.num_attention_heads
    width = config.hidden_size // heads
    graph = Graph()
    op, constant = graph.op, graph.constant

    def linear(x: str, name: str) -> str:
        product = graph.linear(x, f"{name}.weight", weights[f"{name}.weight"])
        return op("Add", product, constant(f"{name}.bias", weights[f"{name}.bias"]))

    def norm(x: str, name: str) -> str:
        scale, bias = (constant(f"{name}.{end}", weights[f"{name}.{end}"]) for end in ("weight", "bias"))
        return op("LayerNormalization", x, scale, bias, axis=-1, epsilon=config.layer_norm_eps)

    def gelu(x: str) -> str:
        erf = op("Erf", op("Div", x, root))
        return op("Mul", op("Mul", x, op("Add", erf, one)), half)

    def split_heads(x: str, perm: list[int]) -> str:
        return op("Transpose", op("Reshape", x, split), perm=perm)

    split = constant("split", np.array([0, 0, heads, width]))
    joined = constant("joined", np.array([0, 0, heads * width]))
    root, one, half = (constant(f"f{i}", np.float32(v)) for i, v in enumerate((2**0.5, 1.0, 0.5)))
    axis = constant("axis_1", np.array(1))
    positions = op(
        "Range", constant("zero", np.array(0)), op("Gather", op("Shape", "tokens"), axis), constant("step", np.array(1))
    )
    padding = op("GreaterOrEqual", positions, op("Unsqueeze", "lengths", constant("axes_1", np.array([1]))))
    mask = op("Mul", op("Cast", padding, to=TensorProto.FLOAT), constant("hidden", np.float32(-1e9)))
    mask = op("Unsqueeze", mask, constant("axes_12", np.array([1, 2])))

    name = "embeddings.word_embeddings.weight"
    x = op("Gather", constant(name, weights[name]), "tokens")
    types = weights["embeddings.token_type_embeddings.weight"][0]
    places = weights["embeddings.position_embeddings.weight"] + types
    x = norm(op("Add", x, op("Gather", constant("places", places), positions)), "embeddings.LayerNorm")
    for layer in range(config.num_hidden_layers):
        at = f"encoder.layer.{layer}"
        q = split_heads(linear(x, f"{at}.attention.self.query"), [0, 2, 1, 3])
        k = split_heads(linear(x, f"{at}.attention.self.key"), [0, 2, 3, 1])
        v = split_heads(linear(x, f"{at}.attention.self.value"), [0, 2, 1, 3])
        scores = op("Div", op("MatMul", q, k), constant("scale", np.float32(width**0.5)))
        shares = op("Softmax", op("Add", scores, mask), axis=-1)
        attended = op("Reshape", op("Transpose", op("MatMul", shares, v), perm=[0, 2, 1, 3]), joined)
        x = norm(op("Add", linear(attended, f"{at}.attention.output.dense"), x), f"{at}.attention.output.LayerNorm")
        between = gelu(linear(x, f"{at}.intermediate.dense"))
        x = norm(op("Add", linear(between, f"{at}.output.dense"), x), f"{at}.output.LayerNorm")
    head = graph.linear(x, "head.weight", checkpoint.head["weight"])
    graph.nodes.append(helper.make_node("Add", [head, constant("head.bias", checkpoint.head["bias"])], ["logits"]))
    return graph
