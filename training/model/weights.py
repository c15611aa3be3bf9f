"""Between GGUF files and the PyTorch model: dequantize and fuse on the way in, split on the way out."""

from dataclasses import replace
from pathlib import Path

import torch
from gguf import GGMLQuantizationType, GGUFReader
from gguf.quants import dequantize, quantize
from torch import Tensor

from training.config import ModelConfig
from training.model.encoder import Encoder, Shape
from training.model.rounding import FINE

HEADS = "cls.output."
FUSED = {
    "attn_qkv": ("attn_q", "attn_k", "attn_v"),
    "ffn_gate_up": ("ffn_gate", "ffn_up"),
}


def read_shape(reader: GGUFReader) -> Shape:
    architecture = reader.get_field("general.architecture").contents()

    def value(key: str):
        return reader.get_field(f"{architecture}.{key}").contents()

    return Shape(
        layers=value("block_count"),
        embedding=value("embedding_length"),
        feed_forward=value("feed_forward_length"),
        heads=value("attention.head_count"),
        kv_heads=value("attention.head_count_kv"),
        epsilon=value("attention.layer_norm_rms_epsilon"),
        rope_base=value("rope.freq_base"),
        rope_dimensions=value("rope.dimension_count"),
        vocabulary=value("vocab_size"),
        context=value("context_length"),
    )


def load_encoder(path: Path) -> Encoder:
    """The model of a GGUF file; a file without a head gets a new one."""
    reader = GGUFReader(path)
    return read_encoder(reader, read_shape(reader))


def start_encoder(path: Path, config: ModelConfig) -> Encoder:
    """A model's first layers, set up to be trained for the file that `config` describes."""
    if config.attention_type not in FINE:
        raise ValueError(
            f"training does not round attention to {config.attention_type}"
        )
    reader = GGUFReader(path)
    shape = replace(
        read_shape(reader),
        layers=config.layers,
        feed_forward_type=config.feed_forward_type,
    )
    model = read_encoder(reader, shape, config.dropout)
    embedding = model.token_embd.weight
    kind = GGMLQuantizationType[config.embedding_type]
    # It stays frozen, so its rounded values can be computed once.
    embedding.copy_(
        torch.from_numpy(dequantize(quantize(embedding.numpy(), kind), kind))
    )
    return model


def read_encoder(reader: GGUFReader, shape: Shape, dropout: float = 0.0) -> Encoder:
    model = Encoder(shape, dropout)
    tensors = {tensor.name: tensor for tensor in reader.tensors}

    def dense(name: str) -> Tensor:
        tensor = tensors[name]
        return torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())

    for name, target in model.state_dict().items():
        parts = parts_of(name)
        if name.startswith(HEADS):
            # A model of one head, which its instruction tells the type, gives it to every type to start from.
            one = name.replace(name.split(".")[2] + ".", "", 1)
            parts = [part for part in (name, one) if part in tensors][:1]
        if parts:
            target.copy_(torch.cat([dense(part) for part in parts]))
    return model


def parts_of(name: str) -> list[str]:
    """GGUF names of the tensors that a module's weight is made of."""
    for fused, parts in FUSED.items():
        if f".{fused}." in name:
            return [name.replace(fused, part) for part in parts]
    return [name]


def split_state(model: Encoder) -> dict[str, Tensor]:
    """The weights under their GGUF names, nothing fused."""
    shape = model.shape
    kv = shape.kv_heads * shape.head_size
    sizes = {
        "attn_qkv": [shape.embedding, kv, kv],
        "ffn_gate_up": [shape.feed_forward] * 2,
    }
    tensors = {}
    for name, weight in model.state_dict().items():
        fused = next((key for key in FUSED if f".{key}." in name), None)
        pieces = weight.split(sizes[fused]) if fused else [weight]
        tensors.update(zip(parts_of(name), pieces, strict=True))
    return tensors
