"""Texts that the model has not seen: what its scores are calibrated on, and what dev figures count."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from training.config import Config, Corpus
from training.data.conll import read_file, recut
from training.data.corpus import document_file, has_split, read_split
from training.data.leaks import SentenceSet
from training.data.sentences import Text

DEV = ("dev",)
# Training leaves `phrases` out because they share a phrase with some test text. NLM-Gene and GNormPlus have no dev split.
CALIBRATION = ("dev", "phrases")


def read_trained_sentences(folder: Path, config: Config) -> SentenceSet:
    """Whatever this recipe or the release that it starts from was trained on."""

    def words() -> Iterator[Sequence[str]]:
        for corpus in config.corpora:
            for text in read_split(folder, corpus, "train") if corpus.weight else ():
                yield from (sentence.words for sentence in text)
        for name in config.start.trained_on:
            yield from (recut(*rows)[0] for rows in read_file(folder / "conll" / name))

    return SentenceSet(words())


def read_held_out(
    folder: Path, corpus: Corpus, splits: Sequence[str], trained: SentenceSet
) -> list[Text]:
    """Several corpora hold the same abstracts: one's dev text may be another's training text."""
    texts = [
        text
        for split in splits
        if exists(folder, corpus, split)
        for text in read_split(folder, corpus, split)
    ]
    # Of a file of many texts only the sentence is known.
    if len(texts) == 1:
        kept = tuple(sentence for sentence in texts[0] if not trained.hold(sentence))
        return [kept] if kept else []
    return [text for text in texts if not any(map(trained.hold, text))]


def exists(folder: Path, corpus: Corpus, split: str) -> bool:
    if split == "phrases":
        is_documents = corpus.format == "documents"
        return is_documents and document_file(folder, corpus, split).exists()
    return has_split(folder, corpus, split)


def first_words(texts: Sequence[Text], most: int) -> list[Text]:
    """Sentences from the beginning, of about so many words together."""
    kept: list[Text] = []
    left = most
    for text in texts:
        sentences = []
        for sentence in text:
            if left <= 0:
                break
            sentences.append(sentence)
            left -= len(sentence.words)
        if sentences:
            kept.append(tuple(sentences))
    return kept
