"""Scores a model on texts, passage by passage as in use."""

from collections.abc import Sequence

import torch

from training.config import Config, Corpus
from training.data.batches import fill, group, pack
from training.data.passages import cut_evenly
from training.data.samples import make_samples
from training.data.sentences import TYPES, Sentence, Text, join
from training.evaluation.scores import Scores, score
from training.model.encoder import Encoder
from training.model.tokenizer import WordTokenizer


def first_texts(texts: list[Text], limit: int | None) -> list[Text]:
    """The first documents, or the first sentences of a file that is one text."""
    return [texts[0][:limit]] if len(texts) == 1 else texts[:limit]


class Evaluator:
    def __init__(
        self,
        model: Encoder,
        tokenizer: WordTokenizer,
        config: Config,
        fast: bool = False,
    ):
        self.model = model
        self.tokenizer = tokenizer
        self.config = config
        self.fast = fast  # in bfloat16, good enough to follow a run
        self.device = next(model.parameters()).device

    def passages(self, texts: list[Text], alone: bool) -> list[Sentence]:
        if alone:
            return [sentence for text in texts for sentence in text]
        most = self.config.passages.tokens[1]
        return [
            join(run)
            for text in texts
            for run in cut_evenly(text, most, lambda s: self.tokenizer.count(s.words))
        ]

    def scores(
        self, texts: list[Text], corpus: Corpus, dataset: str | None, alone: bool
    ) -> dict[str, Scores]:
        """By type, of those that the corpus annotates."""
        passages = self.passages(texts, alone)
        predicted = self.predict(passages, dataset)
        return {
            kind: score(
                [passage.labels[kind] for passage in passages],
                [labels[TYPES.index(kind)] for labels in predicted],
            )
            for kind in corpus.types
        }

    @torch.no_grad()
    def predict(
        self, passages: Sequence[Sentence], dataset: str | None
    ) -> list[list[list[int]]]:
        """Most probable labels of every passage, [types][words]."""
        instruction = self.tokenizer.instruction(self.config.instruction.text(dataset))
        samples = [
            make_samples(passage, instruction, self.tokenizer)[0]
            for passage in passages
        ]
        rows = self.config.training.batch_tokens
        predicted: list[list[list[int]]] = [[] for _ in samples]
        was_training = self.model.training
        self.model.eval()
        for indices in group(samples, rows):
            chosen = [samples[index] for index in indices]
            batch = pack(fill(chosen, rows)).to(self.device)
            with torch.autocast(
                self.device.type, dtype=torch.bfloat16, enabled=self.fast
            ):
                labels = self.model(batch).argmax(-1)
            words = [len(sample.labels) for sample in chosen]
            for index, part in zip(indices, labels.split(words), strict=True):
                predicted[index] = part.T.tolist()
        self.model.train(was_training)
        return predicted
