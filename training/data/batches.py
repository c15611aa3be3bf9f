"""Packs samples into batches that hold no padding and each instruction once."""

import random
from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor

from training.data.samples import Sample
from training.data.sentences import TYPES


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
    labels: Tensor  # [words, types]
    lengths: tuple[int, ...]  # of the parts
    longest: int

    def to(self, device: torch.device) -> Self:
        moved = {
            field.name: value.to(device)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **moved)


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
        labels=torch.tensor(
            [row for sample in samples for row in sample.labels], dtype=torch.long
        ).view(-1, len(TYPES)),
        lengths=lengths,
        longest=longest,
    )
