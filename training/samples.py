"""Turns sentences into samples, and samples into batches that hold no padding and each instruction once."""

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
    """One sequence: the instruction, which sees nothing but itself, then the words, which see everything."""

    instruction: tuple[int, ...]
    tokens: tuple[int, ...]  # of the words
    word_starts: tuple[
        int, ...
    ]  # where each word's first token is; the label is read there
    labels: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.instruction) + len(self.tokens)


@dataclass(frozen=True)
class Batch:
    """Parts one behind the other: first every instruction, once, then the words of each sample.

    `slots` says where a row goes when attention pads the parts to `longest`.
    """

    tokens: Tensor  # [rows]
    positions: Tensor  # [rows], in the sequence
    slots: Tensor  # [rows]
    key_rows: Tensor  # [parts, keys], the rows that a part sees: its instruction's and its own
    mask: (
        Tensor | None
    )  # [parts, 1, 1, keys], true where a key exists; None where all do
    word_rows: Tensor  # [words]
    labels: Tensor  # [words]
    lengths: tuple[int, ...]  # of the parts
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
    tokens, starts, labels = [], [], []
    for word, label in zip(sentence.words, sentence.labels, strict=True):
        pieces = tokenizer.word(word)
        if max_tokens and starts and len(head) + len(tokens) + len(pieces) > max_tokens:
            samples.append(Sample(head, tuple(tokens), tuple(starts), tuple(labels)))
            tokens, starts, labels = [], [], []
        starts.append(len(tokens))
        tokens.extend(pieces)
        labels.append(label)
    samples.append(Sample(head, tuple(tokens), tuple(starts), tuple(labels)))
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


def count_rows(samples: list[Sample]) -> int:
    """Rows of a batch of these samples."""
    instructions = {sample.instruction for sample in samples}
    return sum(map(len, instructions)) + sum(len(sample.tokens) for sample in samples)


def group(samples: list[Sample], batch_tokens: int) -> list[list[int]]:
    """Indices of samples of about the same length, as many as fit into `batch_tokens` rows."""
    order = sorted(range(len(samples)), key=lambda index: len(samples[index].tokens))
    groups: list[list[int]] = [[]]
    rows, instructions = 0, set()
    for index in order:
        sample = samples[index]
        new = 0 if sample.instruction in instructions else len(sample.instruction)
        if groups[-1] and rows + new + len(sample.tokens) > batch_tokens:
            groups.append([])
            rows, instructions, new = 0, set(), len(sample.instruction)
        groups[-1].append(index)
        instructions.add(sample.instruction)
        rows += new + len(sample.tokens)
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
    longest = max(len(sample.tokens) for sample in samples)
    missing = rows - count_rows(samples)
    fillers = []
    while missing > 0:
        fillers.append(Sample((), (0,) * min(missing, longest), (), ()))
        missing -= longest
    return samples + fillers


def pack(samples: list[Sample]) -> Batch:
    instructions = list(dict.fromkeys(sample.instruction for sample in samples))
    firsts: dict[tuple[int, ...], int] = {}  # the row of each instruction's first token
    row = 0
    for instruction in instructions:
        firsts[instruction] = row
        row += len(instruction)
    shared = [instruction for instruction in instructions if instruction]
    lengths = (*map(len, shared), *(len(sample.tokens) for sample in samples))
    # Multiples of eight, so that attention meets few different shapes: each costs a compilation.
    longest = -(-max(lengths) // 8) * 8
    seen = [len(sample) for sample in samples]
    most = -(-max(seen) // 8) * 8
    tokens, positions, slots, key_rows, word_rows = [], [], [], [], []

    def add(part: tuple[int, ...], instruction: tuple[int, ...]) -> None:
        first = len(tokens)
        own = range(first, first + len(part))
        before = range(firsts[instruction], firsts[instruction] + len(instruction))
        slots.extend(
            range(len(key_rows) * longest, len(key_rows) * longest + len(part))
        )
        key_rows.append([*before, *own])
        positions.extend(range(len(instruction), len(instruction) + len(part)))
        tokens.extend(part)

    firsts[()] = 0
    for instruction in shared:
        add(instruction, ())
    for sample in samples:
        word_rows.extend(start + len(tokens) for start in sample.word_starts)
        add(sample.tokens, sample.instruction)
    mask = None
    if min(map(len, key_rows)) < most:
        counts = torch.tensor([len(rows) for rows in key_rows])
        mask = (torch.arange(most)[None, :] < counts[:, None])[:, None, None, :]
    return Batch(
        tokens=torch.tensor(tokens),
        positions=torch.tensor(positions),
        slots=torch.tensor(slots),
        key_rows=torch.tensor([rows + [0] * (most - len(rows)) for rows in key_rows]),
        mask=mask,
        word_rows=torch.tensor(word_rows, dtype=torch.long),
        labels=torch.tensor([label for sample in samples for label in sample.labels]),
        lengths=lengths,
        longest=longest,
    )
