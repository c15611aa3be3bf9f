"""The corpora that config.toml lists, read for training or evaluation."""

from dataclasses import dataclass
from pathlib import Path

from training.config import Config, Corpus
from training.data.conll import read_conll
from training.data.documents import Subtypes, read_documents
from training.data.leaks import assert_clean, read_test_sentences, without_leaks
from training.data.sentences import Text


@dataclass(frozen=True)
class Loaded:
    corpus: Corpus
    texts: list[Text]


def conll_files(folder: Path, corpus: Corpus, split: str) -> dict[str, Path]:
    return {
        kind: folder / "conll" / name.replace("{split}", split)
        for kind, name in corpus.files.items()
    }


def document_file(folder: Path, corpus: Corpus, split: str) -> Path:
    return folder / "documents" / corpus.folder / f"{split}.jsonl"


def has_split(folder: Path, corpus: Corpus, split: str) -> bool:
    """Corpora that are for training only name their one file as it is."""
    if corpus.format == "documents":
        return document_file(folder, corpus, split).exists()
    files = conll_files(folder, corpus, split).values()
    return all("{split}" in name for name in corpus.files.values()) and all(
        path.exists() for path in files
    )


def read_split(folder: Path, corpus: Corpus, split: str) -> list[Text]:
    """Texts of a split: documents, or one text for a file of consecutive sentences."""
    drop = corpus.drop if split == "train" else ()
    if corpus.format == "documents":
        path = document_file(folder, corpus, split)
        subtypes = Subtypes(corpus.dropped_subtypes, corpus.unknown_subtypes)
        return read_documents(path, corpus.types, subtypes)
    files = conll_files(folder, corpus, split)
    sentences = read_conll(files, drop)
    # Sentences that don't follow each other are texts of their own.
    if not corpus.consecutive:
        return [(sentence,) for sentence in sentences]
    return [tuple(sentences)]


def training_data(folder: Path, config: Config) -> list[Loaded]:
    tests = read_test_sentences(folder)
    loaded = []
    for corpus in config.corpora:
        if corpus.weight == 0:
            continue
        texts = read_split(folder, corpus, "train")
        texts = without_leaks(texts, tests, corpus.leaks, corpus.name)
        assert_clean(corpus.name, texts, tests)
        loaded.append(Loaded(corpus, texts))
    return loaded
