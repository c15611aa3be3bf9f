"""Turns sentences into samples, and samples into batches that hold no padding."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor

from training.config import Config, Corpus
from training.corpora import Sentence
from training.dense import DenseTerms
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


def draw_sentences(
    corpus: Corpus, sentences: list[Sentence], draw: random.Random
) -> list[Sentence]:
    """The corpus' share of an epoch, in the order of the file."""
    return [
        sentence
        for _ in range(corpus.repeat)
        for sentence in sentences
        if draw.random() < (corpus.empty_share if sentence.is_empty else corpus.share)
    ]


def join(
    sentences: list[Sentence], share: float, most_words: int, draw: random.Random
) -> list[Sentence]:
    """Some sentences alone, others together with those that follow them."""
    joined = []
    index = 0
    while index < len(sentences):
        end, words = index + 1, len(sentences[index].words)
        # Runs of several are drawn as often as gives `share` of the sentences, not of the runs.
        size = draw.randint(2, 4) if draw.random() < share / (3 - 2 * share) else 1
        while end < min(index + size, len(sentences)):
            words += len(sentences[end].words)
            if words > most_words:
                break
            end += 1
        run = sentences[index:end]
        joined.append(
            Sentence(
                tuple(word for sentence in run for word in sentence.words),
                tuple(label for sentence in run for label in sentence.labels),
            )
        )
        index = end
    return joined


def epoch_samples(
    data: list[tuple[Corpus, list[Sentence]]],
    config: Config,
    tokenizer: WordTokenizer,
    epoch: int,
    dense: DenseTerms | None = None,
) -> list[Sample]:
    """An epoch's sentences, each with an instruction drawn anew, and lists of terms."""
    draw = random.Random(f"{config.training.seed}/{epoch}/samples")
    settings = config.instruction
    samples = []
    for corpus, sentences in data:
        chosen = draw_sentences(corpus, sentences, draw)
        for sentence in join(
            chosen, settings.joined_share, settings.joined_words, draw
        ):
            adaptive = draw.random() < settings.adaptive_share
            instruction = settings.text(
                corpus.type, None if adaptive else corpus.dataset
            )
            samples.extend(
                make_samples(sentence, instruction, tokenizer, config.model.max_tokens)
            )
    if dense is not None:
        for _ in range(round(config.dense.share * len(samples))):
            kind = draw.choice(dense.kinds)
            samples.extend(
                make_samples(
                    dense.sentence(kind, draw),
                    settings.text(kind, None),
                    tokenizer,
                    config.model.max_tokens,
                )
            )
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


def fill(samples: list[Sample], rows: int) -> list[Sample]:
    """Adds sequences without words up to `rows`: matrix products keep their shape, and so their compiled kernels."""
    longest = max(map(len, samples))
    missing = rows - sum(map(len, samples))
    fillers = []
    while missing > 0:
        fillers.append(Sample((0,) * min(missing, longest), (), ()))
        missing -= longest
    return samples + fillers


def pack(samples: list[Sample]) -> Batch:
    lengths = tuple(len(sample) for sample in samples)
    # A multiple of eight, so that attention meets few different shapes: each costs a compilation.
    longest = -(-max(lengths) // 8) * 8
    positions, slots, word_rows = [], [], []
    row = 0
    for number, sample in enumerate(samples):
        positions.append(torch.arange(len(sample)))
        slots.append(torch.arange(len(sample)) + number * longest)
        word_rows.append(torch.tensor(sample.word_starts, dtype=torch.long) + row)
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
