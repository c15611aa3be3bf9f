"""Learning rate: linear warm-up, constant for as long as wanted, then down to nothing when asked for.

Warm-up, stable, decay: how long a run may last need not be known when it begins.
"""

from dataclasses import dataclass

import torch


@dataclass
class Decay:
    """The last part of a run: from which step, and how many."""

    start: int
    steps: int

    @property
    def end(self) -> int:
        return self.start + self.steps


def rate(step: int, warmup: int, decay: Decay | None) -> float:
    """Share of the peak rate for the step after `step` others."""
    if step < warmup:
        return (step + 1) / warmup
    if decay is None or step < decay.start:
        return 1.0
    # 1 - sqrt gets further than a line (Hägele et al. 2024).
    return 1 - min(1.0, (step + 1 - decay.start) / decay.steps) ** 0.5


def set_rate(optimizer: torch.optim.Optimizer, share: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * share
