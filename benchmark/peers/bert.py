"""Reads a BERT for PyTorch: the same weights, dequantized to F32."""

import numpy as np
import torch
from gguf import GGUFReader, dequantize
from transformers import BertConfig, BertModel

LAYER_NAMES = {
    "attn_q": "attention.self.query",
    "attn_k": "attention.self.key",
    "attn_v": "attention.self.value",
    "attn_output": "attention.output.dense",
    "attn_output_norm": "attention.output.LayerNorm",
    "ffn_up": "intermediate.dense",
    "ffn_down": "output.dense",
    "layer_output_norm": "output.LayerNorm",
}
OWN_NAMES = {
    "token_embd": "embeddings.word_embeddings",
    "position_embd": "embeddings.position_embeddings",
    "token_types": "embeddings.token_type_embeddings",
    "token_embd_norm": "embeddings.LayerNorm",
}


class BertCheckpoint:
    """As `checkpoint.Checkpoint`."""

    def __init__(self, reader: GGUFReader) -> None:
        def value(key: str):
            return reader.get_field(f"bert.{key}").contents()

        self.weights: dict[str, np.ndarray] = {}
        self.head: dict[str, np.ndarray] = {}
        for tensor in reader.tensors:
            data = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
            *module, end = tensor.name.split(".")
            if module[0] == "cls":
                self.head[end] = data
            elif module[0] == "blk":
                self.weights[f"encoder.layer.{module[1]}.{LAYER_NAMES[module[2]]}.{end}"] = data
            else:
                self.weights[f"{OWN_NAMES[module[0]]}.{end}"] = data
        self.config = BertConfig(
            vocab_size=len(self.weights["embeddings.word_embeddings.weight"]),
            type_vocab_size=len(self.weights["embeddings.token_type_embeddings.weight"]),
            hidden_size=value("embedding_length"),
            intermediate_size=value("feed_forward_length"),
            num_hidden_layers=value("block_count"),
            num_attention_heads=value("attention.head_count"),
            max_position_embeddings=value("context_length"),
            layer_norm_eps=value("attention.layer_norm_epsilon"),
            attn_implementation="sdpa",
        )

    def torch_model(self, dtype: torch.dtype) -> tuple[BertModel, torch.nn.Linear]:
        """The encoder and the head."""
        encoder = BertModel(self.config, add_pooling_layer=False)
        weights = {name: torch.from_numpy(data) for name, data in self.weights.items()}
        encoder.load_state_dict(weights, strict=False)
        head = torch.nn.Linear(*reversed(self.head["weight"].shape))
        head.load_state_dict({name: torch.from_numpy(data) for name, data in self.head.items()})
        return encoder.to(dtype).eval(), head.to(dtype).eval()
