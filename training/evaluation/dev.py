"""Scores a model on texts, passage by passage as in use."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.config import Config, Corpus
from training.data.batches import fill, group, pack
from training.data.passages import cut_evenly
from training.data.samples import Sample, make_samples
from training.data.sentences import TYPES, Sentence, Text, join
from training.evaluation.scores import Scores, score
from training.model.encoder import Encoder
from training.model.tokenizer import WordTokenizer


def first_texts(texts: list[Text], limit: int | None) -> list[Text]:
    """The first documents, or the first sentences of a file that is one text."""
    return [texts[0][:limit]] if len(texts) == 1 else texts[:limit]


@dataclass(frozen=True)
class Job:
    """Texts to score, with an instruction that names a dataset or none."""

    corpus: Corpus
    texts: list[Text]
    dataset: str | None


Found = dict[str, Scores]  # by type


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

    def scores(self, jobs: Sequence[Job], alone: bool = False) -> list[Found]:
        """Of each job, by type, for the types that its corpus annotates."""
        passages = [self.passages(job.texts, alone) for job in jobs]
        samples = [
            self.sample(passage, job.dataset)
            for job, chosen in zip(jobs, passages, strict=True)
            for passage in chosen
        ]
        predicted = iter(self.predict(samples))
        found = []
        for job, chosen in zip(jobs, passages, strict=True):
            labels = [next(predicted) for _ in chosen]
            found.append(
                {
                    kind: score(
                        [passage.labels[kind] for passage in chosen],
                        [rows[TYPES.index(kind)] for rows in labels],
                    )
                    for kind in job.corpus.types
                }
            )
        return found

    def sample(self, passage: Sentence, dataset: str | None) -> Sample:
        text = self.config.instruction.text(dataset)
        instruction = self.tokenizer.instruction(text)
        return make_samples(passage, instruction, self.tokenizer)[0]

    def predict(self, samples: Sequence[Sample]) -> list[list[list[int]]]:
        """Most probable labels of every sample, [types][words]."""
        return [rows.argmax(-1).T.tolist() for rows in self.logits(samples)]

    @torch.no_grad()
    def logits(self, samples: Sequence[Sample]) -> list[Tensor]:
        """Of every sample, [words, types, labels]."""
        rows = self.config.training.batch_tokens
        found = [torch.empty(0)] * len(samples)
        was_training = self.model.training
        self.model.eval()
        for indices in group(samples, rows):
            chosen = [samples[index] for index in indices]
            batch = pack(fill(chosen, rows)).to(self.device)
            with torch.autocast(
                self.device.type, dtype=torch.bfloat16, enabled=self.fast
            ):
                logits = self.model(batch).cpu()
            words = [len(sample.labels) for sample in chosen]
            for index, part in zip(indices, logits.split(words), strict=True):
                found[index] = part
        self.model.train(was_training)
        return found
