"""Documents with raw text: JSON lines with entities at UTF-16 offsets."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from training.data.sentences import UNKNOWN, WORD, B, I, O, Sentence, Text
from training.data.splitter import sentence_starts

Span = tuple[int, int]


@dataclass(frozen=True)
class Subtypes:
    """What to do with finer types that a corpus keeps under one of ours."""

    dropped: Collection[str] = ()  # no entity of ours: O
    unknown: Collection[str] = ()  # neither an entity nor none


@dataclass
class Marks:
    """Spans of one type, in words."""

    entities: list[Span] = field(default_factory=list)
    unknown: list[Span] = field(default_factory=list)


def read_documents(
    path: Path, types: Sequence[str], subtypes: Subtypes = Subtypes()
) -> list[Text]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [read_document(json.loads(line), types, subtypes) for line in lines]


def read_document(
    document: dict, types: Sequence[str], subtypes: Subtypes = Subtypes()
) -> Text:
    missing = set(types) - set(document["types"])
    if missing:
        raise ValueError(f"{document['id']} does not annotate {sorted(missing)}")
    text = document["text"]
    spans = [match.span() for match in WORD.finditer(text)]
    words = [text[start:end] for start, end in spans]
    marks = find_marks(document["entities"], types, subtypes, spans, text)
    labels = {kind: tag(marks[kind], len(words)) for kind in types}
    inside = {
        word
        for found in marks.values()
        for first, last in found.entities
        for word in range(first + 1, last + 1)
    }
    starts = [at for at in sentence_starts(text, spans) if at not in inside]
    ends = [*starts[1:], len(words)]
    return tuple(
        Sentence(
            tuple(words[start:end]),
            {kind: row[start:end] for kind, row in labels.items()},
        )
        for start, end in zip(starts, ends, strict=True)
    )


def find_marks(
    entities: Iterable[dict],
    types: Sequence[str],
    subtypes: Subtypes,
    spans: Sequence[Span],
    text: str,
) -> dict[str, Marks]:
    marks = {kind: Marks() for kind in types}
    points = code_points(text)
    for entity in entities:
        subtype = entity.get("subtype")
        if entity["type"] not in marks or subtype in subtypes.dropped:
            continue
        found = words_of(points[entity["start"]], points[entity["end"]], spans)
        if found is None:
            continue
        mine = marks[entity["type"]]
        (mine.unknown if subtype in subtypes.unknown else mine.entities).append(found)
    return marks


def code_points(text: str) -> Sequence[int]:
    """Code point of each UTF-16 offset."""
    if text.isascii() or max(text) <= "\uffff":
        return range(len(text) + 1)
    points = []
    for index, char in enumerate(text):
        points.extend([index] * (2 if char > "\uffff" else 1))
    return [*points, len(text)]


def words_of(start: int, end: int, spans: Sequence[Span]) -> Span | None:
    """First and last of the words that a mention touches: it may begin or end inside one."""
    touched = [
        index for index, (low, high) in enumerate(spans) if low < end and high > start
    ]
    return (touched[0], touched[-1]) if touched else None


def tag(marks: Marks, count: int) -> tuple[int, ...]:
    labels = [O] * count
    for first, last in marks.unknown:
        labels[first : last + 1] = [UNKNOWN] * (last + 1 - first)
    for first, last in longest(marks.entities):
        labels[first : last + 1] = [B, *[I] * (last - first)]
    return tuple(labels)


def longest(spans: Iterable[Span]) -> list[Span]:
    """Of mentions that overlap, the longest one."""
    kept: list[Span] = []
    for first, last in sorted(set(spans), key=lambda span: (span[0] - span[1], span)):
        if all(last < other[0] or first > other[1] for other in kept):
            kept.append((first, last))
    return sorted(kept)
