"""What PyTorch measures: F1 on held-out texts, and how far scores can be trusted."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path

from training.calibrate import find_mentions
from training.config import Config, Corpus
from training.data.held_out import first_words, read_held_out
from training.data.leaks import SentenceSet
from training.data.sentences import Text
from training.evaluation.calibration import calibration_of
from training.evaluation.dev import Evaluator, Job
from training.evaluation.scores import Scores
from training.figures.store import Store
from training.model.scores import Line


def measure_dev(
    store: Store,
    evaluator: Evaluator,
    config: Config,
    folder: Path,
    trained: SentenceSet,
    words: int,
) -> None:
    """Every corpus, with its name and without, its sentences in context and alone."""
    for corpus in config.corpora:
        split, texts = held_out(folder, corpus, trained)
        texts = first_words(texts, words)
        if not texts:
            continue
        for dataset, alone in product((corpus.datasets[0], None), (False, True)):
            keys = {
                "corpus": corpus.name,
                "split": split,
                "dataset": dataset,
                "alone": alone,
            }
            if store.has("dev", **keys):
                continue
            (found,) = evaluator.scores([Job(corpus, texts, dataset)], alone)
            sizes = {"texts": len(texts), "sentences": sum(map(len, texts))}
            rows = [
                {**keys, **sizes, "type": kind, **score_row(scores)}
                for kind, scores in found.items()
            ]
            store.add("dev", *rows)


def held_out(
    folder: Path, corpus: Corpus, trained: SentenceSet
) -> tuple[str, list[Text]]:
    """Dev texts, or, where there is no dev split, those that training left out for a phrase."""
    for split in ("dev", "phrases"):
        texts = read_held_out(folder, corpus, [split], trained)
        if texts:
            return split, texts
    return "", []


def score_row(scores: Scores) -> dict:
    return {
        "precision": round(scores.precision, 4),
        "recall": round(scores.recall, 4),
        "f1": round(scores.f1, 4),
        "support": scores.support,
        "predicted": scores.predicted,
        "correct": scores.correct,
    }


def measure_calibration(
    store: Store,
    evaluator: Evaluator,
    config: Config,
    folder: Path,
    trained: SentenceSet,
    words: int,
    lines: Mapping[str, Line],
) -> None:
    found = find_mentions(evaluator, config, folder, trained, words)
    rows = [
        {
            "type": kind,
            "mentions": mentions.by_corpus(),
            **calibration_of(mentions, lines[kind]).as_json(),
        }
        for kind, mentions in found.items()
    ]
    store.replace("calibration", rows)
