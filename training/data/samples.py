"""Turns passages into samples: an instruction, tokens, and the labels that heads learn from."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.config import Config, Corpus
from training.data.augment import Words, mentions, vary
from training.data.corpus import Loaded
from training.data.dense import DenseTerms, NameLists
from training.data.passages import draw_passages
from training.data.sentences import TYPES, UNKNOWN, O, Sentence
from training.model.tokenizer import WordTokenizer

# A token that no text has takes the place of words that the model shall guess from their neighbours.
MASKED = (0,)


@dataclass(frozen=True)
class Sample:
    """One sequence: the instruction, which sees nothing but itself, then the words, which see everything."""

    instruction: tuple[int, ...]
    tokens: tuple[int, ...]  # of the words
    word_starts: tuple[int, ...]  # each word's first token, where heads read
    labels: tuple[tuple[int, ...], ...]  # of each word, one a type; UNKNOWN = ignored

    def __len__(self) -> int:
        return len(self.instruction) + len(self.tokens)


def make_samples(
    passage: Sentence,
    instruction: tuple[int, ...],
    tokenizer: WordTokenizer,
    max_tokens: int | None = None,
    masked: frozenset[int] = frozenset(),
) -> list[Sample]:
    """One sample, or several where the passage does not fit into `max_tokens`."""
    unknown = (UNKNOWN,) * len(passage.words)
    rows = zip(*(passage.labels.get(kind, unknown) for kind in TYPES), strict=True)
    samples = []
    tokens: list[int] = []
    starts: list[int] = []
    labels: list[tuple[int, ...]] = []

    def finish() -> None:
        samples.append(Sample(instruction, tuple(tokens), tuple(starts), tuple(labels)))
        tokens.clear(), starts.clear(), labels.clear()

    for index, (word, row) in enumerate(zip(passage.words, rows, strict=True)):
        pieces = MASKED if index in masked else tokenizer.word(word)
        length = len(instruction) + len(tokens) + len(pieces)
        if max_tokens and starts and length > max_tokens:
            finish()
        starts.append(len(tokens))
        tokens.extend(pieces)
        labels.append(row)
    finish()
    return samples


def for_adaptive(passage: Sentence, corpus: Corpus) -> Sentence:
    """What the instruction without a dataset may learn from the passage."""
    unsure = {
        index
        for index, word in enumerate(passage.words)
        if word.lower() in corpus.unsure_words
    }

    def masked(row: Sequence[int]) -> tuple[int, ...]:
        return tuple(
            UNKNOWN if label == O and index in unsure else label
            for index, label in enumerate(row)
        )

    return Sentence(
        passage.words, {kind: masked(passage.labels[kind]) for kind in corpus.adaptive}
    )


def adaptive_mentions(data: Sequence[Loaded], own: Sequence[NameLists]) -> NameLists:
    """Mentions of the types that the instruction without a dataset learns from each corpus."""
    found: dict[str, set[Words]] = {kind: set() for kind in TYPES}
    for loaded, names in zip(data, own, strict=True):
        for kind in loaded.corpus.adaptive:
            found[kind].update(names.get(kind, ()))
    return {kind: sorted(names) for kind, names in found.items()}


class Sampler:
    """Draws the samples of a round from all corpora."""

    def __init__(
        self,
        data: Sequence[Loaded],
        config: Config,
        tokenizer: WordTokenizer,
        knowledge: NameLists,
    ):
        self.data = data
        self.config = config
        self.tokenizer = tokenizer
        self.knowledge = knowledge
        self.own = [
            mentions(sentence for text in loaded.texts for sentence in text)
            for loaded in data
        ]
        # Lists come without a dataset's name.
        names = adaptive_mentions(data, self.own)
        self.dense = DenseTerms(config.dense, knowledge, names)

    def draw_round(self, number: int) -> list[Sample]:
        """The same samples whenever it is asked, so that a run can go on in the middle of a round."""
        draw = random.Random(f"{self.config.training.seed}/{number}/samples")
        samples = []
        for loaded, own in zip(self.data, self.own, strict=True):
            samples.extend(self.corpus_samples(loaded, own, draw))
        for _ in range(round(self.config.dense.share * len(samples))):
            samples.extend(self.finish(self.dense.sentence(draw), None, draw))
        return samples

    def corpus_samples(
        self, loaded: Loaded, own: NameLists, draw: random.Random
    ) -> Iterator[Sample]:
        corpus, config = loaded.corpus, self.config
        passages = draw_passages(
            loaded.texts,
            corpus.weight,
            corpus.empty_share,
            config.passages,
            self.count,
            draw,
        )
        for passage in passages:
            passage = vary(passage, config.augmentation, self.knowledge, own, draw)
            dataset = draw.choice(corpus.datasets)
            if corpus.adaptive and draw.random() < config.instruction.adaptive_share:
                passage, dataset = for_adaptive(passage, corpus), None
            yield from self.finish(passage, dataset, draw)

    def finish(
        self, passage: Sentence, dataset: str | None, draw: random.Random
    ) -> list[Sample]:
        share = self.config.augmentation.masked_words
        masked = frozenset(
            index for index in range(len(passage.words)) if draw.random() < share
        )
        instruction = self.tokenizer.instruction(self.config.instruction.text(dataset))
        longest = self.config.passages.max_tokens
        return make_samples(passage, instruction, self.tokenizer, longest, masked)

    def count(self, sentence: Sentence) -> int:
        return self.tokenizer.count(sentence.words)
