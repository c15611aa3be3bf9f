"""Dense BioNER samples (VANER, arXiv 2404.17835): lists of terms of mixed types.

All heads learn from a list at once. Terms come from the knowledge lists and from the mentions of the training sets. A
name that stands for several types (`insulin`) is left out: nothing in a list says which one is meant.
"""

import random
from pathlib import Path

from training.config import Dense
from training.data.augment import Words
from training.data.sentences import TYPES, B, I, O, Sentence, split_words

SEPARATORS = (",", ",", ",", ";", "and", "or", "/", "")

NameLists = dict[str, list[Words]]


def read_knowledge(folder: Path) -> NameLists:
    """Names of each type, as words."""
    names: dict[str, set[str]] = {kind: set() for kind in TYPES}
    for path in sorted((folder / "knowledge").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            _, kind, name, _ = line.split("\t")
            names[kind].add(name)
    return {
        kind: [tuple(split_words(name)) for name in sorted(chosen)]
        for kind, chosen in names.items()
    }


def without_ambiguous(*lists: NameLists) -> list[NameLists]:
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
    def __init__(self, config: Dense, knowledge: NameLists, mentions: NameLists):
        self.config = config
        self.knowledge, self.mentions = without_ambiguous(knowledge, mentions)

    def sentence(self, draw: random.Random) -> Sentence:
        words: list[str] = []
        labels: dict[str, list[int]] = {kind: [] for kind in TYPES}

        def add(added: Words, kind: str | None) -> None:
            words.extend(added)
            for other, row in labels.items():
                tags = [B, *[I] * (len(added) - 1)] if other == kind else None
                row.extend(tags or [O] * len(added))

        # One separator throughout, as lists have it, or none: lines and cells of a table.
        separator = draw.choice(SEPARATORS)
        for index in range(draw.randint(*self.config.terms)):
            if index and separator:
                add((separator,), None)
            kind = draw.choice(TYPES)
            add(self.term(kind, draw), kind)
        return Sentence(
            tuple(words), {kind: tuple(row) for kind, row in labels.items()}
        )

    def term(self, kind: str, draw: random.Random) -> Words:
        known = draw.random() < self.config.knowledge_share
        names = (self.knowledge if known else self.mentions).get(kind)
        return draw.choice(names or self.knowledge[kind])
