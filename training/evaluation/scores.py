"""Entity-level precision, recall and F1 as seqeval's default mode counts them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]


def entities(labels: Sequence[int]) -> set[Span]:
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

    def __add__(self, other: "Scores") -> "Scores":
        return Scores(
            self.support + other.support,
            self.predicted + other.predicted,
            self.correct + other.correct,
        )


def score(gold: Iterable[Sequence[int]], predicted: Iterable[Sequence[int]]) -> Scores:
    total = Scores(0, 0, 0)
    for truth, guess in zip(gold, predicted, strict=True):
        wanted = entities(truth)
        # What the corpus does not judge (labels below 0) is neither right nor wrong.
        found = {span for span in entities(guess) if judged(truth, span)}
        total += Scores(len(wanted), len(found), len(wanted & found))
    return total


def judged(truth: Sequence[int], span: Span) -> bool:
    return min(truth[span[0] : span[1] + 1]) >= 0
