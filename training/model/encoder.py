"""The LLaMA forward pass in plain PyTorch, without the causal mask, with a linear head for each type.

Module names are GGUF tensor names. Two groups of projections are fused, because fewer and larger products are faster.
Norms, rotation and the residual stream stay in float32; under autocast only the projections and attention do not.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training.data.batches import Batch
from training.data.sentences import LABELS, TYPES
from training.model.rounding import as_stored

# Fuses what stands between matrix products. Batches that are filled up to one number of rows are compiled once.
fused = torch.compile()


@dataclass(frozen=True)
class Shape:
    """LLaMA's hyper-parameters, as the GGUF file states them."""

    layers: int
    embedding: int
    feed_forward: int
    heads: int
    kv_heads: int
    epsilon: float
    rope_base: float
    rope_dimensions: int
    vocabulary: int
    context: int
    feed_forward_type: str = "F32"  # what the file will hold, see rounding.py

    @property
    def head_size(self) -> int:
        return self.embedding // self.heads


class Norm(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.embedding))
        self.epsilon = shape.epsilon

    def forward(self, x: Tensor) -> Tensor:
        return normalize(x, self.weight, self.epsilon)


class Block(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        kv = shape.kv_heads * shape.head_size
        self.attn_norm = Norm(shape)
        self.attn_qkv = nn.Linear(shape.embedding, shape.embedding + 2 * kv, bias=False)
        self.attn_output = nn.Linear(shape.embedding, shape.embedding, bias=False)
        self.ffn_norm = Norm(shape)
        self.ffn_gate_up = nn.Linear(
            shape.embedding, 2 * shape.feed_forward, bias=False
        )
        self.ffn_down = nn.Linear(shape.feed_forward, shape.embedding, bias=False)

    def forward(
        self, x: Tensor, batch: Batch, rotation: tuple[Tensor, Tensor], causal: bool
    ) -> Tensor:
        shape = self.shape
        q, k, v = before_attention(
            x, self.attn_norm.weight, self.attn_qkv.weight, rotation, shape
        )
        q = pad(q, batch)
        k, v = (gather_keys(rows, batch) for rows in (k, v))
        mask = attention_mask(batch, causal, shape.heads // shape.kv_heads)
        y = attend(q, k, v, mask).index_select(0, batch.slots)
        return after_attention(
            x,
            y,
            self.attn_output.weight,
            self.ffn_norm.weight,
            self.ffn_gate_up.weight,
            self.ffn_down.weight,
            shape,
        )


class Encoder(nn.Module):
    def __init__(self, shape: Shape, dropout: float = 0.0):
        super().__init__()
        self.shape = shape
        self.dropout = nn.Dropout(dropout)
        self.token_embd = nn.Embedding(shape.vocabulary, shape.embedding)
        self.token_embd.requires_grad_(
            False
        )  # so that its quantized blocks can be copied as they are
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = Norm(shape)
        heads = [nn.Linear(shape.embedding, len(LABELS)) for _ in TYPES]
        for head in heads:
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        self.cls = nn.ModuleDict({"output": nn.ModuleList(heads)})

    def hidden(self, batch: Batch, causal: bool = False) -> Tensor:
        """Final normalised hidden states of all rows, [rows, embedding]."""
        rotation = rotation_of(batch.positions, self.shape)
        x = self.token_embd(batch.tokens)
        for block in self.blk:
            x = block(x, batch, rotation, causal)
        return self.output_norm(x)

    def forward(self, batch: Batch) -> Tensor:
        """Logits of every word, [words, types, labels]."""
        rows = self.hidden(batch)[batch.word_rows]
        with torch.autocast(rows.device.type, enabled=False):
            rows = self.dropout(rows.float())
            return torch.stack([head(rows) for head in self.cls["output"]], dim=1)


def rotation_of(positions: Tensor, shape: Shape) -> tuple[Tensor, Tensor]:
    """Cosines and sines, [rows, 1, dimensions / 2]."""
    steps = torch.arange(
        0, shape.rope_dimensions, 2, dtype=torch.float32, device=positions.device
    )
    steps = steps / shape.rope_dimensions
    angles = positions[:, None, None].float() * shape.rope_base**-steps
    return angles.cos(), angles.sin()


def normalize(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """RMSNorm; PyTorch's own runs as five passes over memory on the CPU."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * weight


@fused
def before_attention(
    x: Tensor,
    norm: Tensor,
    qkv: Tensor,
    rotation: tuple[Tensor, Tensor],
    shape: Shape,
) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of all rows, [rows, heads, size]."""
    projected = F.linear(normalize(x, norm, shape.epsilon), qkv)
    heads = projected.view(x.shape[0], -1, shape.head_size)
    q, k, v = heads.split([shape.heads, shape.kv_heads, shape.kv_heads], dim=1)
    return rotate(q, rotation), rotate(k, rotation), v.contiguous()


@fused
def after_attention(
    x: Tensor,
    y: Tensor,
    output: Tensor,
    norm: Tensor,
    gate_up: Tensor,
    down: Tensor,
    shape: Shape,
) -> Tensor:
    gate_up = as_stored(gate_up, shape.feed_forward_type)
    down = as_stored(down, shape.feed_forward_type)
    x = x + F.linear(y, output)
    gate, up = F.linear(normalize(x, norm, shape.epsilon), gate_up).chunk(2, dim=-1)
    return x + F.linear(F.silu(gate) * up, down)


def rotate(x: Tensor, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """GGUF files of LLaMA are permuted so that the two values of a pair are neighbours (ggml's ROPE NORMAL)."""
    cos, sin = rotation
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return (
        torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
        .flatten(-2)
        .to(x.dtype)
    )


def pad(rows: Tensor, batch: Batch) -> Tensor:
    """[rows, heads, size] to [parts, heads, longest, size]."""
    parts = len(batch.lengths)
    padded = rows.new_zeros(parts * batch.longest, *rows.shape[1:])
    padded = padded.index_copy(0, batch.slots, rows)
    return padded.view(parts, batch.longest, *rows.shape[1:]).transpose(1, 2)


def gather_keys(rows: Tensor, batch: Batch) -> Tensor:
    """[rows, heads, size] to [parts, heads, keys, size]: what each part sees."""
    seen = rows.index_select(0, batch.key_rows.flatten())
    return seen.view(*batch.key_rows.shape, *rows.shape[1:]).transpose(1, 2)


def attention_mask(batch: Batch, causal: bool, repeats: int) -> Tensor | None:
    """True where a query may look; broadcast over queries unless the causal mask is wanted."""
    if not causal:
        return batch.mask
    # Queries that share a key head lie below each other, hence the repetition.
    square = (
        torch.ones(
            batch.longest,
            batch.longest,
            dtype=torch.bool,
            device=batch.tokens.device,
        )
        .tril()
        .repeat(repeats, 1)
    )
    return square if batch.mask is None else batch.mask & square


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Grouped-query attention; [parts, heads, longest, size] to [parts * longest, heads * size].

    Written out because forward and backward together are six times slower in PyTorch's fused attention on this kind of
    processor (bfloat16, short sequences).
    """
    parts, heads, longest, size = q.shape
    q = q.reshape(parts, k.shape[1], -1, size)
    weights = (q @ k.transpose(-1, -2)).float() * size**-0.5
    if mask is not None:
        weights = weights.masked_fill(~mask, float("-inf"))
    y = weights.softmax(-1).to(v.dtype) @ v
    return y.view(parts, heads, longest, size).transpose(1, 2).reshape(-1, heads * size)
