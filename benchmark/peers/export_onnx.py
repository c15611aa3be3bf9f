"""Writes a model as ONNX, F32 and with dynamic int8 quantization.

Usage: export_onnx.py MODEL.gguf F32.onnx INT8.onnx

Inputs of the graph, all int64, in padded batches: `tokens` [n_sequences, n_longest], `lengths` [n_sequences] and
`apart` [n_sequences], the number of leading instruction tokens that attend only to each other, which BERT lacks.
Output: `logits` [n_sequences, n_longest, n_labels]. The graph is written node by node in the patterns that
onnxruntime's optimizer recognizes, so it does not depend on the version of an exporter.
"""

import sys

import numpy as np
import onnx
from bert import BertCheckpoint
from bert_graph import bert_graph
from checkpoint import Checkpoint, read_checkpoint
from graph import Graph
from onnx import TensorProto, helper
from onnxruntime.quantization import QuantType, quantize_dynamic


def llama_graph(checkpoint: Checkpoint) -> Graph:
    config, weights = checkpoint.config, checkpoint.weights
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads
    width = config.hidden_size // heads
    graph = Graph()
    op, constant = graph.op, graph.constant

    def norm(x: str, name: str) -> str:
        mean = op("ReduceMean", op("Pow", x, two), last, keepdims=1)
        scaled = op("Div", x, op("Sqrt", op("Add", mean, eps)))
        return op("Mul", constant(name, weights[name]), scaled)

    def split_heads(x: str, shape: str) -> str:
        return op("Transpose", op("Reshape", x, shape), perm=[0, 2, 1, 3])

    def rotate(x: str) -> str:
        left, right = op("Split", x, outputs=2, axis=-1, num_outputs=2)
        turned = op("Concat", op("Neg", right), left, axis=-1)
        return op("Add", op("Mul", x, cos), op("Mul", turned, sin))

    def repeat(x: str) -> str:
        return op("Reshape", op("Expand", op("Unsqueeze", x, constant("axis_2", [2])), groups), repeated)

    two, last = constant("two", np.float32(2)), constant("last", np.array([-1]))
    eps = constant("eps", np.float32(config.rms_norm_eps))
    scale = constant("scale", np.float32(width**-0.5))
    q_shape = constant("q_shape", np.array([0, 0, heads, width]))
    kv_shape = constant("kv_shape", np.array([0, 0, kv_heads, width]))
    joined = constant("joined", np.array([0, 0, heads * width]))
    groups = constant("groups", np.array([1, 1, heads // kv_heads, 1, 1]))
    repeated = constant("repeated", np.array([0, heads, -1, width]))

    longest = op("Gather", op("Shape", "tokens"), constant("one", np.array(1)))
    positions = op("Range", constant("zero", np.array(0)), longest, "one")
    frequencies = config.rope_parameters["rope_theta"] ** (-np.arange(0, width, 2, dtype=np.float32) / width)
    frequencies = constant("frequencies", np.tile(frequencies, 2).astype(np.float32))
    angles = op("Mul", op("Unsqueeze", op("Cast", positions, to=TensorProto.FLOAT), "one"), frequencies)
    cos, sin = op("Cos", angles), op("Sin", angles)
    padding = op("GreaterOrEqual", positions, op("Unsqueeze", "lengths", "one"))
    behind = op("GreaterOrEqual", positions, op("Unsqueeze", "apart", "one"))  # [n_sequences, n_longest]
    unseen = op("And", op("Unsqueeze", op("Not", behind), last), op("Unsqueeze", behind, "one"))
    hidden = op("Or", unseen, op("Unsqueeze", padding, "one"))  # [n_sequences, queries, keys]
    mask = op("Mul", op("Cast", hidden, to=TensorProto.FLOAT), constant("hidden", np.float32(-1e9)))
    mask = op("Unsqueeze", mask, "one")

    x = op("Gather", constant("embed_tokens.weight", weights["embed_tokens.weight"]), "tokens")
    for layer in range(config.num_hidden_layers):

        def linear(x: str, module: str, layer: int = layer) -> str:
            name = f"layers.{layer}.{module}.weight"
            return graph.linear(x, name, weights[name])

        y = norm(x, f"layers.{layer}.input_layernorm.weight")
        q = rotate(split_heads(linear(y, "self_attn.q_proj"), q_shape))
        k = repeat(rotate(split_heads(linear(y, "self_attn.k_proj"), kv_shape)))
        v = repeat(split_heads(linear(y, "self_attn.v_proj"), kv_shape))
        scores = op("Mul", op("MatMul", q, op("Transpose", k, perm=[0, 1, 3, 2])), scale)
        shares = op("Softmax", op("Add", scores, mask), axis=-1)
        attended = op("Reshape", op("Transpose", op("MatMul", shares, v), perm=[0, 2, 1, 3]), joined)
        x = op("Add", x, linear(attended, "self_attn.o_proj"))
        y = norm(x, f"layers.{layer}.post_attention_layernorm.weight")
        gate = linear(y, "mlp.gate_proj")
        gated = op("Mul", op("Mul", gate, op("Sigmoid", gate)), linear(y, "mlp.up_proj"))
        x = op("Add", x, linear(gated, "mlp.down_proj"))
    head = graph.linear(norm(x, "norm.weight"), "head.weight", checkpoint.head["weight"])
    graph.nodes.append(helper.make_node("Add", [head, constant("head.bias", checkpoint.head["bias"])], ["logits"]))
    return graph


def build(checkpoint: Checkpoint | BertCheckpoint) -> onnx.ModelProto:
    is_bert = isinstance(checkpoint, BertCheckpoint)
    graph = bert_graph(checkpoint) if is_bert else llama_graph(checkpoint)
    labels = len(checkpoint.head["bias"])
    inputs = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, ["sequences", "longest"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT64, ["sequences"]),
        *([] if is_bert else [helper.make_tensor_value_info("apart", TensorProto.INT64, ["sequences"])]),
    ]
    output = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["sequences", "longest", labels])
    body = helper.make_graph(graph.nodes, "vaner", inputs, [output], list(graph.weights.values()))
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


if __name__ == "__main__":
    source, f32, int8 = sys.argv[1:4]
    model = build(read_checkpoint(source))
    onnx.checker.check_model(model)
    onnx.save(model, f32)
    # As transformers.js's q8 files are made; the embedding stays F32, a look-up that costs no time.
    quantize_dynamic(f32, int8, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul"])
