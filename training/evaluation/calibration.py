"""Compares the scores of entities with how often they are right.

A score is the mean, over an entity's words, of the probability of the most probable label, put on a line between log
odds (lib/decoding/calibration.ts).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional as F

from training.evaluation.scores import entities, judged
from training.model.scores import UNCALIBRATED, Line

BINS = 10
# No score counts as surer than this.
SURE = 1e-6


@dataclass
class Mentions:
    """Entities of one type that a model finds, with their words' logits."""

    logits: list[Tensor] = field(default_factory=list)  # of each, [words, labels]
    right: list[bool] = field(default_factory=list)  # both ends are the corpus'
    corpora: list[str] = field(default_factory=list)

    def add(self, corpus: str, logits: Tensor, gold: Sequence[int]) -> None:
        """Those of one passage."""
        wanted = entities(gold)
        for first, last in sorted(entities(logits.argmax(-1).tolist())):
            if judged(gold, (first, last)):
                self.logits.append(logits[first : last + 1])
                self.right.append((first, last) in wanted)
                self.corpora.append(corpus)

    def log_odds(self) -> Tensor:
        """Of the mean probabilities."""
        if not self.logits:
            return torch.empty(0)
        words = torch.tensor([len(rows) for rows in self.logits])
        owner = torch.arange(len(words)).repeat_interleave(words)
        best = torch.cat(self.logits).softmax(-1).amax(-1)
        means = torch.zeros(len(words)).index_add(0, owner, best) / words
        return means.clamp(SURE, 1 - SURE).logit()

    def scores(self, line: Line = UNCALIBRATED) -> Tensor:
        return (line.slope * self.log_odds() + line.offset).sigmoid()

    def by_corpus(self) -> dict[str, int]:
        return dict(Counter(self.corpora))


@dataclass(frozen=True)
class Bin:
    low: float
    high: float
    count: int
    score: float  # mean
    precision: float


@dataclass(frozen=True)
class Calibration:
    bins: tuple[Bin, ...]
    log_loss: float  # of scores as probabilities that the entity is right
    brier: float  # mean squared difference of score and truth

    @property
    def error(self) -> float:
        """Expected calibration error: the mean difference of score and precision in a bin."""
        total = sum(row.count for row in self.bins)
        gap = sum(row.count * abs(row.score - row.precision) for row in self.bins)
        return gap / total if total else 0.0

    def as_json(self) -> dict:
        rows = [
            {key: round(value, 4) for key, value in vars(row).items()}
            for row in self.bins
        ]
        return {
            "error": round(self.error, 4),
            "log_loss": round(self.log_loss, 4),
            "brier": round(self.brier, 4),
            "bins": rows,
        }


def calibration_of(mentions: Mentions, line: Line = UNCALIBRATED) -> Calibration:
    scores = mentions.scores(line)
    right = torch.tensor(mentions.right, dtype=torch.float32)
    places = (scores * BINS).long().clamp(max=BINS - 1)
    rows = []
    for place in range(BINS):
        inside = places == place
        count = int(inside.sum())
        rows.append(
            Bin(
                place / BINS,
                (place + 1) / BINS,
                count,
                scores[inside].mean().item() if count else 0.0,
                right[inside].mean().item() if count else 0.0,
            )
        )
    if not len(scores):
        return Calibration(tuple(rows), 0.0, 0.0)
    loss = F.binary_cross_entropy(scores.clamp(SURE, 1 - SURE), right).item()
    return Calibration(tuple(rows), loss, (scores - right).square().mean().item())
