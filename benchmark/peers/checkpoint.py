"""Reads a model for PyTorch: the same weights, dequantized to F32."""

import numpy as np
import torch
from bert import BertCheckpoint
from gguf import GGUFReader, dequantize
from transformers import LlamaConfig, LlamaModel

LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


class Checkpoint:
    """Configuration, weights under transformers' names, and the head of a GGUF file."""

    def __init__(self, reader: GGUFReader) -> None:
        def value(key: str):
            return reader.get_field(f"llama-embed.{key}").contents()

        self.config = LlamaConfig(
            vocab_size=value("vocab_size"),
            hidden_size=value("embedding_length"),
            intermediate_size=value("feed_forward_length"),
            num_hidden_layers=value("block_count"),
            num_attention_heads=value("attention.head_count"),
            num_key_value_heads=value("attention.head_count_kv"),
            max_position_embeddings=value("context_length"),
            rms_norm_eps=value("attention.layer_norm_rms_epsilon"),
            rope_parameters={"rope_type": "default", "rope_theta": value("rope.freq_base")},
            attn_implementation="sdpa",
            use_cache=False,
        )
        heads = {"attn_q": self.config.num_attention_heads, "attn_k": self.config.num_key_value_heads}
        self.weights: dict[str, np.ndarray] = {}
        self.head: dict[str, np.ndarray] = {}
        for tensor in reader.tensors:
            data = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            name = tensor.name
            if name.startswith("cls."):
                self.head[name.removeprefix("cls.output.")] = data
            elif name.startswith("blk."):
                _, layer, kind, _ = name.split(".")
                if kind in heads:
                    data = halves_apart(data, heads[kind])
                self.weights[f"layers.{layer}.{LAYER_NAMES[kind]}.weight"] = data
            else:
                own = {"token_embd.weight": "embed_tokens.weight", "output_norm.weight": "norm.weight"}
                self.weights[own[name]] = data

    def torch_model(self, dtype: torch.dtype) -> tuple[LlamaModel, torch.nn.Linear]:
        """The encoder, without its causal mask, and the head."""
        encoder = LlamaModel(self.config)
        encoder.load_state_dict({name: torch.from_numpy(data) for name, data in self.weights.items()})
        for layer in encoder.layers:
            layer.self_attn.is_causal = False
        head = torch.nn.Linear(*reversed(self.head["weight"].shape))
        head.load_state_dict({name: torch.from_numpy(data) for name, data in self.head.items()})
        return encoder.to(dtype).eval(), head.to(dtype).eval()


def read_checkpoint(path: str) -> Checkpoint | BertCheckpoint:
    reader = GGUFReader(path)
    is_bert = reader.get_field("general.architecture").contents() == "bert"
    return (BertCheckpoint if is_bert else Checkpoint)(reader)


def halves_apart(rows: np.ndarray, heads: int) -> np.ndarray:
    """llama.cpp rotates neighbouring rows of a head, transformers row i and row i + half."""
    outputs, inputs = rows.shape
    pairs = rows.reshape(heads, outputs // heads // 2, 2, inputs)
    return np.ascontiguousarray(pairs.swapaxes(1, 2).reshape(outputs, inputs))
