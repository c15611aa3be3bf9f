"""Scores the fine-tuned BERT in PyTorch, word by word, for comparison with `vaner eval` of the converted file.

python -m training.bert.score --split dev --predictions dev-by-torch.tsv
"""

import argparse
import json
from pathlib import Path

import torch
from transformers import (
    AutoTokenizer,
    BertForTokenClassification,
    PreTrainedTokenizerBase,
)

from training.bert import recipe
from training.bert.sentences import Words, encode, first_pieces
from training.config import DEFAULT_CORPORA, HERE
from training.data.conll import read_file
from training.evaluation.scores import Scores, score

BATCH_SENTENCES = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=HERE / "runs" / "bert")
    parser.add_argument("--corpora", type=Path, default=DEFAULT_CORPORA)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument(
        "--predictions",
        type=Path,
        help="write the words with the predicted tags: as a corpus, it measures whether an engine agrees",
    )
    arguments = parser.parse_args()
    model = BertForTokenClassification.from_pretrained(arguments.checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(arguments.checkpoint)
    path = arguments.corpora / "conll" / recipe.CORPUS / f"{arguments.split}.tsv"
    found = score_file(model, tokenizer, path, arguments.predictions)
    row = {
        "split": arguments.split,
        "precision": round(found.precision, 4),
        "recall": round(found.recall, 4),
        "f1": round(found.f1, 4),
        "support": found.support,
        "predicted": found.predicted,
        "correct": found.correct,
    }
    print(json.dumps(row))


def score_file(
    model: BertForTokenClassification,
    tokenizer: PreTrainedTokenizerBase,
    corpus: Path,
    predictions: Path | None = None,
) -> Scores:
    words, labels = zip(*read_file(corpus), strict=True)
    found = predict(model, tokenizer, words)
    if predictions:
        write(predictions, words, found)
    return score(labels, found)


@torch.no_grad()
def predict(
    model: BertForTokenClassification,
    tokenizer: PreTrainedTokenizerBase,
    sentences: list[Words],
) -> list[list[int]]:
    """The most probable label of each word's first piece; O for a word without pieces."""
    model.eval()
    by_length = sorted(range(len(sentences)), key=lambda index: len(sentences[index]))
    found = [[0] * len(words) for words in sentences]
    for first in range(0, len(by_length), BATCH_SENTENCES):
        chosen = by_length[first : first + BATCH_SENTENCES]
        encoding = encode(tokenizer, [sentences[index] for index in chosen])
        labels = model(**encoding).logits.argmax(-1)
        for row, index in enumerate(chosen):
            for word, position in first_pieces(encoding, row).items():
                found[index][word] = labels[row, position].item()
    return found


def write(path: Path, sentences: list[Words], labels: list[list[int]]) -> None:
    blocks = [
        "".join(
            f"{word}\t{recipe.TAGS[label]}\n"
            for word, label in zip(words, own, strict=True)
        )
        for words, own in zip(sentences, labels, strict=True)
    ]
    path.write_text("\n".join(blocks), encoding="utf-8")


if __name__ == "__main__":
    main()
