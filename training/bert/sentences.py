"""Sentences of words as BertForTokenClassification reads them: the first piece of each word gets its label."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import BatchEncoding, PreTrainedTokenizerBase

IGNORED = -100  # transformers' label of what is not learnt

Words = Sequence[str]


def encode(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[Words]
) -> BatchEncoding:
    return tokenizer(
        [list(words) for words in sentences],
        is_split_into_words=True,
        padding=True,
        return_tensors="pt",
    )


def first_pieces(encoding: BatchEncoding, sentence: int) -> dict[int, int]:
    """Position of each word's first piece. A word without pieces is missing."""
    places: dict[int, int] = {}
    for position, word in enumerate(encoding.word_ids(sentence)):
        if word is not None:
            places.setdefault(word, position)
    return places


def targets(encoding: BatchEncoding, labels: Sequence[Sequence[int]]) -> Tensor:
    result = torch.full(encoding["input_ids"].shape, IGNORED)
    for sentence, own in enumerate(labels):
        for word, position in first_pieces(encoding, sentence).items():
            result[sentence, position] = own[word]
    return result
