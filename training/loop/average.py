"""Exponential moving average of the weights; it is what is evaluated and exported."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    def __init__(self, model: nn.Module, decay: float, every: int):
        self.weights = {name: w.detach().clone() for name, w in trained(model)}
        self.decay = decay
        self.every = every  # steps; between them weights change little

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        if step % self.every:
            return
        # Early on the average forgets faster, or it would long stay near the start.
        decay = min(self.decay, (1 + step) / (10 + step)) ** self.every
        for name, weight in trained(model):
            self.weights[name].lerp_(weight, 1 - decay)

    @contextmanager
    def applied(self, model: nn.Module) -> Iterator[None]:
        """The model computes with the average inside."""
        own = {name: weight.data for name, weight in trained(model)}
        set_weights(model, self.weights)
        try:
            yield
        finally:
            set_weights(model, own)


def trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return (
        (n, weight) for n, weight in model.named_parameters() if weight.requires_grad
    )


@torch.no_grad()
def set_weights(model: nn.Module, weights: dict[str, Tensor]) -> None:
    for name, parameter in trained(model):
        parameter.data = weights[name]
