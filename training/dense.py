"""Dense BioNER samples (VANER, arXiv 2404.17835): lists of terms of mixed types, in which those of the asked type are tagged.

Terms come from the knowledge lists and from the mentions of the training sets. A name that stands for several types
(`insulin`) is left out: nothing in a list says which one is meant.
"""

import random
from collections.abc import Iterable
from pathlib import Path

import regex

from training.config import Corpus, Dense
from training.corpora import Sentence
from training.scores import entities

WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+|\S")  # the engine's words: letters-digits-v1
SEPARATORS = (",", ",", ",", ";", "and", "or")

Words = tuple[str, ...]


def read_knowledge(folder: Path) -> dict[str, list[Words]]:
    """Names of each type, as words."""
    names: dict[str, set[str]] = {}
    for path in sorted((folder / "knowledge").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            _, kind, name, _ = line.split("\t")
            names.setdefault(kind, set()).add(name)
    return {
        kind: [tuple(WORD.findall(name)) for name in sorted(chosen)]
        for kind, chosen in names.items()
    }


def read_mentions(
    data: Iterable[tuple[Corpus, list[Sentence]]],
) -> dict[str, list[Words]]:
    """Distinct mentions of each type in the training sets, as words."""
    mentions: dict[str, set[Words]] = {}
    for corpus, sentences in data:
        for sentence in sentences:
            for first, last in entities(sentence.labels):
                words = sentence.words[first : last + 1]
                mentions.setdefault(corpus.type, set()).add(words)
    return {kind: sorted(chosen) for kind, chosen in mentions.items()}


def without_ambiguous(*lists: dict[str, list[Words]]) -> list[dict[str, list[Words]]]:
    """The lists without the names that occur under several types, in whatever list and case."""
    kinds: dict[str, set[str]] = {}
    for names in lists:
        for kind, chosen in names.items():
            for words in chosen:
                kinds.setdefault("".join(words).lower(), set()).add(kind)
    return [
        {
            kind: [w for w in chosen if len(kinds["".join(w).lower()]) == 1]
            for kind, chosen in names.items()
        }
        for names in lists
    ]


class DenseTerms:
    def __init__(
        self, config: Dense, folder: Path, data: list[tuple[Corpus, list[Sentence]]]
    ):
        self.config = config
        self.knowledge, self.mentions = without_ambiguous(
            read_knowledge(folder), read_mentions(data)
        )
        self.kinds = sorted(self.knowledge)

    def sentence(self, asked: str, draw: random.Random) -> Sentence:
        """A list of terms; about half of them are of the asked type."""
        others = [kind for kind in self.kinds if kind != asked]
        words: list[str] = []
        labels: list[int] = []
        for _ in range(draw.randint(*self.config.terms)):
            kind = asked if draw.random() < 0.5 else draw.choice(others)
            term = self.term(kind, draw)
            if words:
                words.append(draw.choice(SEPARATORS))
                labels.append(0)
            words.extend(term)
            labels.extend(
                [1, *[2] * (len(term) - 1)] if kind == asked else [0] * len(term)
            )
        return Sentence(tuple(words), tuple(labels))

    def term(self, kind: str, draw: random.Random) -> Words:
        known = draw.random() < self.config.knowledge_share
        return draw.choice((self.knowledge if known else self.mentions)[kind])
