"""Sentences with labels, and the words that the labels belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import regex

TYPES = ("Disease", "Chemical", "Gene", "Species")  # the order of the heads
LABELS = ("O", "B", "I")
O, B, I = range(3)
UNKNOWN = -1  # the corpus does not say; no head learns from it

# `letters-digits-v1`, as lib/text/words.ts cuts: \S as JavaScript means it, and raised digits apart from letters.
SPACE = r"\t\n\v\f\r\x20\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
RAISED = "⁰¹²³⁴-⁹"
WORD = regex.compile(
    rf"\p{{N}}*[\p{{L}}\p{{M}}](?:(?![{RAISED}])[\p{{L}}\p{{M}}\p{{N}}])*|\p{{N}}+|[^{SPACE}]"
)


@dataclass(frozen=True)
class Sentence:
    """Words and, of every type that the corpus annotates completely, their labels."""

    words: tuple[str, ...]
    labels: Mapping[str, tuple[int, ...]]

    @property
    def is_empty(self) -> bool:
        return not any(label > O for row in self.labels.values() for label in row)


Text = tuple[Sentence, ...]  # consecutive sentences: one document, or a file of them


def split_words(text: str) -> list[str]:
    return WORD.findall(text)


def join(sentences: Sequence[Sentence]) -> Sentence:
    """One passage of consecutive sentences of one corpus."""
    if len(sentences) == 1:
        return sentences[0]
    return Sentence(
        tuple(word for sentence in sentences for word in sentence.words),
        {
            kind: tuple(
                label for sentence in sentences for label in sentence.labels[kind]
            )
            for kind in sentences[0].labels
        },
    )
