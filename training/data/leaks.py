"""Keeps the sentences of test splits out of training; the run fails where the configuration did not expect them.

The only place of the recipe that reads test splits before the final evaluation.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from training.data.conll import read_file, recut
from training.data.documents import read_documents
from training.data.sentences import Sentence, Text

# Shorter sentences are headings, copyright lines and numbers ("Materials and methods"): equal by chance.
SHORTEST = 24


def fingerprint(words: Iterable[str]) -> str:
    """Letters and digits alone, without case and accents."""
    plain = unicodedata.normalize("NFKD", "".join(words))
    return "".join(char for char in plain if char.isalnum()).casefold()


class SentenceSet:
    """Sentences compared by their letters and digits."""

    def __init__(self, sentences: Iterable[Iterable[str]]):
        prints = map(fingerprint, sentences)
        self.prints = {text for text in prints if len(text) >= SHORTEST}

    def hold(self, sentence: Sentence) -> bool:
        text = fingerprint(sentence.words)
        return len(text) >= SHORTEST and text in self.prints


def read_test_sentences(folder: Path) -> SentenceSet:
    found: list[Iterable[str]] = []
    for path in sorted((folder / "conll").glob("*/test*.tsv")):
        found.extend(recut(*rows)[0] for rows in read_file(path))
    documents = sorted((folder / "documents").glob("*/test*.jsonl"))
    # Documents that are in other corpora's test splits count as test text too.
    documents += sorted((folder / "documents").glob("*/in-other-tests.jsonl"))
    for path in documents:
        for text in read_documents(path, ()):
            found.extend(sentence.words for sentence in text)
    if not found:
        raise ValueError(f"no test split under {folder}: nothing to check against")
    return SentenceSet(found)


def without_leaks(
    texts: list[Text], tests: SentenceSet, expected: int, name: str
) -> list[Text]:
    """Drops sentences that a test split holds too.

    More than the configuration expects means that a corpus or the reader changed, and stops the run.
    """
    kept = [
        tuple(sentence for sentence in text if not tests.hold(sentence))
        for text in texts
    ]
    dropped = sum(map(len, texts)) - sum(map(len, kept))
    if dropped > expected:
        raise SystemExit(
            f"{name}: {dropped} training sentences are in a test split, at most {expected} were expected"
        )
    return [text for text in kept if text]


def assert_clean(name: str, texts: Iterable[Text], tests: SentenceSet) -> None:
    """The last check, on what is trained on, whatever was done before."""
    for text in texts:
        for sentence in text:
            if tests.hold(sentence):
                raise SystemExit(
                    f"{name}: a training sentence is in a test split: {sentence.words[:8]}"
                )
