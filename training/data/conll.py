"""CoNLL files: one token and its IOB2 tag a line, a blank line after each sentence, one file a type."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from training.data.sentences import LABELS, B, I, Sentence, split_words

Tokens = tuple[str, ...]
Ranges = Sequence[tuple[int, int]]


def read_conll(files: Mapping[str, Path], drop: Ranges = ()) -> list[Sentence]:
    """Sentences of several files, by type, that tag the same tokens; `drop`: first and last sentences left out."""
    by_type = {kind: read_file(path) for kind, path in files.items()}
    dropped = {index for first, last in drop for index in range(first, last + 1)}
    sentences = []
    for index, rows in enumerate(zip(*by_type.values(), strict=True)):
        if index in dropped:
            continue
        if len({tokens for tokens, _ in rows}) != 1:
            names = ", ".join(path.name for path in files.values())
            raise ValueError(f"sentence {index} differs between {names}")
        cut = [recut(tokens, labels) for tokens, labels in rows]
        words = cut[0][0]
        if words:
            labels = [labels for _, labels in cut]
            sentences.append(Sentence(words, dict(zip(by_type, labels, strict=True))))
    return sentences


def read_file(path: Path) -> list[tuple[Tokens, tuple[int, ...]]]:
    sentences = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        pairs = [line.split("\t") for line in block.split("\n") if line]
        if pairs:
            tokens, tags = zip(*pairs, strict=True)
            sentences.append((tokens, tuple(LABELS.index(tag[0]) for tag in tags)))
    return sentences


def recut(tokens: Tokens, labels: tuple[int, ...]) -> tuple[Tokens, tuple[int, ...]]:
    """The makers' tokens may hold hyphens; the model's words do not."""
    words: list[str] = []
    word_labels: list[int] = []
    for token, label in zip(tokens, labels, strict=True):
        pieces = split_words(token)
        words.extend(pieces)
        rest = I if label == B else label
        word_labels.extend([label, *[rest] * (len(pieces) - 1)][: len(pieces)])
    return tuple(words), tuple(word_labels)
