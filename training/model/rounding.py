"""Trains on the values that the weights will have in the file: rounded forward, untouched backward.

The gradient passes the rounding as if it were not there (straight-through estimator, Bengio et al. 2013).
"""

import torch
from torch import Tensor

BLOCK = 32
# Types that round finer than the bfloat16 products of training do.
FINE = ("Q8_0", "F16", "BF16", "F32")


def as_stored(weight: Tensor, kind: str) -> Tensor:
    """`weight` as a file of this type holds it; fine types are let through."""
    if kind in FINE:
        return weight
    if kind == "Q5_0":
        return weight + (q5_0(weight.detach()) - weight.detach())
    raise ValueError(f"training does not know how {kind} rounds")


def q5_0(weight: Tensor) -> Tensor:
    """ggml's Q5_0: blocks of 32 share a half-precision scale; the value of largest size becomes -16."""
    blocks = weight.reshape(-1, BLOCK)
    high, low = blocks.amax(-1, keepdim=True), blocks.amin(-1, keepdim=True)
    scale = torch.where(high > -low, high, low) / -16
    inverse = torch.where(scale == 0, 0.0, 1 / scale)
    codes = (blocks * inverse + 16.5).trunc().clamp(0, 31) - 16
    return (codes * scale.half().float()).view(weight.shape)
