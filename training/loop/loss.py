"""Cross-entropy of every head over the words that it has labels for, scaled against rare tags and types."""

import torch
from torch import Tensor
from torch.nn import functional as F

from training.config import Loss
from training.data.sentences import LABELS, TYPES, UNKNOWN


class TagLoss:
    def __init__(self, settings: Loss, device: torch.device):
        self.tags = torch.tensor(
            [1.0] + [settings.entity_weight] * (len(LABELS) - 1), device=device
        )
        self.types = torch.tensor(
            [settings.type_weights[kind] for kind in TYPES], device=device
        )

    def __call__(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean over labelled words; `logits` [words, types, labels], `labels` [words, types]."""
        known = labels != UNKNOWN
        weights = self.tags[labels.clamp(min=0)] * self.types * known
        losses = F.cross_entropy(
            logits.flatten(0, 1),
            labels.flatten(),
            ignore_index=UNKNOWN,
            reduction="none",
        )
        return (losses.view_as(labels) * weights).sum() / weights.sum().clamp(min=1)
