"""Cuts texts into passages: consecutive sentences that share a sequence."""

import random
from collections.abc import Callable, Iterator

from training.config import Passages
from training.data.sentences import Sentence, Text, join

CountTokens = Callable[[Sentence], int]


def cut(
    text: Text, settings: Passages, count: CountTokens, draw: random.Random
) -> Iterator[Sentence]:
    """Passages of drawn lengths, some of one sentence, that cover the text once."""
    at = 0
    while at < len(text):
        alone = draw.random() < settings.single_share
        wanted = 0 if alone else draw.randint(*settings.tokens)
        end, tokens = at + 1, count(text[at])
        while end < len(text):
            tokens += count(text[end])
            if tokens > wanted:
                break
            end += 1
        yield join(text[at:end])
        at = end


def cut_evenly(text: Text, most: int, count: CountTokens) -> Iterator[list[Sentence]]:
    """Runs of as many sentences as fit into `most` tokens, for evaluation."""
    run: list[Sentence] = []
    tokens = 0
    for sentence in text:
        length = count(sentence)
        if run and tokens + length > most:
            yield run
            run, tokens = [], 0
        run.append(sentence)
        tokens += length
    if run:
        yield run


def draw_passages(
    texts: list[Text],
    weight: float,
    empty_share: float,
    settings: Passages,
    count: CountTokens,
    draw: random.Random,
) -> Iterator[Sentence]:
    """About `weight` passes through the texts, each cut anew."""
    while weight > 0:
        for text in texts:
            # A text of few sentences is drawn as a whole: cutting what is then dropped would cost more than training.
            is_document = len(text) < 100
            if is_document and draw.random() >= weight:
                continue
            for passage in cut(text, settings, count, draw):
                share = 1.0 if is_document else weight
                share *= empty_share if passage.is_empty else 1.0
                if draw.random() < share:
                    yield passage
        weight -= 1
