"""Turns sentences into samples, and samples into batches that hold no padding."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from training.config import Config, Corpus
from training.corpora import Sentence
from training.tokenizer import WordTokenizer


@dataclass(frozen=True)
class Sample:
    """One sequence: the instruction, then the words."""

    tokens: tuple[int, ...]
    word_starts: tuple[
        int, ...
    ]  # where each word's first token is; the label is read there
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Batch:
    """Sequences one behind the other. `slots` says where a row goes when attention pads them to `longest`."""

    tokens: Tensor  # [rows]
    positions: Tensor  # [rows]
    slots: Tensor  # [rows]
    mask: (
        Tensor | None
    )  # [sequences, 1, 1, longest], true where a key exists; None where all are equally long
    word_rows: Tensor  # [words]
    labels: Tensor  # [words]
    lengths: tuple[int, ...]
    longest: int


def make_samples(
    sentence: Sentence,
    instruction: str,
    tokenizer: WordTokenizer,
    max_tokens: int | None = None,
) -> list[Sample]:
    """One sample, or several where the sentence does not fit into `max_tokens`."""
    head = tokenizer.instruction(instruction)
    samples = []
    tokens, starts, labels = list(head), [], []
    for word, label in zip(sentence.words, sentence.labels, strict=True):
        pieces = tokenizer.word(word)
        if max_tokens and starts and len(tokens) + len(pieces) > max_tokens:
            samples.append(Sample(tuple(tokens), tuple(starts), tuple(labels)))
            tokens, starts, labels = list(head), [], []
        starts.append(len(tokens))
        tokens.extend(pieces)
        labels.append(label)
    samples.append(Sample(tuple(tokens), tuple(starts), tuple(labels)))
    return samples


def epoch_samples(
    data: list[tuple[Corpus, list[Sentence]]],
    config: Config,
    tokenizer: WordTokenizer,
    epoch: int,
) -> list[Sample]:
    """Every sentence once, with an instruction drawn anew; of sentences without entities a share."""
    draw = random.Random(f"{config.training.seed}/{epoch}/samples")
    samples = []
    for corpus, sentences in data:
        for sentence in sentences:
            if draw.random() >= (
                corpus.empty_share if sentence.is_empty else corpus.share
            ):
                continue
            adaptive = draw.random() < config.instruction.adaptive_share
            instruction = config.instruction.text(
                corpus.type, None if adaptive else corpus.dataset
            )
            samples.extend(
                make_samples(sentence, instruction, tokenizer, config.model.max_tokens)
            )
    # Dense BioNER samples (terms of a knowledge base behind the type's instruction) belong here, as more samples.
    return samples


def group(samples: list[Sample], batch_tokens: int) -> list[list[int]]:
    """Indices of samples of about the same length, as many as fit into `batch_tokens` rows."""
    order = sorted(range(len(samples)), key=lambda index: len(samples[index]))
    groups: list[list[int]] = []
    rows = batch_tokens
    for index in order:
        if rows + len(samples[index]) > batch_tokens:
            groups.append([])
            rows = 0
        groups[-1].append(index)
        rows += len(samples[index])
    return groups


def shuffled_batches(
    samples: list[Sample], batch_tokens: int, seed: str
) -> list[list[Sample]]:
    """Groups in random order; within one length, which samples meet is random too."""
    draw = random.Random(seed)
    samples = draw.sample(samples, len(samples))
    groups = group(samples, batch_tokens)
    draw.shuffle(groups)
    return [[samples[index] for index in indices] for indices in groups]


def pack(samples: list[Sample]) -> Batch:
    lengths = tuple(len(sample) for sample in samples)
    longest = max(lengths)
    positions, slots, word_rows = [], [], []
    row = 0
    for number, sample in enumerate(samples):
        positions.append(torch.arange(len(sample)))
        slots.append(torch.arange(len(sample)) + number * longest)
        word_rows.append(torch.tensor(sample.word_starts) + row)
        row += len(sample)
    mask = None
    if min(lengths) < longest:
        mask = (torch.arange(longest)[None, :] < torch.tensor(lengths)[:, None])[
            :, None, None, :
        ]
    return Batch(
        tokens=torch.tensor([token for sample in samples for token in sample.tokens]),
        positions=torch.cat(positions),
        slots=torch.cat(slots),
        mask=mask,
        word_rows=torch.cat(word_rows),
        labels=torch.tensor([label for sample in samples for label in sample.labels]),
        lengths=lengths,
        longest=longest,
    )
