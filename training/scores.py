"""Entity-level precision, recall and F1 as seqeval's default mode counts them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def entities(labels: Sequence[int]) -> set[tuple[int, int]]:
    """First and last word of each entity. An I (2) behind an O (0) opens one, as a B (1) does."""
    found = set()
    start = None
    for index, label in enumerate(labels):
        if label != 2 and start is not None:
            found.add((start, index - 1))
            start = None
        if label == 1 or (label == 2 and start is None):
            start = index
    if start is not None:
        found.add((start, len(labels) - 1))
    return found


@dataclass(frozen=True)
class Scores:
    support: int
    predicted: int
    correct: int

    @property
    def precision(self) -> float:
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.correct / self.support if self.support else 0.0

    @property
    def f1(self) -> float:
        total = self.support + self.predicted
        return 2 * self.correct / total if total else 0.0


def score(gold: Iterable[Sequence[int]], predicted: Iterable[Sequence[int]]) -> Scores:
    support = guesses = correct = 0
    for truth, guess in zip(gold, predicted, strict=True):
        truth_entities, guess_entities = entities(truth), entities(guess)
        support += len(truth_entities)
        guesses += len(guess_entities)
        correct += len(truth_entities & guess_entities)
    return Scores(support, guesses, correct)
