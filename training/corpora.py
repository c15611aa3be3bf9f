"""Reads the CoNLL files: one word and its IOB2 tag a line, a blank line after each sentence."""

from dataclasses import dataclass
from pathlib import Path

from training.config import Config, Corpus

LABELS = ("O", "B", "I")


@dataclass(frozen=True)
class Sentence:
    words: tuple[str, ...]
    labels: tuple[int, ...]

    @property
    def is_empty(self) -> bool:
        return not any(self.labels)


def read_split(folder: Path, corpus: Corpus, split: str) -> list[Sentence]:
    path = folder / "conll" / corpus.folder / f"{split}.tsv"
    sentences = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        pairs = [line.split("\t") for line in block.split("\n") if line]
        if pairs:
            words, tags = zip(*pairs, strict=True)
            sentences.append(
                Sentence(words, tuple(LABELS.index(tag[0]) for tag in tags))
            )
    if split == "train":
        dropped = {
            index for first, last in corpus.drop for index in range(first, last + 1)
        }
        sentences = [
            sentence for index, sentence in enumerate(sentences) if index not in dropped
        ]
    return sentences


def training_data(folder: Path, config: Config) -> list[tuple[Corpus, list[Sentence]]]:
    return [
        (corpus, read_split(folder, corpus, corpus.split)) for corpus in config.corpora
    ]
