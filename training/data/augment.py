"""Varies passages: other names for mentions, other case."""

import random
from collections.abc import Iterable, Mapping, Sequence

from training.config import Augmentation
from training.data.sentences import B, I, O, Sentence
from training.evaluation.scores import entities

Words = tuple[str, ...]
Names = Mapping[str, Sequence[Words]]


def mentions(sentences: Iterable[Sentence]) -> dict[str, list[Words]]:
    """Distinct mentions of each type."""
    found: dict[str, set[Words]] = {}
    for sentence in sentences:
        for kind, labels in sentence.labels.items():
            for first, last in entities(labels):
                found.setdefault(kind, set()).add(sentence.words[first : last + 1])
    return {kind: sorted(names) for kind, names in found.items()}


def vary(
    passage: Sentence,
    settings: Augmentation,
    known: Names,
    own: Names,
    draw: random.Random,
) -> Sentence:
    if draw.random() < settings.swap_share:
        passage = swap_names(passage, settings, known, own, draw)
    if draw.random() < settings.case_share:
        passage = change_case(passage, draw)
    return passage


def swap_names(
    passage: Sentence,
    settings: Augmentation,
    known: Names,
    own: Names,
    draw: random.Random,
) -> Sentence:
    """Some mentions become other names of their type, the same mention the same name throughout the passage."""
    chosen: dict[tuple[str, Words], Words] = {}
    edits: list[tuple[int, int, str, Words]] = []
    for kind in sorted(passage.labels):
        for first, last in sorted(entities(passage.labels[kind])):
            if is_entangled(passage, kind, first, last):
                continue
            mention = passage.words[first : last + 1]
            if (kind, mention) not in chosen:
                names = known if draw.random() < settings.knowledge_share else own
                swapped = draw.random() < settings.swapped and names.get(kind)
                name = draw.choice(names[kind]) if swapped else mention
                chosen[kind, mention] = name
            if chosen[kind, mention] != mention:
                edits.append((first, last, kind, chosen[kind, mention]))
    return replace(passage, sorted(edits))


def is_entangled(passage: Sentence, kind: str, first: int, last: int) -> bool:
    """Whether entities of other types lie on the same words."""
    return any(
        label > O
        for other, labels in passage.labels.items()
        if other != kind
        for label in labels[first : last + 1]
    )


def replace(
    passage: Sentence, edits: Sequence[tuple[int, int, str, Words]]
) -> Sentence:
    words: list[str] = []
    labels: dict[str, list[int]] = {kind: [] for kind in passage.labels}
    at = 0

    def copy(end: int) -> None:
        words.extend(passage.words[at:end])
        for kind, row in labels.items():
            row.extend(passage.labels[kind][at:end])

    for first, last, kind, name in edits:
        copy(first)
        words.extend(name)
        for other, row in labels.items():
            if other == kind:
                row.extend([B, *[I] * (len(name) - 1)])
            else:
                row.extend([passage.labels[other][first]] * len(name))
        at = last + 1
    copy(len(passage.words))
    return Sentence(tuple(words), {kind: tuple(row) for kind, row in labels.items()})


def change_case(passage: Sentence, draw: random.Random) -> Sentence:
    change = draw.choice((str.upper, str.upper, str.lower, capitalize))
    return Sentence(tuple(map(change, passage.words)), passage.labels)


def capitalize(word: str) -> str:
    """Title case, which leaves the rest of a word alone: `mRNA` becomes `MRNA`."""
    return word[:1].upper() + word[1:]
